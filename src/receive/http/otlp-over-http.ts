import { createRegistry, fromBinary, toJsonString } from '@bufbuild/protobuf';
import { RetryInfoSchema } from '../../gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../gen/google/rpc/status_pb.ts';
import { ExportLogsServiceResponseSchema } from '../../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { Handle, Receiver } from '../../model/request.ts';
import type { Clock } from '../../model/time.ts';
import type { Reply } from '../reply.ts';
import { Cors, type CorsOptions } from './cors.ts';
import { type HttpOptions, startHttp } from './http-server.ts';
import { type HttpService, mediaTypeOf, pathOf, plainAnswer, refusalHeaders } from './http-service.ts';

export interface OtlpOverHttpOptions extends HttpOptions {
  readonly cors?: CorsOptions;
}

const PATH = '/v1/logs';
const JSON_TYPE = 'application/json';
const PROTOBUF_TYPE = 'application/x-protobuf';
const SHAPES = { [JSON_TYPE]: 'otlp-json', [PROTOBUF_TYPE]: 'otlp' } as const;

// The collector's own words.
const NOT_FOUND = plainAnswer(404, `404 page not found, supported: [${PATH}]`);
const NOT_ALLOWED = plainAnswer(405, '405 method not allowed, supported: [POST]', { allow: 'POST' });
const UNSUPPORTED = plainAnswer(
  415,
  `415 unsupported media type, supported: [${JSON_TYPE}, ${PROTOBUF_TYPE}]`,
);

const NO_CORS: CorsOptions = { allowedOrigins: [], allowedHeaders: [], maxAge: 0 };

/** OTLP/HTTP: POST /v1/logs, as protobuf or JSON; see startHttp. Compression: none, gzip, deflate or zstd. */
export function startOtlpHttp(options: OtlpOverHttpOptions, handle: Handle, clock: Clock): Promise<Receiver> {
  return startHttp(options, otlpService(new Cors(options.cors ?? NO_CORS, PATH)), handle, clock);
}

const otlpService = (cors: Cors): HttpService => ({
  section: 'receivers.otlp.protocols.http',
  preflight: (head) => cors.preflight(head),
  route(head) {
    if (pathOf(head) !== PATH) return NOT_FOUND;
    if (head.method !== 'POST') return NOT_ALLOWED;
    const type = mediaTypeOf(head);
    return type === JSON_TYPE || type === PROTOBUF_TYPE ? { shape: SHAPES[type] } : UNSUPPORTED;
  },
  /** In the sender's own form. A sender that has none can at least read JSON. */
  answer(made, head) {
    const asProtobuf = mediaTypeOf(head) === PROTOBUF_TYPE;
    return {
      status: made.http,
      headers: { 'content-type': asProtobuf ? PROTOBUF_TYPE : JSON_TYPE, ...refusalHeaders(made) },
      body: asProtobuf ? made.bytes : jsonOf(made),
    };
  },
  headers: (head) => cors.headers(head),
});

const DETAILS = createRegistry(RetryInfoSchema);

function jsonOf({ grpc, bytes }: Reply): string {
  try {
    if (grpc === 0)
      return toJsonString(
        ExportLogsServiceResponseSchema,
        fromBinary(ExportLogsServiceResponseSchema, bytes),
      );
    const { code, message, details } = fromBinary(StatusSchema, bytes);
    const known = details.filter(({ typeUrl }) => typeUrl.endsWith(`/${RetryInfoSchema.typeName}`));
    const status = { $typeName: StatusSchema.typeName, code, message, details: known };
    return toJsonString(StatusSchema, status, { registry: DETAILS });
  } catch {
    // The next hop's answer was no such message.
    return JSON.stringify(grpc === 0 ? {} : { code: grpc });
  }
}
