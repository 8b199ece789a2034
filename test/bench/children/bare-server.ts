import { Server, ServerCredentials } from '@grpc/grpc-js';

// The baseline: grpc-js with its defaults (but for the message size) that drops the bytes.
const server = new Server({ 'grpc.max_receive_message_length': 64 * 2 ** 20 });
const asIs = (bytes: Buffer) => bytes;
server.addService(
  {
    export: {
      path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  },
  { export: (_: unknown, respond: (error: null, answer: Buffer) => void) => respond(null, Buffer.alloc(0)) },
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, port) => {
  process.stderr.write(`listening for OTLP on 127.0.0.1:${port} (gRPC)\n`);
});
