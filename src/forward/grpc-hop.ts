import { type ChannelOptions, Client, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';
import { LogsService } from '../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { seconds } from '../lib/time-format.ts';
import type { Clock, Ms } from '../model/time.ts';
import { grpcAnswer, noAnswer, okAnswer, STOPPING } from './hop-answers.ts';
import type { HopAnswer, HopOptions, NextHop } from './next-hop.ts';

const PATH = `/${LogsService.typeName}/${LogsService.method.export.name}`;
const DETAILS = 'grpc-status-details-bin';

/** grpc-js waits up to two minutes for its next try to connect; then the chain would stand still that long. */
const RECONNECT_MAX = seconds(5);
const GZIP = 2;

/** How grpc-js says that a call ended without a status of the server, although the answer had begun. */
const BROKEN_OFF = /^(?:Received RST_STREAM|Connection dropped)/;
const TIMED_OUT = /^Deadline exceeded after/;

/** A header that gRPC can carry as text. */
const NAME = /^[0-9a-z_.-]+$/;
const VALUE = /^[ -~]*$/;

const asIs = (bytes: Buffer): Buffer => bytes;

export interface GrpcHopOptions extends HopOptions {
  /** A URL without a path, or unix:///PATH. */
  readonly endpoint: string;
}

/** The next hop over OTLP/gRPC. The messages stay bytes. Throws for a certificate that cannot be read. */
export function grpcHop(options: GrpcHopOptions, clock: Clock): NextHop {
  const { address, isTls } = addressOf(options.endpoint);
  const client = new Client(
    address,
    isTls ? secure(options.tls) : credentials.createInsecure(),
    channelOptions(options),
  );
  const calls = new Set<{ cancel(): void }>();
  let isStopped = false;
  return {
    target: options.endpoint,
    takesJson: false,
    async send({ bytes, headers }, timeout) {
      // A closed client throws.
      if (isStopped) return noAnswer(STOPPING);
      return new Promise((resolve) => {
        let body: Buffer | undefined;
        let hasBegun = false;
        const deadline = Math.floor(clock() / 1000) + timeout;
        const call = client.makeUnaryRequest(
          PATH,
          asIs,
          asIs,
          bytes,
          metadataOf(headers, options.headers),
          { deadline },
          (_error, answer) => {
            body = answer;
          },
        );
        calls.add(call);
        call.on('metadata', () => {
          hasBegun = true;
        });
        // The last event of a call; the callback comes before it.
        call.on('status', (status) => {
          calls.delete(call);
          resolve(answerOf(status, hasBegun, body, timeout));
        });
      });
    },
    stop() {
      isStopped = true;
      for (const call of calls) call.cancel();
      client.close();
    },
  };
}

function addressOf(endpoint: string): { readonly address: string; readonly isTls: boolean } {
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol)) return { address: endpoint, isTls: false };
  const isTls = url.protocol === 'https:';
  return { address: `dns:${url.hostname}:${url.port || (isTls ? 443 : 80)}`, isTls };
}

const pemOf = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));

const secure = ({ ca, cert, key }: HopOptions['tls']) =>
  credentials.createSsl(pemOf(ca), pemOf(key), pemOf(cert));

function channelOptions({ compression, version }: HopOptions): ChannelOptions {
  return {
    'grpc.primary_user_agent': `sidewatch/${version}`,
    // By default grpc-js uses a proxy of the environment, also for loopback addresses.
    'grpc.enable_http_proxy': 0,
    // It asks DNS for rules about retries, and retries by itself: but a request goes on once.
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_retries': 0,
    'grpc.max_reconnect_backoff_ms': RECONNECT_MAX,
    ...(compression === 'gzip' && { 'grpc.default_compression_algorithm': GZIP }),
  };
}

function metadataOf(sent: ReadonlyMap<string, string>, own: HopOptions['headers']): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of [...sent, ...Object.entries(own)]) {
    const key = name.toLowerCase();
    if (NAME.test(key) && VALUE.test(value) && !key.startsWith('grpc-')) metadata.set(key, value);
  }
  return metadata;
}

function answerOf(
  { code, details, metadata }: StatusObject,
  hasBegun: boolean,
  body: Buffer | undefined,
  timeout: Ms,
): HopAnswer {
  if (code === 0) return okAnswer(body ?? new Uint8Array());
  if (TIMED_OUT.test(details)) return noAnswer(`none within ${timeout} ms`);
  // A status without an answer before it came as headers of its own; one that grpc-js made has none.
  const came = hasBegun || Object.keys(metadata.getMap()).length > 0;
  if (!came || BROKEN_OFF.test(details)) return noAnswer(details);
  const [status] = metadata.get(DETAILS);
  return grpcAnswer(code, details, Buffer.isBuffer(status) ? status : undefined);
}
