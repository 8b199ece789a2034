import type { Micros } from '../../../../src/model/time.ts';
import { openStore } from '../../../../src/store/sqlite/open-store.ts';

// DIRECTORY MEGABYTES: commits so much, in blocks and events of 100 kB each that are settled and cut again; reports as JSON
// the largest size of the files, and of this process's memory after the first half and at the end.

const [directory = '', megabytes = '0'] = process.argv.slice(2);
const store = await openStore(directory);
if ('why' in store) throw new Error(store.why);
const bytes = Buffer.alloc(100_000, 'x');
const commits = (Number(megabytes) * 10) / 2;
const KEPT = 20;
let [file, half] = [0, 0];
for (let number = 1; number <= commits; number++) {
  const fault = await store.commit({
    block: { number, bytes },
    events: [{ seq: number, priority: 2, since: number as Micros, to: ['a', 'b'], bytes }],
    settled: ['a', 'b'].map((to) => ({ to, seqs: [number - KEPT] })),
  });
  if (fault) throw new Error(fault.why);
  if (number % KEPT === 0) {
    await store.snapshotPart(number, bytes);
    await store.finishSnapshot(number, number - KEPT);
    file = Math.max(file, (await store.size()).file);
  }
  if (number === commits / 2) half = process.memoryUsage.rss();
}
const left = (await store.take('a', 1000, [])) as readonly unknown[];
process.stdout.write(JSON.stringify({ file, half, end: process.memoryUsage.rss(), left: left.length }));
