import { isUnix } from '../lib/unix-endpoint.ts';

/** An endpoint of a gRPC receiver as a URL without a path, or as it is where it names a unix socket. `host:port` means TLS, as in the collector, unless `insecure`. */
export function grpcUrl(endpoint: string, insecure: boolean): string {
  if (isUnix(endpoint)) return endpoint;
  return hasScheme(endpoint) ? new URL(endpoint).origin : `${insecure ? 'http' : 'https'}://${endpoint}`;
}

export const hasScheme = (endpoint: string): boolean => /^https?:\/\//i.test(endpoint);

/** A path that gRPC has no place for. */
export const hasPath = (endpoint: string): boolean =>
  hasScheme(endpoint) && URL.parse(endpoint)?.pathname !== '/';
