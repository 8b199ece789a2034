import { faultOf } from '../../../src/store/sqlite/faults.ts';
import type { FileThread } from '../../../src/store/sqlite/file-thread.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { SqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { StoreFile } from '../../../src/store/sqlite/store-file.ts';
import { storeContract } from '../../contract/store.ts';

storeContract('SqliteStore', openStore);

/** The file in this thread, where a debugger and the coverage see it. */
function here(directory: string): SqliteStore {
  const file = new StoreFile(directory);
  const ask = async (name: Parameters<FileThread['ask']>[0], args: readonly unknown[]) => {
    try {
      return { value: (file[name] as (...args: unknown[]) => unknown)(...args) };
    } catch (error) {
      return { fault: faultOf(error, directory) };
    }
  };
  const ended = new Promise<never>(() => {});
  return new SqliteStore({ ask: ask as FileThread['ask'], end: async () => {}, ended }, directory, file.last);
}

storeContract('its file', async (directory) => here(directory));
