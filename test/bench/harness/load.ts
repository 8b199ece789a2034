import { fork } from 'node:child_process';
import type { Input } from '../inputs/input.ts';
import { child } from './child.ts';

export interface Load {
  /** Sends `count` requests; gives the seconds that it took. */
  run(count: number): Promise<number>;
  /** Sends on and on; gives a function that makes it stop. */
  keepOn(): () => Promise<number>;
  stop(): void;
}

/** The load generator, in a process of its own: 4 requests in flight on one connection. */
export async function startLoad(address: string, { requests, spec }: Input): Promise<Load> {
  const compression = spec.gzip ? 'gzip' : 'none';
  const running = fork(child('load'), [JSON.stringify({ address, requests, compression })]);
  const next = () =>
    new Promise<number>((resolve, reject) => {
      const died = (code: number | null) => reject(new Error(`the load generator ended with ${code}`));
      running.once('exit', died);
      running.once('message', (seconds) => {
        running.off('exit', died);
        resolve(seconds as number);
      });
    });
  await next();
  return {
    run(count) {
      running.send(count);
      return next();
    },
    keepOn() {
      running.send(Number.MAX_SAFE_INTEGER);
      const done = next();
      return () => {
        running.send(0);
        return done;
      };
    },
    stop: () => void running.kill(),
  };
}
