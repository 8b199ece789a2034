import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { LogsService } from '../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';

// Next hops of a chain, on real sockets. They keep what they get, byte for byte.

export interface GrpcReceived {
  readonly bytes: Buffer;
  readonly metadata: Metadata;
  /** Milliseconds since 1970; Infinity without one. */
  readonly deadline: number;
}

/** OK with these bytes; or a status, with the bytes of its details; or no answer at all. */
export type GrpcSays =
  | Uint8Array
  | { readonly code: number; readonly message: string; readonly details?: Uint8Array }
  | 'nothing';

const asIs = (bytes: Buffer): Buffer => bytes;

export async function grpcNextHop(
  say: (received: GrpcReceived) => GrpcSays | Promise<GrpcSays> = () => new Uint8Array(),
  credentials = ServerCredentials.createInsecure(),
) {
  const received: GrpcReceived[] = [];
  const server = new Server({ 'grpc.max_receive_message_length': 64 * 2 ** 20 });
  const path = `/${LogsService.typeName}/${LogsService.method.export.name}`;
  const method = { path, requestStream: false as const, responseStream: false as const };
  server.addService(
    {
      export: {
        ...method,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    },
    {
      async export(call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>) {
        const one = { bytes: call.request, metadata: call.metadata, deadline: Number(call.getDeadline()) };
        received.push(one);
        const said = await say(one);
        if (said === 'nothing') return;
        if (said instanceof Uint8Array) return respond(null, Buffer.from(said));
        const metadata = new Metadata();
        if (said.details) metadata.set('grpc-status-details-bin', Buffer.from(said.details));
        respond({ code: said.code, details: said.message, metadata });
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return {
    address: `127.0.0.1:${port}`,
    received,
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}

export interface HttpReceived {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** After gunzip. */
  readonly bytes: Buffer;
}

export async function httpNextHop(
  say: (response: ServerResponse, received: HttpReceived) => unknown = (response) =>
    response.setHeader('content-type', 'application/x-protobuf').end(),
  tls?: { readonly cert: string; readonly key: string },
) {
  const received: HttpReceived[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const raw = Buffer.concat(pieces);
    const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    const one = { path: request.url, headers: request.headers, bytes };
    received.push(one);
    say(response, one);
  };
  const server = tls ? createTlsServer(tls, take) : createServer(take);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
