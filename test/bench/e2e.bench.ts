import { type Bench, type Case, figure, perCpuSecond, SPEED, type Variant } from './harness/case.ts';
import type { Rules } from './harness/rules-config.ts';
import { startBare, startSidewatch } from './harness/server.ts';
import { startSink } from './harness/sink.ts';
import { underLoad } from './harness/under-load.ts';
import { type InputSpec, input, TYPICAL, told } from './inputs/input.ts';

/** 400 requests of 1,000 typical records, of which the last three quarters are measured. */
const TYPICAL_RUN: InputSpec = { ...TYPICAL, total: 390e6 };
const GZIP: InputSpec = { ...TYPICAL_RUN, gzip: true };
/** What users run: the default pack on the mix of a production cluster. */
const PRODUCTION: readonly InputSpec[] = [TYPICAL_RUN, GZIP].map((spec) => ({ ...spec, mix: 'production' }));
const MATRIX: readonly InputSpec[] = [
  ...[0.001, 0.1].map((share) => ({ ...TYPICAL_RUN, share })),
  ...[TYPICAL_RUN, GZIP].flatMap((spec) => [1, 100, 8000].map((records) => ({ ...spec, records }))),
  ...[TYPICAL_RUN, GZIP].flatMap((spec) =>
    [0, 5000, 20_000, 50_000].map((bytes) => ({
      ...spec,
      level: 'request-response' as const,
      bytes,
      records: 100,
    })),
  ),
];

const bare = (spec: InputSpec): Variant => ({
  name: 'bare grpc-js',
  baseline: true,
  measure: async () => underLoad(await startBare(), input(spec)),
});
const sidewatch = (spec: InputSpec, rules: Rules = 75): Variant => ({
  name: rules === 'pack' ? 'sidewatch, default pack' : 'sidewatch',
  async measure(tree) {
    await using sink = await startSink();
    const measured = await underLoad(await startSidewatch(tree, sink.url, [], rules), input(spec));
    if (sink.requests === 0) throw new Error('no risk event came');
    return measured;
  },
});

const of = (spec: InputSpec): Case => ({
  title: told(spec),
  variants: [bare(spec), sidewatch(spec), sidewatch(spec, 'pack')],
  columns: [...SPEED, figure('rest', 'RSS at rest, MB'), figure('start', 'start to listening, ms')],
  compared: perCpuSecond,
});

export const e2e: Bench = {
  name: 'e2e',
  about:
    'serve with 75 generated rules, and with the default pack, its risk events exported, against a bare grpc-js server that drops the same bytes',
  cases: (all) => [...PRODUCTION, TYPICAL_RUN, GZIP, ...(all ? MATRIX : [])].map(of),
};
