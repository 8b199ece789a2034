import type { ServerHttp2Stream } from 'node:http2';
import type { Reply } from '../reply.ts';
import type { Fault } from './grpc-message.ts';

const HEADERS = {
  ':status': 200,
  'content-type': 'application/grpc+proto',
  'grpc-accept-encoding': 'identity,deflate,gzip,zstd',
};
const OK = { 'grpc-status': 0 };
/** The frame of a message without bytes. */
const EMPTY = Buffer.alloc(5);

/**
 * Answers the call; false where its stream has ended. Does not throw. A status other than OK is sent as trailers only, and
 * what its sender still sends is discarded.
 */
export function send(stream: ServerHttp2Stream, made: Fault & Partial<Pick<Reply, 'bytes'>>): boolean {
  if (stream.destroyed || stream.closed) return false;
  const { bytes } = made;
  if (made.grpc === 0) {
    openAnswer(stream);
    stream.end(bytes === undefined || bytes.length === 0 ? EMPTY : frame(bytes));
    return true;
  }
  const details = bytes && bytes.length > 0 ? Buffer.from(bytes).toString('base64') : undefined;
  return sendHeaders(stream, {
    ...HEADERS,
    'grpc-status': made.grpc,
    'grpc-message': encodeURI(made.message),
    ...(details === undefined ? {} : { 'grpc-status-details-bin': details }),
  });
}

/** Begins an answer that is OK when the stream ends; false where the stream has ended. */
export function openAnswer(stream: ServerHttp2Stream): boolean {
  if (stream.destroyed || stream.closed) return false;
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(OK));
  return true;
}

/** Sends one of the messages of such an answer. */
export function sendMessage(stream: ServerHttp2Stream, bytes: Uint8Array): void {
  if (stream.writable) stream.write(frame(bytes));
}

/** Answers with headers alone; false where the stream has ended. What the sender still sends is discarded. */
export function sendHeaders(stream: ServerHttp2Stream, headers: Record<string, string | number>): boolean {
  if (stream.destroyed || stream.closed) return false;
  stream.respond(headers, { endStream: true });
  stream.resume();
  return true;
}

function frame(bytes: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(EMPTY.length + bytes.length);
  framed.writeUInt8(0);
  framed.writeUInt32BE(bytes.length, 1);
  framed.set(bytes, EMPTY.length);
  return framed;
}
