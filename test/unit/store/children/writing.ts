import type { Micros } from '../../../../src/model/time.ts';
import { openStore } from '../../../../src/store/sqlite/open-store.ts';

// DIRECTORY COUNT: commits one number after the other, says each that is durable, and kills itself after COUNT of them. Each
// commit has a block, an event, and the settling of the event before. After a fault it ends with 1, at once.

const [directory = '', count = 'Infinity'] = process.argv.slice(2);
const store = await openStore(directory);
if ('why' in store) throw new Error(store.why);
for (let number = store.last.block + 1, left = Number(count); left > 0; number++, left--) {
  const bytes = Buffer.alloc(20_000, `${number},`);
  const fault = await store.commit({
    block: { number, bytes },
    events: [{ seq: number, priority: 2, since: number as Micros, to: ['a'], bytes }],
    settled: [{ to: 'a', seqs: [number - 1] }],
  });
  if (fault) process.exit(1);
  process.stdout.write(`${number}\n`);
}
process.kill(process.pid, 'SIGKILL');
