import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { storeContract } from '../../contract/store.ts';

storeContract('SqliteStore', openStore);
