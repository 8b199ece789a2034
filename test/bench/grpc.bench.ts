import { type Bench, figure, perCpuSecond, SPEED } from './harness/case.ts';
import { child } from './harness/child.ts';
import { probe } from './harness/probe.ts';
import { type Server, startBare, startServer } from './harness/server.ts';
import { quantile } from './harness/spread.ts';
import { underLoad } from './harness/under-load.ts';
import { type InputSpec, input, TYPICAL, told } from './inputs/input.ts';

const NONE: InputSpec = { ...TYPICAL, total: 390e6 };
const DEFAULT = ['loaded', 'grpcjs', 'grpcjs8', 'ours'];
/** The prototypes that were decided by; see children/grpc-http2.ts. */
const PROTOTYPES = [
  ...['http2-slab-stream', 'http2-slab-sync', 'http2-slab-sized', 'http2-concat-sync'],
  ...['http2-slab-sized-2', 'http2-slab-sized-1', 'http2-slab-sized-0.5'],
];

const measure = (server: Server, spec: InputSpec) =>
  underLoad(server, input(spec), (address) => {
    const stop = probe(address);
    return async () => {
      const took = await stop();
      return { tiny50: quantile(took, 0.5), tiny99: quantile(took, 0.99) };
    };
  });

export const grpc: Bench = {
  name: 'grpc',
  about:
    'receiving alone, by servers that drop what they get, with a tiny request on another connection meanwhile',
  byName: true,
  cases: (all) =>
    [NONE, { ...NONE, gzip: true }].map((spec) => ({
      title: told(spec),
      variants: [
        { name: 'bare grpc-js', baseline: true, measure: async () => measure(await startBare(), spec) },
        ...[...DEFAULT, ...(all ? PROTOTYPES : [])].map((name) => ({
          name,
          // Its own checkout's: the prototypes are nowhere else.
          baseline: true,
          measure: async () => measure(await startServer([child('grpc-http2'), name]), spec),
        })),
      ],
      columns: [...SPEED, figure('tiny50', 'tiny request p50, ms', 1), figure('tiny99', 'p99, ms', 1)],
      compared: perCpuSecond,
    })),
};
