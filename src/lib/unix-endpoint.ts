import { resolve } from 'node:path';

const UNIX = 'unix:';

/** Whether an endpoint names a unix socket, well or badly. */
export const isUnix = (endpoint: string): boolean => endpoint.startsWith(UNIX);

/** The path in `unix:///absolute/path` or `unix:path`, as gRPC and the collector write it; undefined for any other text. */
export function unixPath(endpoint: string): string | undefined {
  // In unix://host/path the first part would be a host, and @ begins the name of a socket without a file.
  const [, path] = /^unix:(?:\/\/(?=\/))?((?!\/\/|@)[^\0]+)$/.exec(endpoint) ?? [];
  return path;
}

/** One text for one socket: `unix:///absolute/path`; undefined for an endpoint that names none. */
export function unixAddress(endpoint: string): string | undefined {
  const path = unixPath(endpoint);
  return path === undefined ? undefined : `unix://${resolve(path)}`;
}
