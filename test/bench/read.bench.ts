import type { ReadingArgs } from './children/reading.ts';
import { type Bench, type Case, perCpuSecond, SPEED, type Variant } from './harness/case.ts';
import { measureIn } from './harness/child.ts';
import type { Rules } from './harness/rules-config.ts';
import { type InputSpec, input, TYPICAL, told } from './inputs/input.ts';

const BIG = { ...TYPICAL, level: 'request-response' } as const;
const DEFAULT: readonly InputSpec[] = [TYPICAL, { ...BIG, bytes: 20_000, records: 100 }];
const MATRIX: readonly InputSpec[] = [
  ...[0.001, 0.01, 0.1].map((share) => ({ ...TYPICAL, bytes: 0, share })),
  ...[0.001, 0.1].map((share) => ({ ...TYPICAL, share })),
  ...[1, 100, 8000].map((records) => ({ ...TYPICAL, records })),
  { ...BIG, bytes: 0 },
  ...[5000, 50_000].map((bytes) => ({ ...BIG, bytes, records: 100 })),
];

export function reading(name: string, how: ReadingArgs['how'], spec: InputSpec, rules: Rules = 75): Variant {
  return {
    name,
    baseline: how === 'parse',
    measure(tree) {
      const { requests, lines, records, bytes } = input(spec);
      return measureIn('reading', {
        tree,
        how,
        rules,
        requests,
        lines,
        records,
        bytes,
      } satisfies ReadingArgs);
    },
  };
}

/** What users run: the default pack on the mix of a production cluster. */
const PRODUCTION: readonly InputSpec[] = (['metadata', 'request-response'] as const).map((level) => ({
  ...TYPICAL,
  level,
  mix: 'production',
}));

const ordinary = (spec: InputSpec): Case => ({
  title: `${told(spec)}, the default pack`,
  variants: [
    reading('JSON.parse', 'parse', spec),
    reading('bytes', 'bytes', spec, 'pack'),
    reading('bytes, matched', 'match', spec, 'pack'),
    reading('and hits made', 'hits', spec, 'pack'),
    reading('75 rules: bytes, matched', 'match', spec),
  ],
  columns: SPEED,
  compared: perCpuSecond,
});

export const read: Bench = {
  name: 'read',
  about: 'reading the fields of rules, and matching, against utf8 decode and JSON.parse of the same lines',
  cases: (all) => [
    ...PRODUCTION.map(ordinary),
    ...(all ? [...DEFAULT, ...MATRIX] : DEFAULT).map((spec) => ({
      title: `${told(spec)}, 75 rules`,
      variants: [
        reading('JSON.parse', 'parse', spec),
        reading('parsed', 'parsed', spec),
        reading('bytes', 'bytes', spec),
        reading('bytes, matched', 'match', spec),
        reading('kvlist', 'bytes', { ...spec, body: 'kvlist' }),
      ],
      columns: SPEED,
      compared: perCpuSecond,
    })),
  ],
};
