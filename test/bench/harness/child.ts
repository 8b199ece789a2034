import { fork } from 'node:child_process';
import type { Absent, Measured } from './case.ts';
import { Missing } from './tree.ts';

/** The path of a program that measures. */
export const child = (name: string) => new URL(`../children/${name}.ts`, import.meta.url).pathname;

/** Runs a measuring program in a process of its own, with `args` as one JSON argument; gives what it told. */
export function measureIn(
  name: string,
  args: object,
  flags: readonly string[] = [],
): Promise<Measured | Absent> {
  return new Promise((resolve, reject) => {
    let told: Measured | Absent | undefined;
    const running = fork(child(name), [JSON.stringify(args)], { execArgv: [...flags] });
    running.once('message', (message) => {
      told = message as Measured | Absent;
    });
    running.once('exit', (code) =>
      told ? resolve(told) : reject(new Error(`${name} ${JSON.stringify(args)} ended with ${code}`)),
    );
  });
}

/** In the child: its arguments. */
export const given = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T;

/** In the child: measures and tells. */
export async function tell(measure: () => Promise<Measured> | Measured): Promise<void> {
  try {
    process.send!(await measure());
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    process.send!({ absent: error.message });
  }
}
