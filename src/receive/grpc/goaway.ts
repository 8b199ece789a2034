import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

const GOAWAY = 7;
const HEAD = 9;
/** A stream id that no client can exceed: it says that nothing is lost yet. */
const LAST_OF_ALL = 2 ** 31 - 1;

/**
 * The first of the two GOAWAY frames of RFC 9113, 6.8: it asks the client to open no more streams, and promises that those
 * which it has opened are still served. False where it could not be sent.
 *
 * It goes past Node's HTTP/2, which ignores all streams that arrive after a GOAWAY of its own: a large call that crosses it
 * would fail. Node writes whole frames, and a plain socket keeps the order of writes. A TLS socket of Node takes one write
 * at a time, and aborts the process at a second one: over TLS there is only the last step.
 */
export function announceGoaway(socket: Socket): boolean {
  if (socket instanceof TLSSocket || !socket.writable) return false;
  const frame = Buffer.alloc(HEAD + 8);
  frame.writeUIntBE(frame.length - HEAD, 0, 3);
  frame.writeUInt8(GOAWAY, 3);
  frame.writeUInt32BE(LAST_OF_ALL, HEAD);
  socket.write(frame);
  return true;
}
