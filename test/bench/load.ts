import { Client, credentials } from '@grpc/grpc-js';
import { requests } from './mix.ts';

// The load generator, in a process of its own: node load.ts ADDRESS RECORDS SHARE none|gzip
const [address = '', records = '1000', share = '0.01', compression = 'none'] = process.argv.slice(2);
const IN_FLIGHT = 4;

const bodies = requests(40, Number(records), Number(share), 980);
const client = new Client(address, credentials.createInsecure(), {
  'grpc.default_compression_algorithm': compression === 'gzip' ? 2 : 0,
});
const send = (bytes: Uint8Array) =>
  new Promise<void>((resolve, reject) => {
    client.makeUnaryRequest(
      '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
      (message: Uint8Array) => Buffer.from(message),
      (answer: Buffer) => answer,
      bytes,
      (error) => (error ? reject(error) : resolve()),
    );
  });

async function run(count: number): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (next < count) await send(bodies[next++ % bodies.length]!);
    }),
  );
}

process.on('message', async (count: number) => {
  const started = performance.now();
  await run(count);
  process.send!({ seconds: (performance.now() - started) / 1000, bytes: bodies[0]!.length });
});
process.send!('ready');
