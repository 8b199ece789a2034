import { subscribe } from 'node:diagnostics_channel';
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createGunzip, gunzipSync } from 'node:zlib';
import { startGrpc } from '../../../src/receive/grpc/grpc.ts';
import { startGrpcJs } from '../../unit/receive/grpc-js-server.ts';

// Receivers that drop what they get, one a process: node grpc-http2.ts VARIANT
//   ours      src/receive
//   grpcjs    the same on grpc-js (the unit tests' reference)
//   grpcjs8   that, with HTTP/2 windows of 8 MiB
//   loaded    the bare grpc-js server, with the modules of the others in its heap: garbage collection costs more there
//   http2-concat|slab-stream|sync|sized-MIB   the prototypes that were decided by: how a message is gathered (a list of
//             chunks, or one buffer that is used again), how gzip is opened (by stream; at once; at once into a buffer
//             of the size that its trailer says), and the windows in MiB. They are not hardened.
const variant = process.argv[2] ?? '';
const WINDOW = 8 * 2 ** 20;
const LIMIT = 64 * 2 ** 20;
const DROP = async () => ({ kind: 'accepted', rejected: 0 }) as const;
const say = (address: string) => process.stderr.write(`listening for OTLP on ${address} (gRPC)\n`);
const EMPTY = Buffer.alloc(5);

/** Unary gRPC by hand over node:http2. `keep` gathers the message's bytes, `inflate` opens it. */
function byHand(keep: 'concat' | 'slab', inflate: 'sync' | 'sized' | 'stream', window: number) {
  const server = createServer({
    settings: { initialWindowSize: window, maxConcurrentStreams: 100 },
    maxSessionMemory: 1000,
  });
  server.on('session', (session: ServerHttp2Session) => session.setLocalWindowSize(window));
  const slabs: Buffer[] = [];
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const gzip = headers['grpc-encoding'] === 'gzip';
    let parts: Buffer[] = [];
    let whole: Buffer | undefined;
    let at = 0;
    let length = -1;
    stream.on('data', (chunk: Buffer) => {
      if (length < 0) {
        parts.push(chunk);
        chunk = parts.length > 1 ? Buffer.concat(parts) : chunk;
        parts = [];
        if (chunk.length < 5) {
          parts.push(chunk);
          return;
        }
        length = chunk.readUInt32BE(1);
        chunk = chunk.subarray(5);
        if (keep === 'slab') {
          whole = slabs.pop();
          if (whole === undefined || whole.length < length)
            whole = Buffer.allocUnsafeSlow(Math.max(length, 2 ** 21));
        }
      }
      if (whole === undefined) parts.push(chunk);
      else chunk.copy(whole, at);
      at += chunk.length;
    });
    const answer = (bytes: Uint8Array) => {
      if (bytes.length === 0) throw new Error('no bytes');
      parts = [];
      void DROP().then(() => {
        if (keep === 'slab' && whole) slabs.push(whole);
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc+proto' },
          { waitForTrailers: true },
        );
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0 }));
        stream.end(EMPTY);
      });
    };
    stream.on('end', () => {
      const message = whole?.subarray(0, at) ?? Buffer.concat(parts, at);
      if (!gzip) answer(message);
      else if (inflate === 'sync') answer(gunzipSync(message, { maxOutputLength: LIMIT }));
      else if (inflate === 'sized') {
        const claimed = message.readUInt32LE(message.length - 4);
        const chunkSize = Math.min(Math.max(claimed + 1, 64), 4 * 2 ** 20);
        answer(gunzipSync(message, { maxOutputLength: LIMIT, chunkSize }));
      } else {
        const gunzip = createGunzip();
        const out: Buffer[] = [];
        gunzip.on('data', (chunk: Buffer) => out.push(chunk)).on('end', () => answer(Buffer.concat(out)));
        gunzip.end(message);
      }
    });
  });
  server.listen(0, '127.0.0.1', () => say(`127.0.0.1:${(server.address() as AddressInfo).port}`));
}

const [first, second, third, mib = '8'] = variant.split('-');
if (first === 'loaded') await import('./bare-server.ts');
else if (first === 'http2') byHand(second as 'concat', third as 'sync', Number(mib) * 2 ** 20);
else {
  if (first === 'grpcjs8') {
    const seen = new WeakSet<object>();
    subscribe('http2.server.stream.created', (message) => {
      const { session } = (message as { stream: ServerHttp2Stream }).stream;
      if (!session || seen.has(session)) return;
      seen.add(session);
      (session as ServerHttp2Session).setLocalWindowSize(WINDOW);
      session.settings({ initialWindowSize: WINDOW });
    });
  }
  const start = first === 'ours' ? startGrpc : startGrpcJs;
  const { address } = await start(
    { endpoint: '127.0.0.1:0', maxRequestBytes: LIMIT },
    DROP,
    () => (Date.now() * 1000) as never,
  );
  say(address);
}
