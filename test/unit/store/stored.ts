import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';

/** Fresh directories for stores, removed after the tests of a file. */
export function directories(): () => string {
  const folder = mkdtempSync(join(tmpdir(), 'store-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  let made = 0;
  return () => join(folder, String(made++));
}

export interface Child {
  readonly process: ChildProcess;
  /** Its next line; undefined at its end. */
  line(): Promise<string | undefined>;
  /** Resolves when it has ended, with all further lines. */
  rest(): Promise<readonly string[]>;
  readonly ended: Promise<number | null>;
}

/** Runs a program of children/. */
export function child(name: string, ...args: readonly string[]): Child {
  const path = new URL(`children/${name}.ts`, import.meta.url).pathname;
  const started = spawn(process.execPath, [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(started.stdout)[Symbol.asyncIterator]();
  const ended = new Promise<number | null>((resolve) => started.once('close', resolve));
  const line = async () => (await lines.next()).value as string | undefined;
  return {
    process: started,
    line,
    ended,
    rest: async () => {
      const all: string[] = [];
      for (let one = await line(); one !== undefined; one = await line()) all.push(one);
      await ended;
      return all;
    },
  };
}
