import { grpcCarries, isPlainHeaderValue } from '../lib/header-values.ts';
import type { YamlPath } from '../lib/yaml-source.ts';
import { HTTP_URL, isOtlpEndpoint } from '../schema/network-shapes.ts';
import { hasPath, hasScheme } from './grpc-url.ts';

/** The keys of a destination that must fit each other. */
interface DestinationKeys {
  readonly protocol: string;
  readonly endpoint?: string | undefined;
  readonly logs_endpoint?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly headers_from_files: Readonly<Record<string, unknown>>;
  readonly headers_from_event: Readonly<Record<string, { readonly default: string }>>;
  readonly keepalive?: unknown;
}

interface DestinationFault {
  readonly path: YamlPath;
  readonly message: string;
}

const HEADER_SECTIONS = ['headers', 'headers_from_files', 'headers_from_event'] as const;

/** What a protocol has no use or no place for. */
export const protocolFaults = (to: DestinationKeys): readonly DestinationFault[] =>
  to.protocol === 'grpc' ? grpcFaults(to) : httpFaults(to);

function httpFaults({ endpoint, keepalive }: DestinationKeys): readonly DestinationFault[] {
  const faults: DestinationFault[] = [];
  if (endpoint !== undefined && isOtlpEndpoint(endpoint) && !hasScheme(endpoint))
    faults.push({ path: ['endpoint'], message: `wants ${HTTP_URL}, unless protocol is grpc` });
  if (keepalive) faults.push({ path: ['keepalive'], message: 'needs protocol: grpc' });
  return faults;
}

const NOT_OVER_GRPC =
  'cannot be sent over gRPC: its name may have letters, digits and - _ . and its value printable ASCII';

function grpcFaults(to: DestinationKeys): readonly DestinationFault[] {
  const { endpoint = '', logs_endpoint } = to;
  const faults: DestinationFault[] = [];
  if (logs_endpoint !== undefined)
    faults.push({ path: ['logs_endpoint'], message: 'is for HTTP: with protocol: grpc write endpoint' });
  if (hasPath(endpoint))
    faults.push({ path: ['endpoint'], message: 'has a path, which needs protocol: http/protobuf' });
  for (const section of HEADER_SECTIONS)
    for (const [name, value] of Object.entries(to[section]))
      if (!grpcCarries(name.toLowerCase(), typeof value === 'string' ? value : ''))
        faults.push({ path: [section, name], message: NOT_OVER_GRPC });
  return faults;
}

/** Headers that belong to one connection, or that say what the request itself is. */
const NOT_YOURS =
  /^(?:connection|content-(?:encoding|length|type)|expect|grpc-.*|http2-settings|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/;

export function headerFaults(to: DestinationKeys): readonly DestinationFault[] {
  const faults: DestinationFault[] = [];
  const before = new Map<string, string>();
  for (const section of HEADER_SECTIONS)
    for (const name of Object.keys(to[section])) {
      const key = name.toLowerCase();
      const other = before.get(key);
      before.set(key, `${section}.${name}`);
      if (NOT_YOURS.test(key))
        faults.push({
          path: [section, name],
          message: 'is a header that Sidewatch sets itself: leave it out',
        });
      else if (other !== undefined)
        faults.push({ path: [section, name], message: `is the same header as ${other}` });
      else if (section === 'headers_from_event' && key.endsWith('-bin') && to.protocol === 'grpc')
        faults.push({
          path: [section, name],
          message: 'would have to hold bytes: over gRPC its name says so',
        });
    }
  for (const [name, { default: value }] of Object.entries(to.headers_from_event))
    if (!isPlainHeaderValue(value))
      faults.push({
        path: ['headers_from_event', name, 'default'],
        message: 'wants printable ASCII without spaces around it',
      });
  return faults;
}
