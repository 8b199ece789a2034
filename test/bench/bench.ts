import { parseArgs } from 'node:util';
import { benchesNamed, roundsOf } from './harness/arguments.ts';
import { header } from './harness/header.ts';
import { runCase } from './harness/run-bench.ts';
import { ROOT } from './harness/tree.ts';

// npm run bench [-- NAME... --rounds N --all]: each variant in a process of its own, in turn with its baseline. Without
// names, all but those that a default run leaves out; --all takes every input of theirs.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, all: { type: 'boolean', default: false } },
});
const rounds = roundsOf(values.rounds);
const benches = benchesNamed(positionals);
const began = performance.now();
console.log(header(rounds));
for (const { name, about, cases } of benches) {
  console.log(`\n## ${name}: ${about}`);
  for (const one of cases(values.all)) console.log(`\n${one.title}\n\n${await runCase(one, ROOT, rounds)}`);
}
console.log(`\n${((performance.now() - began) / 60_000).toFixed(1)} minutes`);
