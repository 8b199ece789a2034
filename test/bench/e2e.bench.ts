import { fork, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

// End to end over a real socket, risk events exported to a real sink: records per CPU second of the server process,
// alternating with a bare grpc-js server that drops the same bytes. node test/bench/e2e.bench.ts [ROUNDS] [none|gzip]
const rounds = Number(process.argv[2] ?? 9);
const compression = process.argv[3] ?? 'none';
const RECORDS = 1000;
const WARM = 100;
const REQUESTS = 300;

const here = (name: string) => new URL(name, import.meta.url).pathname;

/** User and system CPU seconds of a process so far (Linux: 100 ticks a second). */
function cpu(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
const rss = (pid: number, which: 'VmRSS' | 'VmHWM') =>
  Number(new RegExp(`${which}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

interface Result {
  readonly perCpuSecond: number;
  readonly perSecond: number;
  readonly rest: number;
  readonly peak: number;
  readonly start: number;
}

async function measure(args: readonly string[], env: Record<string, string>): Promise<Result> {
  const began = performance.now();
  const server = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const address = await new Promise<string>((resolve) => {
    createInterface(server.stderr).on('line', (line) => {
      const found = /listening for OTLP on (\S+) \(gRPC\)/.exec(line)?.[1];
      if (found) resolve(found);
    });
  });
  const start = performance.now() - began;
  const load = fork(here('load.ts'), [address, String(RECORDS), '0.01', compression]);
  await new Promise((resolve) => load.once('message', resolve));
  const run = (count: number) =>
    new Promise<{ seconds: number }>((resolve) => {
      load.once('message', (message) => resolve(message as { seconds: number }));
      load.send(count);
    });
  const rest = rss(server.pid!, 'VmRSS');
  await run(WARM);
  const before = cpu(server.pid!);
  const { seconds } = await run(REQUESTS);
  const used = cpu(server.pid!) - before;
  const peak = rss(server.pid!, 'VmHWM');
  load.kill();
  server.kill();
  await new Promise((resolve) => server.once('exit', resolve));
  return {
    perCpuSecond: (REQUESTS * RECORDS) / used,
    perSecond: (REQUESTS * RECORDS) / seconds,
    rest,
    peak,
    start,
  };
}

const sink = createServer((request, response) => request.resume().on('end', () => response.end('{}')));
await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
const config = join(mkdtempSync(join(tmpdir(), 'sidewatch-bench-')), 'sidewatch.yaml');
writeFileSync(config, 'receivers: {otlp: {grpc: {endpoint: "127.0.0.1:0"}}}\n');
const variants = {
  bare: () => measure([here('bare-server.ts')], {}),
  sidewatch: () =>
    measure([here('../../src/main.ts'), 'serve', '--config', config], {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(sink.address() as AddressInfo).port}`,
    }),
};
const results: Record<keyof typeof variants, Result[]> = { bare: [], sidewatch: [] };
for (let round = 0; round < rounds; round++)
  for (const name of ['bare', 'sidewatch'] as const) results[name].push(await variants[name]());
sink.close();

const spread = (values: readonly number[], digits = 0) => {
  const sorted = [...values].sort((a, b) => a - b);
  const show = (value: number) => value.toFixed(digits);
  return `${show(sorted[sorted.length >> 1]!)} [${show(sorted[0]!)}-${show(sorted.at(-1)!)}]`;
};
console.log(
  `${cpus()[0]!.model} x ${cpus().length}, Node ${process.version}, n=${rounds}, ${RECORDS} records a request, 1 % hits, 0.98 KB, ${compression}`,
);
for (const [name, own] of Object.entries(results)) {
  console.log(
    `${name.padEnd(10)} k records per CPU second ${spread(own.map((r) => r.perCpuSecond / 1000))}, per second ${spread(own.map((r) => r.perSecond / 1000))}; ` +
      `RSS MB at rest ${spread(own.map((r) => r.rest))}, peak ${spread(own.map((r) => r.peak))}; start ms ${spread(own.map((r) => r.start))}`,
  );
}
console.log(
  `ratio of CPU, paired: ${spread(
    results.bare.map((bare, i) => results.sidewatch[i]!.perCpuSecond / bare.perCpuSecond),
    2,
  )}`,
);
