import { setTimeout as pause } from 'node:timers/promises';
import { exportClient, framed } from './export-client.ts';

const EMPTY = framed(Buffer.alloc(0));
const PAUSE_MS = 5;

/** Sends an empty request again and again on a connection of its own; gives the milliseconds that each took. */
export function probe(address: string): () => Promise<number[]> {
  const client = exportClient(address);
  const took: number[] = [];
  let on = true;
  const done = (async () => {
    while (on) {
      const began = performance.now();
      await client.send(EMPTY);
      took.push(performance.now() - began);
      await pause(PAUSE_MS);
    }
  })();
  return async () => {
    on = false;
    await done;
    client.close();
    return took;
  };
}
