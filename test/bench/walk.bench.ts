import { type Bench, perCpuSecond, SPEED } from './harness/case.ts';
import { TYPICAL, told } from './inputs/input.ts';
import { reading } from './read.bench.ts';

const DEFAULT = [TYPICAL];
const MATRIX = [5000, 20_000, 50_000].map((bytes) => ({
  ...TYPICAL,
  level: 'request-response' as const,
  bytes,
  records: 100,
}));

export const walk: Bench = {
  name: 'walk',
  about: 'walking through a request and its JSON with no field to look for',
  cases: (all) =>
    (all ? [...DEFAULT, ...MATRIX] : DEFAULT).map((spec) => ({
      title: told(spec),
      variants: [reading('JSON.parse', 'parse', spec), reading('walk', 'walk', spec)],
      columns: SPEED,
      compared: perCpuSecond,
    })),
};
