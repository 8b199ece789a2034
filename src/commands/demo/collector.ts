import { Client, credentials } from '@grpc/grpc-js';
import { encodeLines } from '../../audit/encode-lines.ts';

/** Records per request, as a collector's exporter batches them. */
const BATCH = 100;

/** By default grpc-js uses a proxy of the environment, also for loopback addresses. */
const NO_PROXY = { 'grpc.enable_http_proxy': 0 };

/**
 * Sends audit log lines as a collector's file_log receiver and otlp_grpc exporter would: one record per line, over gRPC.
 * Resolves with the number of requests.
 */
export async function sendAsCollector(
  address: string,
  lines: readonly string[],
  cluster: string,
): Promise<number> {
  const client = new Client(address, credentials.createInsecure(), NO_PROXY);
  let requests = 0;
  try {
    for (let start = 0; start < lines.length; start += BATCH) {
      const bytes = encodeLines(lines.slice(start, start + BATCH), { 'k8s.cluster.name': cluster });
      await new Promise<void>((resolve, reject) => {
        client.makeUnaryRequest(
          '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
          (message: Uint8Array) => Buffer.from(message),
          (answer: Buffer) => answer,
          bytes,
          (error) => (error ? reject(error) : resolve()),
        );
      });
      requests++;
    }
  } finally {
    client.close();
  }
  return requests;
}
