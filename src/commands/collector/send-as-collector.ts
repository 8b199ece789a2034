import { type ChannelCredentials, Client, credentials, Metadata } from '@grpc/grpc-js';
import { encodeLines } from '../../audit/encode-lines.ts';

/** Records per request, as a collector's exporter batches them. */
const BATCH = 100;

/** By default grpc-js uses a proxy of the environment, also for loopback addresses. */
const NO_PROXY = { 'grpc.enable_http_proxy': 0 };

export interface CollectorOptions {
  readonly cluster: string;
  /** Of the connection; without them it is plaintext. */
  readonly tls?: ChannelCredentials;
  readonly token?: string;
  /** Gives up what is not answered. */
  readonly signal?: AbortSignal;
}

/**
 * Sends audit log lines as a collector's file_log receiver and otlp_grpc exporter would: one record per line, over gRPC.
 * Resolves with the number of requests.
 */
export async function sendAsCollector(
  address: string,
  lines: readonly string[],
  { cluster, tls = credentials.createInsecure(), token, signal }: CollectorOptions,
): Promise<number> {
  const client = new Client(address, tls, NO_PROXY);
  const headers = new Metadata();
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  let requests = 0;
  try {
    for (let start = 0; start < lines.length; start += BATCH) {
      const bytes = encodeLines(lines.slice(start, start + BATCH), { 'k8s.cluster.name': cluster });
      await new Promise<void>((resolve, reject) => {
        const call = client.makeUnaryRequest(
          '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
          (message: Uint8Array) => Buffer.from(message),
          (answer: Buffer) => answer,
          bytes,
          headers,
          (error) => {
            signal?.removeEventListener('abort', giveUp);
            return error ? reject(error) : resolve();
          },
        );
        const giveUp = () => call.cancel();
        signal?.addEventListener('abort', giveUp, { once: true });
        if (signal?.aborted) giveUp();
      });
      requests++;
    }
  } finally {
    client.close();
  }
  return requests;
}
