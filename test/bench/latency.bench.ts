import { setTimeout as pause } from 'node:timers/promises';
import { encodeLines } from '../../src/audit/encode-lines.ts';
import { type Bench, figure, type Measured, type Variant } from './harness/case.ts';
import { exportClient, framed } from './harness/export-client.ts';
import { startLoad } from './harness/load.ts';
import { probe } from './harness/probe.ts';
import { type Server, startBare, startSidewatch } from './harness/server.ts';
import { type Sink, startSink } from './harness/sink.ts';
import { quantile } from './harness/spread.ts';
import { type InputSpec, input, TYPICAL, told } from './inputs/input.ts';
import { refused, refusedLine } from './inputs/lines.ts';

const FULL: InputSpec = { ...TYPICAL, total: 390e6 };
/** Of one turn. */
const SCANS = 200;
/** The rules' threshold. */
const FIRES = 6;
const WARM = 60;

/** The requests of a scan from `address`, one record each. */
function scan(address: string): Buffer[] {
  const template = refusedLine();
  return Array.from({ length: FIRES }, () => {
    const line = refused(template, { auditId: crypto.randomUUID(), address, at: Date.now() });
    return framed(encodeLines([line], { 'k8s.cluster.name': 'bench' }));
  });
}

/** Milliseconds from sending a scan's sixth request to the arrival of its risk event, for SCANS scans, one after another. */
async function scans(address: string, sink: Sink): Promise<number[]> {
  const client = exportClient(address);
  const took: number[] = [];
  for (let i = 0; i < SCANS; i++) {
    const scanner = `198.18.${i >> 6}.${100 + (i & 63)}`;
    const frames = scan(scanner);
    const last = frames.pop()!;
    for (const frame of frames) await client.send(frame);
    const arrived = sink.seen(scanner);
    const sent = performance.now();
    await client.send(last);
    took.push((await arrived) - sent);
  }
  client.close();
  return took;
}

async function besideLoad(server: Server, meanwhile: () => Promise<Measured>): Promise<Measured> {
  const load = await startLoad(server.address, input(FULL));
  await load.run(WARM);
  const stopLoad = load.keepOn();
  const stopProbe = probe(server.address);
  const measured = await meanwhile();
  const tiny = await stopProbe();
  await stopLoad();
  load.stop();
  await server.stop();
  return { ...measured, tiny50: quantile(tiny, 0.5), tiny99: quantile(tiny, 0.99), tiny: tiny.length };
}

const sidewatch: Variant = {
  name: 'sidewatch',
  async measure(tree) {
    await using sink = await startSink();
    const server = await startSidewatch(tree, sink.url);
    // Awaited here: the sink closes on return.
    return await besideLoad(server, async () => {
      const took = await scans(server.address, sink);
      return { risk50: quantile(took, 0.5), risk99: quantile(took, 0.99), scans: took.length };
    });
  },
};
const bare: Variant = {
  name: 'bare grpc-js',
  baseline: true,
  measure: async () =>
    besideLoad(await startBare(), async () => {
      await pause(3000);
      return {};
    }),
};

export const latency: Bench = {
  name: 'latency',
  about:
    'under full load on another connection: from the sixth request of a scan to its risk event, and a tiny request',
  cases: () => [
    {
      title: `load: ${told(FULL)}, 4 in flight; quantiles are of one turn of ${SCANS} scans`,
      variants: [bare, sidewatch],
      columns: [
        figure('risk50', 'risk event p50, ms', 1),
        figure('risk99', 'p99, ms', 1),
        figure('scans', 'scans'),
        figure('tiny50', 'tiny request p50, ms', 1),
        figure('tiny99', 'p99, ms', 1),
        figure('tiny', 'requests'),
      ],
    },
  ],
};
