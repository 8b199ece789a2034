import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { LogsService } from '../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { Handle, Receiver, Request } from '../model/request.ts';
import type { Clock, Micros } from '../model/time.ts';
import { listen } from './listen.ts';
import { FAULT, type Reply, reply } from './reply.ts';

export interface GrpcOptions {
  /** host:port; the host may be localhost, a name, an IPv4 address or an IPv6 address in brackets. */
  readonly endpoint: string;
  /** The largest message, as sent and as decompressed. A larger one is refused for good (RESOURCE_EXHAUSTED). */
  readonly maxRequestBytes: number;
}

type Call = ServerUnaryCall<Buffer, Buffer>;

const asIs = (bytes: Buffer): Buffer => bytes;

/** The messages stay bytes: decoding is the handler's, so that broken ones are its to answer and good ones pass on unchanged. */
const SERVICE = {
  export: {
    path: `/${LogsService.typeName}/${LogsService.method.export.name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
} as const satisfies ServiceDefinition;

/**
 * A collector keeps its connection for as long as it lives, so replicas that start later would get nothing.
 * Now and then it is told to connect anew (GOAWAY: requests under way are answered first). This also ends
 * the connections of peers that vanished. After the grace a request is cut, and its sender repeats it.
 */
const CONNECTION_AGE = { 'grpc.max_connection_age_ms': 300_000, 'grpc.max_connection_age_grace_ms': 60_000 };

/** Requests at once on one connection; the client waits with more. Without it one peer decides how much we buffer. */
const MAX_STREAMS = 100;

/**
 * OTLP/gRPC. Compression: none, gzip or deflate; anything else is answered UNIMPLEMENTED by grpc-js.
 * `handle` should not reject; if it does, the sender gets INTERNAL and the handler's maker sees to the log.
 * Rejects with an Error for the user where it cannot listen.
 */
export async function startGrpc(options: GrpcOptions, handle: Handle, clock: Clock): Promise<Receiver> {
  const server = new Server({
    'grpc.max_receive_message_length': options.maxRequestBytes,
    'grpc.max_concurrent_streams': MAX_STREAMS,
    ...CONNECTION_AGE,
  });
  const underWay = new Set<Promise<void>>();

  const answer = async (call: Call): Promise<Reply> => {
    try {
      return reply(await handle(request(call, clock())));
    } catch {
      return FAULT;
    }
  };
  server.addService(SERVICE, {
    export(call: Call, respond: sendUnaryData<Buffer>) {
      const work = answer(call).then((made) => {
        send(made, respond);
        underWay.delete(work);
      });
      underWay.add(work);
    },
  });

  // grpc-js's own bindAsync is content with one of several addresses, hides the error's code and prints it to stderr.
  const connections = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = await listen(options.endpoint, 'receivers.otlp.grpc.endpoint', (socket) =>
    connections.injectConnection(socket),
  );

  const overdue = Promise.withResolvers<void>();
  let drained: Promise<unknown> | undefined;
  const drain = () => {
    server.tryShutdown(() => {});
    // A handler outlives its connection when the client leaves first.
    return listener.close().then(() => Promise.all(underWay));
  };
  return {
    address: listener.address,
    async stop(by) {
      drained ??= drain();
      if (by.aborted) overdue.resolve();
      else by.addEventListener('abort', () => overdue.resolve(), { once: true });
      await Promise.race([drained, overdue.promise]);
      server.forceShutdown();
    },
  };
}

function request(call: Call, arrived: Micros): Request {
  const headers = new Map<string, string>();
  for (const [key, value] of Object.entries(call.metadata.getMap()))
    if (typeof value === 'string') headers.set(key, value);
  // Wall time, as grpc-js counts it; Infinity where the client set none.
  const deadline = Number(call.getDeadline());
  return {
    bytes: call.request,
    shape: 'otlp',
    arrived,
    ...(Number.isFinite(deadline) ? { deadline: (deadline * 1000) as Micros } : {}),
    headers,
  };
}

function send(made: Reply, respond: sendUnaryData<Buffer>): void {
  const bytes = Buffer.from(made.bytes.buffer, made.bytes.byteOffset, made.bytes.byteLength);
  if (made.grpc === 0) {
    respond(null, bytes);
    return;
  }
  const metadata = new Metadata();
  if (bytes.length > 0) metadata.set('grpc-status-details-bin', bytes);
  respond({ code: made.grpc, details: made.message, metadata });
}
