import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { LogsService } from '../../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { Handle, Receiver, Request } from '../../../src/model/request.ts';
import type { Clock, Micros } from '../../../src/model/time.ts';
import type { GrpcOptions } from '../../../src/receive/grpc/grpc.ts';
import { listen } from '../../../src/receive/listen.ts';
import { FAULT, type Reply, reply } from '../../../src/receive/reply.ts';

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

const MAX_STREAMS = 100;

/**
 * The reference: the same receiver on @grpc/grpc-js, whose answers ours are held against. It reads `endpoint` and
 * `maxRequestBytes` of the options alone.
 */
export async function startGrpcJs(options: GrpcOptions, handle: Handle, clock: Clock): Promise<Receiver> {
  const server = new Server({
    'grpc.max_receive_message_length': options.maxRequestBytes,
    'grpc.max_concurrent_streams': MAX_STREAMS,
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
  const listener = await listen(options.endpoint, 'receivers.otlp.protocols.grpc.endpoint', (socket) =>
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
