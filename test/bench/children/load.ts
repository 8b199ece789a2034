import { given } from '../harness/child.ts';
import { exportClient, framed } from '../harness/export-client.ts';
import { readFrames } from '../inputs/frames.ts';

// The load generator. Told a number of requests, it sends that many and tells the seconds; told 0, it stops at once.
const { address, requests, compression } = given<{
  readonly address: string;
  readonly requests: string;
  readonly compression: 'none' | 'gzip';
}>();
const IN_FLIGHT = 4;

const frames = readFrames(requests).map((body) => framed(body, compression === 'gzip'));
const client = exportClient(address, compression);
let sent = 0;
let until = 0;

process.on('message', async (count: number) => {
  if (count === 0) {
    until = sent;
    return;
  }
  const started = performance.now();
  until = sent + count;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (sent < until) await client.send(frames[sent++ % frames.length]!);
    }),
  );
  process.send!((performance.now() - started) / 1000);
});
process.send!(0);
