import { fork, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';

// What receiving costs: records per CPU second of receivers that drop what they get, each in a process of its own, in
// turn; and how long a tiny request on a second connection takes meanwhile.
// The first variant is the one that the others are compared with; see grpc-http2.ts for more of them.
// node test/bench/grpc.bench.ts [ROUNDS] [none|gzip] [VARIANT...]
const [rounds = '9', compression = 'none', ...given] = process.argv.slice(2);
const names = given.length > 0 ? given : ['bare', 'loaded', 'grpcjs', 'grpcjs8', 'ours'];
const RECORDS = 1000;
const WARM = 60;
const REQUESTS = 300;

const here = (name: string) => new URL(name, import.meta.url).pathname;

/** User and system CPU seconds of a process so far (Linux: 100 ticks a second). */
function cpu(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
const peakRss = (pid: number) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

/** Sends an empty message again and again; gives the milliseconds that each took, until told to stop. */
function probe(address: string) {
  const session = connect(`http://${address}`);
  const took: number[] = [];
  let on = true;
  const once = () =>
    new Promise<void>((resolve, reject) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream
        .on('error', reject)
        .on('close', resolve)
        .resume()
        .end(Buffer.from([0, 0, 0, 0, 2, 10, 0]));
    });
  const done = (async () => {
    while (on) {
      const began = performance.now();
      await once();
      took.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return async () => {
    on = false;
    await done;
    session.destroy();
    return took.sort((a, b) => a - b);
  };
}

async function measure(name: string) {
  const args = name === 'bare' ? [here('bare-server.ts')] : [here('grpc-http2.ts'), name];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const address = await new Promise<string>((resolve) => {
    createInterface(server.stderr).on('line', (line) => {
      const found = /listening for OTLP on (\S+) \(gRPC\)/.exec(line)?.[1];
      if (found) resolve(found);
      else console.error(line);
    });
  });
  const load = fork(here('grpc-load.ts'), [address, String(RECORDS), compression]);
  await new Promise((resolve) => load.once('message', resolve));
  const run = (count: number) =>
    new Promise<{ seconds: number }>((resolve) => {
      load.once('message', (message) => resolve(message as { seconds: number }));
      load.send(count);
    });
  await run(WARM);
  const stop = probe(address);
  const before = cpu(server.pid!);
  const { seconds } = await run(REQUESTS);
  const used = cpu(server.pid!) - before;
  const took = await stop();
  const result = {
    perCpu: (REQUESTS * RECORDS) / used / 1000,
    perSecond: (REQUESTS * RECORDS) / seconds / 1000,
    p50: took[took.length >> 1]!,
    p99: took[Math.floor(took.length * 0.99)]!,
    peak: peakRss(server.pid!),
  };
  load.kill();
  server.kill();
  await new Promise((resolve) => server.once('exit', resolve));
  return result;
}

const results = new Map(names.map((name) => [name, [] as Awaited<ReturnType<typeof measure>>[]]));
for (let round = 0; round < Number(rounds); round++)
  for (const [name, own] of results) own.push(await measure(name));

const spread = (values: readonly number[], digits = 0) => {
  const sorted = [...values].sort((a, b) => a - b);
  const show = (value: number) => value.toFixed(digits);
  return `${show(sorted[sorted.length >> 1]!)} [${show(sorted[0]!)}-${show(sorted.at(-1)!)}]`;
};
console.log(
  `${cpus()[0]!.model} x ${cpus().length}, Node ${process.version}, n=${rounds}, ${RECORDS} records a request, 0.98 KB, ${compression}`,
);
console.log(
  '| | k records per CPU second | k records/s | tiny request p50, ms | p99, ms | peak RSS, MB | against the first, paired |',
);
console.log('|---|--:|--:|--:|--:|--:|--:|');
const base = [...results.values()][0]!;
for (const [name, own] of results)
  console.log(
    `| ${name} | ${spread(own.map((r) => r.perCpu))} | ${spread(own.map((r) => r.perSecond))} | ${spread(
      own.map((r) => r.p50),
      1,
    )} | ${spread(
      own.map((r) => r.p99),
      1,
    )} | ${spread(own.map((r) => r.peak))} | ${spread(
      own.map((r, i) => r.perCpu / base[i]!.perCpu),
      2,
    )} |`,
  );
