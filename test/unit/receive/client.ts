import { once } from 'node:events';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack, durationMs } from '@bufbuild/protobuf/wkt';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { RetryInfoSchema } from '../../../src/gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../../src/gen/google/rpc/status_pb.ts';

export const EXPORT = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';

/** How a call ended: `body` where it went well, `details` as sent in grpc-status-details-bin. */
export interface Answer {
  readonly code: number;
  readonly message: string;
  readonly body?: Buffer;
  readonly details?: Buffer;
}

export interface CallOptions {
  readonly path?: string;
  readonly gzip?: boolean;
  readonly deadline?: Date;
  readonly headers?: Record<string, string | Buffer>;
}

/** A gRPC client that sends and gets bytes, closed when it goes out of scope. */
export function client(address: string, { gzip = false, secure = credentials.createInsecure() } = {}) {
  const channel = new Client(address, secure, gzip ? { 'grpc.default_compression_algorithm': 2 } : {});
  return {
    call(bytes: Uint8Array, options: CallOptions = {}): Promise<Answer> {
      const metadata = new Metadata();
      for (const [key, value] of Object.entries(options.headers ?? {})) metadata.set(key, value);
      return new Promise((resolve) => {
        channel.makeUnaryRequest(
          options.path ?? EXPORT,
          (request: Uint8Array) => Buffer.from(request),
          (response: Buffer) => response,
          bytes,
          metadata,
          options.deadline ? { deadline: options.deadline } : {},
          (error: ServiceError | null, body?: Buffer) => resolve(answer(error, body)),
        );
      });
    },
    [Symbol.dispose]: () => channel.close(),
  };
}

function answer(error: ServiceError | null, body: Buffer | undefined): Answer {
  if (!error) return { code: 0, message: '', body: body! };
  const [details] = error.metadata.get('grpc-status-details-bin');
  return {
    code: error.code,
    message: error.details,
    ...(details === undefined ? {} : { details: Buffer.from(details) }),
  };
}

/** The code, message and RetryInfo delay of a serialised google.rpc.Status. */
export function readStatus(bytes: Uint8Array) {
  const { code, message, details } = fromBinary(StatusSchema, bytes);
  const [retry] = details.map((any) => anyUnpack(any, RetryInfoSchema));
  return { code, message, retryAfter: retry?.retryDelay && durationMs(retry.retryDelay) };
}

/** One gRPC frame: the flag says compressed, the length is the body's unless it lies. */
export function frame(flag: number, body: Uint8Array, length = body.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, body]);
}

const HEADERS = { ':method': 'POST', ':path': EXPORT, 'content-type': 'application/grpc', te: 'trailers' };

/** Begins a call and leaves it open; the server has seen the bytes. */
export async function openCall(address: string, bytes: Uint8Array, headers: Record<string, string> = {}) {
  const session = connect(`http://${address}`).on('error', () => {});
  await once(session, 'remoteSettings');
  const stream = session.request({ ...HEADERS, ...headers }).on('error', () => {});
  await new Promise((resolve) => stream.write(bytes, resolve));
  await new Promise((resolve) => session.ping(resolve));
  return { session, stream };
}

/** Sends bytes that no gRPC client would. Gives the status, wherever it stands; undefined where the stream just ended. */
export function rawCall(
  address: string,
  headers: Record<string, string>,
  body: Uint8Array,
): Promise<{ readonly code: number | undefined; readonly message: string }> {
  const session = connect(`http://${address}`);
  return new Promise((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request({ ...HEADERS, ...headers });
    let seen: IncomingHttpHeaders = {};
    const keep = (more: IncomingHttpHeaders) => {
      seen = { ...seen, ...more };
    };
    stream.on('response', keep).on('trailers', keep).on('error', reject).resume();
    stream.on('close', () => {
      session.destroy();
      const code = seen['grpc-status'];
      resolve({
        code: code === undefined ? undefined : Number(code),
        message: decodeURIComponent(String(seen['grpc-message'] ?? '')),
      });
    });
    stream.end(body);
  });
}
