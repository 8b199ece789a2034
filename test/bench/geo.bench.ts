import type { GeoArgs } from './children/geo.ts';
import { type Absent, type Bench, type Case, figure, type Measured } from './harness/case.ts';
import { measureIn } from './harness/child.ts';

const MEANING: Readonly<Record<GeoArgs['how'], string>> = {
  none: 'no database',
  maxmind: 'maxmind alone',
  ours: 'our places',
};

/** Speed and memory in processes of their own: garbage that V8 has no reason yet to collect would hide what a file costs. */
async function measure(args: GeoArgs): Promise<Measured | Absent> {
  const fast = await measureIn('geo', args, ['--expose-gc']);
  const small = await measureIn('geo', args, ['--expose-gc', '--max-semi-space-size=1']);
  return 'absent' in fast || 'absent' in small ? fast : { ...fast, rss: small['rss']! };
}

const lookups = (name: string, heading: string) => figure(name, `${heading}, k per CPU s`, 0, 1000);

const of = (family: 4 | 6): Case => ({
  title: `100,000 IPv${family} addresses`,
  variants: (['none', 'maxmind', 'ours'] as const).map((how) => ({
    name: MEANING[how],
    measure: (tree) => measure({ tree, how, family }),
    baseline: how !== 'ours',
  })),
  columns: [
    figure('open', 'open, ms', 1),
    lookups('first', 'random'),
    lookups('again', 'the same again'),
    lookups('repeated', '1,000 repeated'),
    figure('rss', 'RSS, MB'),
  ],
});

export const geo: Bench = {
  name: 'geo',
  about: "what an address's place costs, beside the bare record that maxmind gives",
  cases: (all) => (all ? [of(4), of(6)] : [of(4)]),
};
