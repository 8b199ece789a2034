import type { Bench } from './harness/case.ts';
import { read } from './read.bench.ts';
import { walk } from './walk.bench.ts';

export const BENCHES: readonly Bench[] = [walk, read];
