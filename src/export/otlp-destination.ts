import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Delivery, Destination, RiskEvent } from '../model/risk.ts';
import type { Clock, Micros, Ms } from '../model/time.ts';
import { grpcClient, type KeepAlive } from '../otlp-client/grpc-client.ts';
import { httpClient } from '../otlp-client/http-client.ts';
import type {
  ClientKeys,
  GrpcAnswered,
  HttpAnswered,
  NotAnswered,
  OtlpClient,
} from '../otlp-client/otlp-client.ts';
import { connectionFault, grpcConnectionFault } from './connection-fault.ts';
import { type EventHeader, eventValues, unusableValues } from './event-headers.ts';
import { encodedRequest } from './logs-request.ts';
import { grpcDelivery, httpDelivery } from './otlp-answer.ts';

/** What may change while a destination is in use. */
export interface OtlpSecrets {
  readonly keys: ClientKeys;
  /** By names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface OtlpOptions {
  readonly name: string;
  readonly protocol: 'http/json' | 'http/protobuf' | 'grpc';
  /** The whole URL, with /v1/logs. For gRPC it has no path, or it is unix:///PATH. */
  readonly url: string;
  /** How long one attempt may take. */
  readonly timeout: Ms;
  readonly compression: 'gzip' | 'none';
  /** Asked before each attempt. The same object as long as nothing has changed. */
  readonly secrets: () => OtlpSecrets;
  readonly eventHeaders?: readonly EventHeader[] | undefined;
  /** For gRPC. */
  readonly keepAlive?: KeepAlive | undefined;
  /** Sidewatch's own, for the User-Agent. */
  readonly version: string;
  /** Risk events as the SDK's records, observed at this time. */
  readonly format: (events: readonly RiskEvent[], observed: Micros) => ReadableLogRecord[];
}

/**
 * A destination over OTLP. http-answer.ts and grpc-status.ts decide what an answer means. Why the exporters of the SDK do not
 * send: they try again by themselves, they hide status, Retry-After, RetryInfo and a partial success, and they write 52.0 as an
 * int. Throws for a URL or a certificate that cannot be read.
 */
export function otlpDestination(options: OtlpOptions, clock: Clock): Destination {
  const { url, protocol, eventHeaders = [] } = options;
  const isJson = protocol === 'http/json';
  const scheme = URL.parse(url)?.protocol;
  const client = clientFor(options, clock);

  function deliveryOf(answer: HttpAnswered | GrpcAnswered | NotAnswered): Delivery {
    if (answer.kind === 'grpc') return grpcDelivery(answer);
    if (answer.kind === 'http') return httpDelivery(answer, clock());
    if (answer.isLate) return { kind: 'retry', why: answer.why };
    if (protocol === 'grpc') return { kind: 'retry', why: grpcConnectionFault(answer.why, scheme) };
    return { kind: 'retry', why: answer.error ? connectionFault(answer.error, scheme) : answer.why };
  }

  /** Those of the first event are those of all: see `requestKey`. */
  function headersFor([first]: readonly RiskEvent[]): ReadonlyMap<string, string> {
    const values = first ? eventValues(eventHeaders, first) : [];
    return new Map([
      ...options.secrets().headers,
      ...values.map((value, i) => [eventHeaders[i]!.name.toLowerCase(), value] as const),
    ]);
  }

  return {
    name: options.name,
    target: shownUrl(url),
    ...(eventHeaders.length > 0 && { requestKey: (event) => eventValues(eventHeaders, event).join('\n') }),
    async send(events, by) {
      let bytes: Buffer;
      try {
        bytes = encodedRequest(options.format(events, clock()), isJson);
      } catch (error) {
        return { kind: 'refused', why: `cannot be encoded: ${error}` };
      }
      const message = { bytes, json: isJson, headers: headersFor(events) };
      const delivery = deliveryOf(await client.send(message, options.timeout, by));
      return delivery.kind === 'delivered'
        ? withWarning(delivery, unusableValues(eventHeaders, events))
        : delivery;
    },
    async stop() {
      client.stop();
    },
  };
}

function clientFor(options: OtlpOptions, clock: Clock): OtlpClient<HttpAnswered | GrpcAnswered> {
  const { protocol, url, compression, version, keepAlive } = options;
  const shared = { compression, version, keys: () => options.secrets().keys };
  return protocol === 'grpc'
    ? grpcClient({ ...shared, endpoint: url, keepAlive, renewOnTimeout: true }, clock)
    : httpClient({ ...shared, url });
}

/** Without what may be a secret. */
function shownUrl(url: string): string {
  const { origin, pathname, protocol } = new URL(url);
  return /^https?:$/.test(protocol) ? `${origin}${pathname.replace(/^\/$/, '')}` : url;
}

function withWarning(delivery: Delivery & { readonly kind: 'delivered' }, warning: string): Delivery {
  return warning === '' ? delivery : { ...delivery, why: [delivery.why, warning].filter(Boolean).join('; ') };
}
