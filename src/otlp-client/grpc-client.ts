import { type ChannelOptions, Client, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';
import { LogsService } from '../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { grpcCarries } from '../lib/header-values.ts';
import { seconds } from '../lib/time-format.ts';
import type { Clock, Ms } from '../model/time.ts';
import {
  CLOSED,
  type ClientKeys,
  failedExchange,
  GIVEN_UP,
  type GrpcAnswered,
  lateAnswer,
  type NotAnswered,
  type OtlpClient,
  type OtlpClientOptions,
  type OtlpMessage,
} from './otlp-client.ts';
import { Renewed } from './renewed.ts';

const PATH = `/${LogsService.typeName}/${LogsService.method.export.name}`;
const DETAILS = 'grpc-status-details-bin';

/** grpc-js waits up to two minutes for its next try to connect. */
const RECONNECT_MAX = seconds(5);
const GZIP = 2;

/** How grpc-js says that a call ended without a status of the server, although the answer had begun. */
const BROKEN_OFF = /^(?:Received RST_STREAM|Connection dropped)/;
const TIMED_OUT = /^Deadline exceeded after/;

const asIs = (bytes: Buffer): Buffer => bytes;

export interface KeepAlive {
  /** Time without a byte from the receiver, after which it gets a ping. */
  readonly time: Ms;
  /** Time for its answer. */
  readonly timeout: Ms;
  /** Also while no request is under way. */
  readonly idle: boolean;
}

export interface GrpcClientOptions extends OtlpClientOptions {
  /** A URL without a path, or unix:///PATH. */
  readonly endpoint: string;
  readonly keepAlive?: KeepAlive | undefined;
  /**
   * An attempt that took too long ends its connection: it may be one from which nothing comes any more, of which TCP says
   * nothing for a quarter of an hour.
   */
  readonly renewOnTimeout?: boolean;
}

/** OTLP over gRPC. Throws for keys that cannot be used. */
export function grpcClient(options: GrpcClientOptions, clock: Clock): OtlpClient<GrpcAnswered> {
  const { address, isTls } = addressOf(options.endpoint);
  const clients = new Renewed(
    options.keys,
    (keys) =>
      new Client(address, isTls ? secure(keys) : credentials.createInsecure(), channelOptions(options)),
    (client) => client.close(),
  );
  const underWay = new Set<(how: NotAnswered) => void>();
  let isStopped = false;

  function exchange(
    client: Client,
    { bytes, headers }: OtlpMessage,
    timeout: Ms,
    by: AbortSignal | undefined,
  ): Promise<GrpcAnswered | NotAnswered> {
    return new Promise((resolve) => {
      if (by?.aborted) return resolve(GIVEN_UP);
      let body: Buffer | undefined;
      let hasBegun = false;
      const deadline = Math.floor(clock() / 1000) + timeout;
      const call = client.makeUnaryRequest(
        PATH,
        asIs,
        asIs,
        bytes,
        metadataOf(headers),
        { deadline },
        (_error, answer) => {
          body = answer;
        },
      );
      const giveUp = (how: NotAnswered) => {
        resolve(how);
        call.cancel();
      };
      const stop = () => giveUp(GIVEN_UP);
      by?.addEventListener('abort', stop, { once: true });
      underWay.add(giveUp);
      call.on('metadata', () => {
        hasBegun = true;
      });
      // The last event of a call; the callback comes before it.
      call.on('status', (status) => {
        underWay.delete(giveUp);
        by?.removeEventListener('abort', stop);
        const isLate = status.code !== 0 && TIMED_OUT.test(status.details);
        if (isLate && options.renewOnTimeout) clients.drop();
        resolve(isLate ? lateAnswer(timeout) : answerOf(status, hasBegun, body));
      });
    });
  }

  return {
    async send(message, timeout, by) {
      if (isStopped) return CLOSED;
      return clients.use((client) => exchange(client, message, timeout, by)).catch(failedExchange);
    },
    stop() {
      isStopped = true;
      for (const giveUp of underWay) giveUp(CLOSED);
      clients.drop();
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

const secure = ({ ca, cert, key }: ClientKeys) => credentials.createSsl(pemOf(ca), pemOf(key), pemOf(cert));

function channelOptions({ compression, version, keepAlive }: GrpcClientOptions): ChannelOptions {
  return {
    'grpc.primary_user_agent': `sidewatch/${version}`,
    // By default grpc-js uses a proxy of the environment, also for loopback addresses.
    'grpc.enable_http_proxy': 0,
    // It asks DNS for rules about retries, and retries by itself: but a request goes out once.
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_retries': 0,
    'grpc.max_reconnect_backoff_ms': RECONNECT_MAX,
    // Clients for one receiver would share a connection, also one that was given up.
    'grpc.use_local_subchannel_pool': 1,
    ...(compression === 'gzip' && { 'grpc.default_compression_algorithm': GZIP }),
    ...(keepAlive && {
      'grpc.keepalive_time_ms': keepAlive.time,
      'grpc.keepalive_timeout_ms': keepAlive.timeout,
      'grpc.keepalive_permit_without_calls': keepAlive.idle ? 1 : 0,
    }),
  };
}

function metadataOf(headers: ReadonlyMap<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of headers) {
    if (!grpcCarries(name, value) || name.startsWith('grpc-')) continue;
    metadata.set(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
  }
  return metadata;
}

function answerOf(
  { code, details, metadata }: StatusObject,
  hasBegun: boolean,
  body: Buffer = Buffer.alloc(0),
): GrpcAnswered | NotAnswered {
  if (code === 0) return { kind: 'grpc', code, message: '', details: undefined, body };
  // A status without an answer before it came as headers of its own; one that grpc-js made has none.
  const came = hasBegun || Object.keys(metadata.getMap()).length > 0;
  if (!came || BROKEN_OFF.test(details)) return { kind: 'no answer', why: details };
  const [status] = metadata.get(DETAILS);
  return {
    kind: 'grpc',
    code,
    message: details,
    details: Buffer.isBuffer(status) ? status : undefined,
    body,
  };
}
