import { fromBinary } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';
import {
  type ExportLogsServiceResponse,
  ExportLogsServiceResponseSchema,
} from '../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';

/** A sender over a real socket; rejects with the grpc-js ServiceError of a refusal. */
export function sender(address: string): AsyncDisposable & {
  send(bytes: Uint8Array): Promise<ExportLogsServiceResponse>;
} {
  const client = new Client(address, credentials.createInsecure());
  return {
    send: (bytes) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
          (message: Uint8Array) => Buffer.from(message),
          (answer: Buffer) => fromBinary(ExportLogsServiceResponseSchema, answer),
          bytes,
          (error, answer) => (error ? reject(error) : resolve(answer!)),
        );
      }),
    async [Symbol.asyncDispose]() {
      client.close();
    },
  };
}
