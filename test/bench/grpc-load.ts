import { connect } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { requests } from './mix.ts';

// The load generator, in a process of its own: node grpc-load.ts ADDRESS RECORDS none|gzip. Frames are made beforehand,
// so that compressing costs the run nothing; Node sends them in DATA frames of 16 KB, as grpc-go does.
const [address = '', records = '1000', compression = 'none'] = process.argv.slice(2);
const IN_FLIGHT = 4;
const HEADERS = {
  ':method': 'POST',
  ':path': '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  'content-type': 'application/grpc',
  te: 'trailers',
  ...(compression === 'gzip' ? { 'grpc-encoding': 'gzip' } : {}),
};

const frames = requests(20, Number(records), 0.01, 980).map((bytes) => {
  const body = compression === 'gzip' ? gzipSync(bytes) : bytes;
  const head = Buffer.alloc(5);
  head.writeUInt8(compression === 'gzip' ? 1 : 0);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
});
const session = connect(`http://${address}`);
const send = (frame: Buffer) =>
  new Promise<void>((resolve, reject) => {
    const stream = session.request(HEADERS);
    stream.on('trailers', (trailers) => {
      if (Number(trailers['grpc-status']) !== 0) reject(new Error(`status ${trailers['grpc-status']}`));
    });
    stream.on('error', reject).on('close', resolve).resume().end(frame);
  });

process.on('message', async (count: number) => {
  const started = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (next < count) await send(frames[next++ % frames.length]!);
    }),
  );
  process.send!({ seconds: (performance.now() - started) / 1000 });
});
process.send!('ready');
