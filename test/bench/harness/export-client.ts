import { connect } from 'node:http2';

const PATH = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';

const SESSION_MB = 1000;

/** A gRPC message with its five bytes of framing. */
export function framed(message: Uint8Array, compressed = false): Buffer {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt8(compressed ? 1 : 0);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

/**
 * One connection that sends Export requests, framed beforehand so that it costs the machine little. Node sends DATA
 * frames of 16 KB, as grpc-go does. A status other than OK rejects.
 */
export function exportClient(
  address: string,
  compression: 'none' | 'gzip' = 'none',
): { send(frame: Buffer): Promise<void>; close(): void } {
  // A client's session holds what it has not sent yet, and refuses its own streams beyond this.
  const session = connect(`http://${address}`, { maxSessionMemory: SESSION_MB });
  // What breaks a session breaks its streams, and those tell; its end may also meet the server's.
  session.on('error', () => {});
  const headers = {
    ':method': 'POST',
    ':path': PATH,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...(compression === 'gzip' ? { 'grpc-encoding': 'gzip' } : {}),
  };
  return {
    send: (frame) =>
      new Promise((resolve, reject) => {
        const refuse = ({ 'grpc-status': status }: { 'grpc-status'?: unknown }) => {
          if (status !== undefined && Number(status) !== 0) reject(new Error(`status ${status}`));
        };
        const stream = session.request(headers);
        stream.on('response', refuse).on('trailers', refuse).on('error', reject);
        stream.on('close', resolve).resume().end(frame);
      }),
    close: () => session.destroy(),
  };
}
