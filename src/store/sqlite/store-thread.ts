import { parentPort, workerData } from 'node:worker_threads';
import { faultOf } from './faults.ts';
import type { OpenOptions } from './open-database.ts';
import { StoreFile } from './store-file.ts';
import type { FileAnswer, FileCall } from './thread-calls.ts';

// The thread of a store's file. It opens the file, then answers each call in its order.

const { directory, options } = workerData as { directory: string; options: OpenOptions };
const port = parentPort!;

function answer(work: () => unknown): void {
  let answered: FileAnswer;
  try {
    answered = { value: work() };
  } catch (error) {
    answered = { fault: faultOf(error, directory) };
  }
  port.postMessage(answered);
}

let file: StoreFile;
answer(() => {
  file = new StoreFile(directory, options);
  return file.last;
});
port.on('message', ({ name, args }: FileCall) => {
  answer(() => (file[name] as (...args: unknown[]) => unknown)(...args));
});
