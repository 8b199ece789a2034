import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { encodeLines } from '../../src/audit/encode-lines.ts';
import { usage } from './harness/arguments.ts';
import { exportClient, framed } from './harness/export-client.ts';
import { machine } from './harness/header.ts';
import { cpuOf, memoryOf } from './harness/process-cost.ts';
import { startSidewatch } from './harness/server.ts';
import { startSink } from './harness/sink.ts';
import { slopeOf } from './harness/slope.ts';
import { ROOT } from './harness/tree.ts';
import { productionLines } from './inputs/production.ts';

// npm run soak [-- --minutes N --rate N --config TEXT]: `serve` with the default pack under the production mix of now, at a steady
// rate, each request made when it is sent. Prints memory and CPU, and exits 1 if memory still grows in the second half.
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '2000' },
    config: { type: 'string', default: '' },
  },
});
const minutes = Number(values.minutes);
const rate = Number(values.rate);
/** A request each fifth of a second. */
const REQUESTS_A_SECOND = 5;
const SAMPLE_SECONDS = 10;
/** Requests of one connection: the receiver asks a connection to end after five minutes. */
const CONNECTION = 60 * REQUESTS_A_SECOND;
/** Memory that grows less in a minute is called flat: the engine itself moves more than that. */
const FLAT_MB_A_MINUTE = 0.5;
if (!(minutes > 0 && minutes <= 1440)) usage(`--minutes wants 1 to 1440, has ${values.minutes}`);
if (!(rate >= REQUESTS_A_SECOND && rate <= 20_000)) usage(`--rate wants 5 to 20000, has ${values.rate}`);

await using sink = await startSink();
const server = await startSidewatch(ROOT, sink.url, [], 'pack', values.config);
let client = exportClient(server.address);
const requests = productionLines(Math.ceil(rate / REQUESTS_A_SECOND), 'metadata', Date.now);
console.log(`${machine()}; ${rate} events a second for ${minutes} minutes; MB are RSS\n`);

const began = performance.now();
const end = began + minutes * 60_000;
const samples: { readonly minute: number; readonly rss: number }[] = [];
let sent = 0;
let cpu = cpuOf(server.pid);
let sampled = began;
for (let n = 1; performance.now() < end; n++) {
  if (n % CONNECTION === 0) {
    client.close();
    client = exportClient(server.address);
  }
  await client.send(framed(encodeLines(requests.next().value, { 'k8s.cluster.name': 'soak' })));
  sent += Math.ceil(rate / REQUESTS_A_SECOND);
  const now = performance.now();
  if (now - sampled >= SAMPLE_SECONDS * 1000) {
    const used = cpuOf(server.pid);
    const rss = memoryOf(server.pid, 'VmRSS');
    samples.push({ minute: (now - began) / 60_000, rss });
    const cores = ((used - cpu) * 1000) / (now - sampled);
    console.log(`${((now - began) / 1000).toFixed(0)} s  ${rss.toFixed(0)} MB  ${cores.toFixed(3)} cores`);
    cpu = used;
    sampled = now;
  }
  await pause(Math.max(0, began + (n * 1000) / REQUESTS_A_SECOND - performance.now()));
}
client.close();
const peak = memoryOf(server.pid, 'VmHWM');
await server.stop();

const growth = slopeOf(samples.slice(samples.length >> 1).map(({ minute, rss }) => [minute, rss]));
console.log(
  `\n${sent} events, ${sink.requests} requests with risk events; peak ${peak.toFixed(0)} MB; second half: ${growth.toFixed(2)} MB a minute`,
);
if (growth > FLAT_MB_A_MINUTE) {
  console.log(`it still grows by more than ${FLAT_MB_A_MINUTE} MB a minute`);
  process.exitCode = 1;
}
