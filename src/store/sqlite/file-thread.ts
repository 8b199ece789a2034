import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { StoreFault } from '../store.ts';
import type { OpenOptions } from './open-database.ts';
import type { StoreFile } from './store-file.ts';
import type { CallName, FileAnswer, FileCall } from './thread-calls.ts';

/** The thread's own heap: it keeps rows for one answer at a time. */
const YOUNG_MIB = 2;

/**
 * The thread in which a file is open, with one call after the other. It keeps the process alive only while a call waits. When
 * it ends, whatever the reason, all calls are answered with a fault.
 */
export class FileThread {
  readonly #worker: Worker;
  readonly #directory: string;
  readonly #waiting: ((answer: FileAnswer) => void)[] = [];
  #ended: StoreFault | undefined;
  readonly #gone = Promise.withResolvers<StoreFault>();
  /** The answer to opening the file. */
  readonly opened: Promise<FileAnswer<StoreFile['last']>>;

  constructor(directory: string, options: OpenOptions) {
    this.#directory = directory;
    // Of sources it runs the source, of the package what was built.
    this.#worker = new Worker(new URL(`./store-thread${extname(import.meta.url)}`, import.meta.url), {
      name: 'store',
      workerData: { directory, options },
      // Without the flags of this process: a preload by a relative path is somewhere else after a change of folder.
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    this.#worker.on('message', (answer: FileAnswer) => this.#answer(answer));
    this.#worker.on('messageerror', ({ message }) => this.#end(message));
    this.#worker.on('error', (error: unknown) => this.#end(String(error)));
    this.#worker.on('exit', (code) => this.#end(`exit code ${code}`));
    this.opened = this.#next();
  }

  /** Resolves when it has ended by itself. */
  get ended(): Promise<StoreFault> {
    return this.#gone.promise;
  }

  ask<K extends CallName>(
    name: K,
    args: Parameters<StoreFile[K]>,
    transferred: readonly ArrayBuffer[] = [],
  ): Promise<FileAnswer<ReturnType<StoreFile[K]>>> {
    if (this.#ended) return Promise.resolve({ fault: this.#ended });
    this.#worker.postMessage({ name, args } satisfies FileCall, transferred);
    return this.#next();
  }

  /** Ends the thread; what was not answered until then is a fault. Twice is fine. */
  async end(): Promise<void> {
    this.#close('it was closed');
    await this.#worker.terminate();
  }

  #next<T>(): Promise<FileAnswer<T>> {
    this.#worker.ref();
    return new Promise((resolve) => this.#waiting.push(resolve as (answer: FileAnswer) => void));
  }

  #answer(answer: FileAnswer): void {
    // Its call was answered when the thread was closed. To let go of the thread now would let the process end before it.
    if (this.#ended) return;
    this.#waiting.shift()?.(answer);
    if (this.#waiting.length === 0) this.#worker.unref();
  }

  #end(why: string): void {
    const wasClosed = this.#ended !== undefined;
    this.#close(why);
    if (!wasClosed) this.#gone.resolve(this.#ended!);
  }

  #close(why: string): void {
    this.#ended ??= {
      kind: 'other',
      why: `the thread that writes the store in ${this.#directory} has ended (${why}): start Sidewatch again`,
    };
    for (const resolve of this.#waiting.splice(0)) resolve({ fault: this.#ended });
  }
}
