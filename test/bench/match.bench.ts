import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { spread } from './spread.ts';

// What matching costs by number of rules, with the index and without. The reader answers from arrays that were filled
// before, so reading is not in it. Each measurement is a process of its own; variants take turns.
// node test/bench/match.bench.ts [ROUNDS] [RULES,RULES...] [VARIANT,VARIANT...]   (variants: plain, index, index-FIELDS)
const [rounds = '9', sizes = '1,10,75,500', names = 'plain,index'] = process.argv.slice(2);

export interface Measured {
  readonly nsPerEvent: number;
  readonly hits: number;
}

function measure(variant: string, rules: number): Measured {
  const script = new URL('match-variant.ts', import.meta.url).pathname;
  return JSON.parse(execFileSync(process.execPath, [script, variant, String(rules)], { encoding: 'utf8' }));
}

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
console.log(
  `${cpus()[0]!.model} x ${cpus().length}, Node ${process.version}, ${commit}, n=${rounds}, 1 % scans`,
);
console.log(
  '| rules | variant | CPU ns an event, median [range] | ratio to the first, paired | hits an event |',
);
console.log('|--:|---|--:|--:|--:|');
for (const rules of sizes.split(',').map(Number)) {
  const variants = names.split(',').map((name) => ({ name, results: [] as Measured[] }));
  for (let round = 0; round < Number(rounds); round++)
    for (const { name, results } of variants) results.push(measure(name, rules));
  const [first] = variants;
  for (const { name, results } of variants) {
    const ratios = results.map(({ nsPerEvent }, i) => first!.results[i]!.nsPerEvent / nsPerEvent);
    const ns = results.map(({ nsPerEvent }) => nsPerEvent);
    console.log(
      `| ${rules} | ${name} | ${spread(ns)} | ${spread(ratios, 2)} | ${results[0]!.hits.toFixed(3)} |`,
    );
  }
}
