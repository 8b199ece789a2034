import * as z from 'zod';
import { grpcCarries } from '../lib/header-values.ts';
import { millis } from '../lib/time-format.ts';
import type { Ms } from '../model/time.ts';
import { kind } from '../schema/kinds.ts';
import { httpUrl, isHeaderName, isHeaderValue, otlpEndpoint } from '../schema/network-shapes.ts';
import { parseValue } from '../schema/parse-value.ts';
import { oneOf } from '../schema/shapes.ts';
import type { PlacedFault } from './fault-lines.ts';
import { grpcUrl, hasPath } from './grpc-url.ts';
import type { OtlpTarget } from './target.ts';

interface Variable {
  readonly name: string;
  readonly value: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

const PREFIX = 'OTEL_EXPORTER_OTLP_';
const DEFAULT_TIMEOUT: Ms = millis(10_000);
const LONGEST_TIMEOUT: Ms = millis(600_000);

const HTTP_ENDPOINT = httpUrl();
const GRPC_ENDPOINT = otlpEndpoint();
const PROTOCOL = oneOf(['http/protobuf', 'http/json', 'grpc']);
const COMPRESSION = oneOf(['gzip', 'none']);
const TIMEOUT = kind(
  z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= LONGEST_TIMEOUT)
    .transform((text) => millis(Number(text))),
  `a whole number of milliseconds from 1 to ${LONGEST_TIMEOUT}`,
);

/**
 * The variables in `env` that the SDK's exporters read by themselves. They must be removed from the process's environment before
 * an exporter is made, or they would change destinations that the file describes completely.
 */
export function exporterVariables(env: Env): readonly string[] {
  return Object.keys(env).filter((name) => name.startsWith(PREFIX));
}

/**
 * The destination that OTEL_EXPORTER_OTLP_* describes, as the OpenTelemetry specification reads them: the _LOGS_ form of each goes
 * first and replaces the other one, an empty one is unset, ENDPOINT is a base and LOGS_ENDPOINT is used as it is (for gRPC both
 * name a host), INSECURE is for one without http:// or https://, TIMEOUT is in milliseconds, http/protobuf and no compression
 * by default. undefined without an endpoint: there is no default one.
 * Where the specification warns and continues, this is an error: lost risk events are noticed too late.
 */
export function exporterFromEnv(
  env: Env,
): { readonly target: OtlpTarget } | { readonly errors: readonly PlacedFault[] } | undefined {
  const read = (setting: string): Variable | undefined => {
    const name = [`${PREFIX}LOGS_${setting}`, `${PREFIX}${setting}`].find((one) => env[one]);
    return name === undefined ? undefined : { name, value: (env[name] ?? '').trim() };
  };
  const endpoint = read('ENDPOINT');
  if (!endpoint) return undefined;

  const errors: PlacedFault[] = [];
  const checked = <T extends z.ZodType>(
    schema: T,
    variable: Variable | undefined,
  ): z.output<T> | undefined => {
    const parsed = variable && parseValue(schema, variable.value);
    if (parsed && 'faults' in parsed)
      errors.push(...parsed.faults.map(({ what }) => ({ where: variable.name, what })));
    return parsed && 'value' in parsed ? parsed.value : undefined;
  };
  const protocol = checked(PROTOCOL, read('PROTOCOL')) ?? 'http/protobuf';
  const isGrpc = protocol === 'grpc';
  const url = checked(isGrpc ? GRPC_ENDPOINT : HTTP_ENDPOINT, endpoint);
  if (isGrpc && url !== undefined && hasPath(url))
    errors.push({ where: endpoint.name, what: 'has a path, which gRPC has no place for' });
  const compression = checked(COMPRESSION, read('COMPRESSION')) ?? 'none';
  const timeout = checked(TIMEOUT, read('TIMEOUT')) ?? DEFAULT_TIMEOUT;

  const headers = read('HEADERS');
  const pairs = parsePairs(headers?.value ?? '');
  if ('why' in pairs) errors.push({ where: headers?.name ?? '', what: pairs.why });
  else if (![...pairs.entries].every(([key, value]) => isHeaderName(key) && isHeaderValue(value)))
    errors.push({
      where: headers?.name ?? '',
      what: 'holds a name or a value that an HTTP header cannot have',
    });
  else if (isGrpc && ![...pairs.entries].every(([key, value]) => grpcCarries(key.toLowerCase(), value)))
    errors.push({ where: headers?.name ?? '', what: 'holds a name or a value that gRPC cannot carry' });

  const [ca, cert, key] = ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'].map((setting) => {
    const variable = read(setting);
    return variable && { path: variable.value, setting: [variable.name] };
  });
  if ((cert === undefined) !== (key === undefined))
    errors.push({
      where: (cert ?? key)?.setting[0] ?? '',
      what: 'wants a client certificate and its key together',
    });

  const isWhole = endpoint.name === `${PREFIX}LOGS_ENDPOINT`;
  const urlOf = (text: string): string => {
    if (isGrpc) return grpcUrl(text, /^true$/i.test(read('INSECURE')?.value ?? ''));
    return isWhole ? text : signalUrl(text, 'logs');
  };
  if (errors.length > 0 || url === undefined || 'why' in pairs) return { errors };
  return {
    target: {
      name: 'otlp',
      protocol,
      url: urlOf(url),
      headers: Object.fromEntries(pairs.entries),
      timeout,
      compression,
      tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
    },
  };
}

/** OTEL_RESOURCE_ATTRIBUTES, for the resource of risk events; OTEL_SERVICE_NAME goes before a service.name in it. */
export function resourceFromEnv(
  env: Env,
): { readonly attributes: Readonly<Record<string, string>> } | { readonly errors: readonly PlacedFault[] } {
  const pairs = parsePairs(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '');
  if ('why' in pairs) return { errors: [{ where: 'OTEL_RESOURCE_ATTRIBUTES', what: pairs.why }] };
  const service = env['OTEL_SERVICE_NAME'];
  return {
    attributes: { ...Object.fromEntries(pairs.entries), ...(service ? { 'service.name': service } : {}) },
  };
}

/** The URL for a signal under a base URL, as the collector's otlp_http exporter and the specification make it. */
export function signalUrl(base: string, signal: 'logs' | 'metrics'): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/${signal}`;
  return url.href;
}

/** `key=value,key2=value2`, percent-encoded. An error does not show the text: it may hold a token. */
function parsePairs(
  text: string,
): { readonly entries: ReadonlyMap<string, string> } | { readonly why: string } {
  const entries = new Map<string, string>();
  for (const [i, pair] of text.split(',').entries()) {
    if (pair.trim() === '') continue;
    const cut = pair.indexOf('=');
    const [key, value] = [decode(pair.slice(0, Math.max(0, cut))), decode(pair.slice(cut + 1))];
    if (key === '' || key === undefined || value === undefined)
      return {
        why: `wants key=value pairs with commas between them, percent-encoded; pair ${i + 1} is not one (not shown: it may be a secret)`,
      };
    entries.set(key, value);
  }
  return { entries };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return undefined;
  }
}
