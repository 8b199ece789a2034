import { parseArgs } from 'node:util';
import { alternate } from './harness/alternate.ts';
import { benchesNamed, roundsOf, usage } from './harness/arguments.ts';
import type { Case } from './harness/case.ts';
import { header } from './harness/header.ts';
import { median, spread } from './harness/spread.ts';
import { table } from './harness/table.ts';
import { ROOT } from './harness/tree.ts';
import { checkOut, type Worktree } from './harness/worktree.ts';

// npm run bench:against -- REF [NAME...] [--ratio 0.9] [--rounds N]: these benches on the code of another commit and on
// this tree's, in turn, with the same inputs. Exits 1 where the median of the paired ratios of records per CPU second is
// under --ratio. What REF's code does not have is left out.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, ratio: { type: 'string', default: '0.9' } },
});
const [ref = usage('which commit? npm run bench:against -- REF [NAME...]'), ...names] = positionals;
const ratio = Number(values.ratio);
if (!(ratio > 0)) usage(`--ratio wants a number above 0, has ${values.ratio}`);
const rounds = roundsOf(values.rounds);
const benches = benchesNamed(names);

function out(): Worktree {
  try {
    return checkOut(ref);
  } catch (error) {
    return usage(`${ref} cannot be checked out: ${(error as Error).message}`);
  }
}

/** A row for each variant of this tree's, and the names of those that have become too slow. */
async function compare({ variants, compared }: Case, base: string) {
  const rows: string[][] = [];
  const slower: string[] = [];
  for (const { name, measure, baseline } of variants) {
    if (baseline || !compared) continue;
    const trees = { base, head: ROOT };
    const turns = Object.entries(trees).map(([side, tree]) => ({ name: side, run: () => measure(tree) }));
    const { results, absent } = await alternate(turns, rounds);
    const [before, after] = [results.get('base'), results.get('head')];
    if (!before || !after) {
      rows.push([name, ...[...absent].map(([side, why]) => `${side}: ${why}`).slice(0, 1), '', '']);
      continue;
    }
    const ratios = after.map((one, i) => compared(one) / compared(before[i]!));
    if (median(ratios) < ratio) slower.push(name);
    const thousands = (own: typeof after) => spread(own.map((one) => compared(one) / 1000));
    rows.push([name, thousands(before), thousands(after), spread(ratios, 2)]);
  }
  return { rows, slower };
}

let failed = false;
{
  using base = out();
  console.log(`${header(rounds)}\nbase: ${ref} (${base.commit})`);
  if (!base.sameLock)
    console.log(`${ref} has another package-lock.json: it runs with this tree's node_modules all the same`);
  for (const { name, cases } of benches) {
    for (const one of cases(false)) {
      const { rows, slower } = await compare(one, base.path);
      if (rows.length === 0) continue;
      const head = ['', 'base, k per CPU s', 'head, k per CPU s', 'head / base, paired'];
      console.log(`\n${name}: ${one.title}\n\n${table(head, rows)}`);
      for (const variant of slower) console.log(`under ${ratio}: ${variant}`);
      failed ||= slower.length > 0;
    }
  }
}
process.exitCode = failed ? 1 : 0;
