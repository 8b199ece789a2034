import type { Store, StoreFault } from '../store.ts';
import { FileThread } from './file-thread.ts';
import type { OpenOptions } from './open-database.ts';
import { SqliteStore } from './sqlite-store.ts';

/** Opens the store of a directory, and makes both where they are missing. After a fault nothing is open. */
export async function openStore(directory: string, options: OpenOptions = {}): Promise<Store | StoreFault> {
  const thread = new FileThread(directory, options);
  const opened = await thread.opened;
  if ('value' in opened) return new SqliteStore(thread, directory, opened.value);
  await thread.end();
  return opened.fault;
}
