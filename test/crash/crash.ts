import { parseArgs } from 'node:util';
import { CrashTest } from './crash-test.ts';

// npm run test:crash -- [--rounds N] [--seed N]
//
// A `serve` with a store on disk is killed at random moments while senders send scans, and started again. Senders send again what
// was not accepted. In the end all that windows in memory find, which see every accepted request once in a process that never
// ends, has arrived at the sink, and nothing else.

function numberOf(text: string, name: string, most: number): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= most) return Number(text);
  process.stderr.write(`--${name} wants a whole number up to ${most}, has ${text}\n`);
  process.exit(2);
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, seed: { type: 'string' } },
});
const rounds = numberOf(values.rounds, 'rounds', 10_000);
const seed = numberOf(values.seed ?? String(Math.floor(Math.random() * 2 ** 31)), 'seed', 2 ** 32 - 1);
const began = performance.now();
process.stdout.write(`crash test: ${rounds} rounds, --seed ${seed}\n`);
const crash = new CrashTest(seed);
let wrong: readonly string[];
try {
  wrong = await crash.run(rounds);
} catch (error) {
  wrong = [String((error as Error).stack), ...crash.log.map((line) => `  ${line}`)];
} finally {
  await crash[Symbol.asyncDispose]();
}
const { rounds: done, kills, stops, accepted, retries, moments } = crash.figures;
const { arrived, records, repeats } = crash.sink;
process.stdout.write(
  `${[
    `rounds      ${done} (${[...moments].map(([name, count]) => `${name} ${count}`).join(', ')})`,
    `kills       ${kills}, and ${stops} stops`,
    `requests    ${accepted} accepted, after ${retries} retries`,
    `detections  ${arrived.size} with their summaries, in ${records} risk events, of which ${repeats} are repeats`,
    `time        ${Math.round((performance.now() - began) / 1000)} s`,
  ].join('\n')}\n`,
);
if (wrong.length > 0) {
  process.stdout.write(`${wrong.join('\n')}\nFAILED: --seed ${seed}; its files are in ${crash.folder}\n`);
  process.exitCode = 1;
} else crash.remove();
