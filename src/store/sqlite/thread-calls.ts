import type { StoreFault } from '../store.ts';
import type { StoreFile } from './store-file.ts';

/** What the thread of a file is asked for. Its first answer comes without a call: that of opening the file. */
export type CallName = Exclude<keyof StoreFile, 'last'>;

export interface FileCall {
  readonly name: CallName;
  readonly args: readonly unknown[];
}

export type FileAnswer<T = unknown> = { readonly value: T } | { readonly fault: StoreFault };
