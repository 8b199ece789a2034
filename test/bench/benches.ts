import { e2e } from './e2e.bench.ts';
import { geo } from './geo.bench.ts';
import { grpc } from './grpc.bench.ts';
import type { Bench } from './harness/case.ts';
import { hits } from './hits.bench.ts';
import { latency } from './latency.bench.ts';
import { match } from './match.bench.ts';
import { memory } from './memory.bench.ts';
import { read } from './read.bench.ts';
import { reload } from './reload.bench.ts';
import { replay } from './replay.bench.ts';
import { store } from './store.bench.ts';
import { walk } from './walk.bench.ts';
import { windows } from './windows.bench.ts';

/** All benches, in the order in which they run. */
export const BENCHES: readonly Bench[] = [
  walk,
  read,
  match,
  hits,
  windows,
  memory,
  store,
  e2e,
  replay,
  latency,
  reload,
  geo,
  grpc,
];
