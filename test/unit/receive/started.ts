import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { afterEach } from 'vitest';
import type { Handle, Receiver, Verdict } from '../../../src/model/request.ts';
import type { Clock } from '../../../src/model/time.ts';
import { type GrpcOptions, startGrpc } from '../../../src/receive/grpc/grpc.ts';
import { TEN } from '../../support/events.ts';
import { EXPORT } from './client.ts';

const KIB = 1024;
export const LIMIT = 256 * KIB;
export const OK: Verdict = { kind: 'accepted', rejected: 0 };
export const HEADERS = {
  ':method': 'POST',
  ':path': EXPORT,
  'content-type': 'application/grpc',
  te: 'trailers',
};

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

/** Runs after the test, the last one first. */
export const atEnd = (end: () => unknown): void => void ends.push(end);

/** A receiver until the end of the test. `refused` and `broken` are what it has reported. */
export async function start(
  handle: Handle,
  options: Partial<GrpcOptions> = {},
  how = startGrpc,
  clock: Clock = () => TEN,
) {
  const refused: string[] = [];
  const broken: string[] = [];
  const receiver: Receiver = await how(
    {
      endpoint: '127.0.0.1:0',
      maxRequestBytes: LIMIT,
      refused: (as) => refused.push(as),
      broken: (why) => broken.push(why),
      ...options,
    },
    handle,
    clock,
  );
  atEnd(() => receiver.stop(AbortSignal.abort()));
  return { receiver, address: receiver.address, refused, broken };
}

export async function connected(address: string): Promise<ClientHttp2Session> {
  // What waits here to be sent counts as this session's memory.
  const session = connect(`http://${address}`, { maxSessionMemory: 1000 }).on('error', () => {});
  atEnd(() => session.destroy());
  await once(session, 'remoteSettings');
  return session;
}
