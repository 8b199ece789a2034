import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { encodeLines } from '../../src/audit/encode-lines.ts';
import type { HoldingArgs } from './children/holding.ts';
import type { WaitingArgs } from './children/waiting.ts';
import type { Measured } from './harness/case.ts';
import { measureIn } from './harness/child.ts';
import { machine } from './harness/header.ts';
import { type Load, startLoad } from './harness/load.ts';
import { cpuOf, memoryOf } from './harness/process-cost.ts';
import { type Server, startSidewatch } from './harness/server.ts';
import { startSink } from './harness/sink.ts';
import { ROOT } from './harness/tree.ts';
import { workFolder } from './harness/work-folder.ts';
import { scanLines } from './inputs/captured.ts';
import { writeFrames } from './inputs/frames.ts';
import { type Input, input, TYPICAL } from './inputs/input.ts';
import { type Loaded, type Sizes, sizingBlock, withSizing } from './sizing-page.ts';

// npm run sizing [-- --write]: measures what a pod needs with the default pack, and prints the block of docs/performance.md, or
// writes it there. It takes some two minutes, and Linux.
const PAGE = join(ROOT, 'docs/performance.md');
/** Events a second. */
const RATES = [100, 1000, 5000];
const SECONDS = 12;
const WARM_SECONDS = 2;
/** As the collector's queue sends them: what came within 200 ms. */
const REQUESTS_A_SECOND = 5;
const GC = ['--expose-gc', '--max-old-space-size=4000'];
/** A client of the IPv6 place file. */
const IPV6 = '2a00:1450:4001:81b::200e';

async function withSidewatch<T>(more: string, measure: (server: Server) => Promise<T>): Promise<T> {
  await using sink = await startSink();
  const server = await startSidewatch(ROOT, sink.url, [], 'pack', more);
  const measured = await measure(server);
  await server.stop();
  return measured;
}

const atRest = (more: string) =>
  withSidewatch(more, async ({ address, pid }) => {
    const load = await startLoad(address, mix(REQUESTS_A_SECOND, 1));
    const rest = memoryOf(pid, 'VmRSS');
    load.stop();
    return rest;
  });

/** What the IPv6 place file adds, with the first client that needs it. */
const ofIpv6 = () =>
  withSidewatch('', async ({ address, pid }) => {
    const path = join(workFolder(), 'ipv6');
    const scan = (client: string) =>
      encodeLines(
        scanLines().map((line) => line.replaceAll('"127.0.0.1"', JSON.stringify(client))),
        {},
      );
    writeFrames(path, [scan('81.2.69.142'), scan(IPV6)]);
    const load = await startLoad(address, { ...mix(1, 1), requests: path });
    await load.run(1);
    const before = memoryOf(pid, 'VmRSS');
    await load.run(1);
    load.stop();
    return memoryOf(pid, 'VmRSS') - before;
  });

/** Requests of the production mix, for so many seconds at so many events a second. */
const mix = (rate: number, seconds: number): Input =>
  input({
    ...TYPICAL,
    bytes: 0,
    mix: 'production',
    records: Math.ceil(rate / REQUESTS_A_SECOND),
    total: rate * seconds * 1000,
  });

async function atRate(rate: number): Promise<Loaded> {
  const directory = join(workFolder(), `store-${rate}`);
  mkdirSync(directory);
  const of = mix(rate, SECONDS + WARM_SECONDS);
  return withSidewatch(`storage: {kind: sqlite, directory: ${directory}}\n`, async ({ address, pid }) => {
    const load = await startLoad(address, of);
    await paced(load, WARM_SECONDS);
    const [cpu, began] = [cpuOf(pid), performance.now()];
    await paced(load, SECONDS);
    const seconds = (performance.now() - began) / 1000;
    const used = cpuOf(pid) - cpu;
    load.stop();
    return {
      rate,
      cores: used / seconds,
      rss: memoryOf(pid, 'VmRSS'),
      peak: memoryOf(pid, 'VmHWM'),
      store: sizeOf(directory),
    };
  });
}

/** A request each fifth of a second. */
async function paced(load: Load, seconds: number): Promise<void> {
  const began = performance.now();
  for (let n = 1; n <= seconds * REQUESTS_A_SECOND; n++) {
    await load.run(1);
    await pause(Math.max(0, began + (n * 1000) / REQUESTS_A_SECOND - performance.now()));
  }
}

/** As fast as it takes them; the first quarter is not measured. */
const atFullSpeed = () =>
  withSidewatch('', async ({ address, pid }) => {
    const of = mix(5000, 40);
    const load = await startLoad(address, of);
    const warm = of.count >> 2;
    await load.run(warm);
    const cpu = cpuOf(pid);
    await load.run(of.count - warm);
    load.stop();
    const records = (of.count - warm) * of.spec.records;
    return { perCpuSecond: records / (cpuOf(pid) - cpu), peak: memoryOf(pid, 'VmHWM') };
  });

const sizeOf = (directory: string): number =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0) / 1e6;

async function figuresOf(name: string, args: object): Promise<Measured> {
  const told = await measureIn(name, { tree: ROOT, ...args }, GC);
  if ('absent' in told) throw new Error(told.absent as string);
  return told;
}

const group = (hits: number) =>
  figuresOf('holding', { how: 'sliding', groups: 10_000, hits } satisfies Omit<HoldingArgs, 'tree'>);

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const { requests } = input({ ...TYPICAL, bytes: 0, share: 1, records: 100, total: 8e6 });
const loaded: Loaded[] = [];
for (const rate of RATES) loaded.push(await atRate(rate));
const sizes: Sizes = {
  machine: machine(),
  rest: await atRest(''),
  restWithoutPlaces: await atRest('geo: {city: none}\n'),
  ipv6: await ofIpv6(),
  group: (await group(1))['counted']!,
  groupOfSix: (await group(6))['counted']!,
  waiting: (await figuresOf('waiting', { requests } satisfies Omit<WaitingArgs, 'tree'>))['each']!,
  loaded,
  full: await atFullSpeed(),
};
const block = sizingBlock(sizes);
console.log(block);
if (values.write) writeFileSync(PAGE, withSizing(readFileSync(PAGE, 'utf8'), block));
