import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Ms } from '../model/time.ts';
import type { Fault } from './grpc-message.ts';
import type { Reply } from './reply.ts';

const HEADERS = {
  ':status': 200,
  'content-type': 'application/grpc+proto',
  'grpc-accept-encoding': 'identity,deflate,gzip',
};
const OK = { 'grpc-status': 0 };
/** The frame of a message without bytes. */
const EMPTY = Buffer.alloc(5);

/**
 * Answers the call unless it has ended; does not throw. A status other than OK is sent as trailers only. `patience` is the
 * time that the sender has to stop sending after it was refused.
 */
export function send(stream: ServerHttp2Stream, made: Reply | Fault, patience: Ms): void {
  if (stream.destroyed || stream.closed) return;
  const bytes = 'bytes' in made ? made.bytes : undefined;
  if (made.grpc === 0) {
    stream.respond(HEADERS, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers(OK));
    stream.end(bytes === undefined || bytes.length === 0 ? EMPTY : frame(bytes));
    return;
  }
  const details = bytes && bytes.length > 0 ? Buffer.from(bytes).toString('base64') : undefined;
  stream.respond(
    {
      ...HEADERS,
      'grpc-status': made.grpc,
      'grpc-message': encodeURI(made.message),
      ...(details === undefined ? {} : { 'grpc-status-details-bin': details }),
    },
    { endStream: true },
  );
  discardRest(stream, patience);
}

/**
 * Discards what a sender still sends after its answer. We ask it to stop (RFC 9113, 8.1) only after it had time to read the
 * answer and stop by itself: RST_STREAM overtakes headers that wait in the session, and the status would be lost.
 */
export function discardRest(stream: ServerHttp2Stream, patience: Ms): void {
  stream.resume();
  if (stream.readableEnded) return;
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), patience);
  stream.once('close', () => clearTimeout(timer));
}

function frame(bytes: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(EMPTY.length + bytes.length);
  framed.writeUInt8(0);
  framed.writeUInt32BE(bytes.length, 1);
  framed.set(bytes, EMPTY.length);
  return framed;
}
