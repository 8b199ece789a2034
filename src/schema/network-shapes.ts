import { validateHeaderName, validateHeaderValue } from 'node:http';
import * as z from 'zod';
import { parseNetwork } from '../lib/address.ts';
import { isUnix, unixPath } from '../lib/unix-endpoint.ts';
import { kind } from './kinds.ts';

const HOST_PORT = 'host:port, with an IPv6 address in brackets';

function isHostPort(value: string): boolean {
  const port = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]/]+):(\d{1,5})$/.exec(value)?.[1];
  return port !== undefined && Number(port) <= 65_535;
}

/** `host:port`; the port may be 0, which takes a free one. */
export function hostPort() {
  return kind(z.string().refine(isHostPort), HOST_PORT);
}

/** The same, or the path of a unix socket: `unix:///run/x.sock`, `unix:x.sock`. */
export function hostPortOrSocket() {
  const fits = (value: string) => (isUnix(value) ? unixPath(value) !== undefined : isHostPort(value));
  return kind(z.string().refine(fits), `${HOST_PORT}, or unix:///PATH`);
}

export const HTTP_URL = 'an http or https URL without user and password';

function isHttpUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

export function httpUrl() {
  return kind(z.string().refine(isHttpUrl), HTTP_URL);
}

/** The same, or the path of a unix socket. */
export function httpUrlOrSocket() {
  const fits = (value: string) => (isUnix(value) ? unixPath(value) !== undefined : isHttpUrl(value));
  return kind(z.string().refine(fits), `${HTTP_URL}, or unix:///PATH`);
}

export const isOtlpEndpoint = (value: string): boolean =>
  isUnix(value) ? unixPath(value) !== undefined : isHttpUrl(value) || isHostPort(value);

/** Where OTLP can be sent to, over HTTP or gRPC. */
export function otlpEndpoint() {
  return kind(
    z.string().refine(isOtlpEndpoint),
    `${HTTP_URL}; with protocol: grpc also host:port or unix:///PATH`,
  );
}

export function addressOrNetwork() {
  return kind(
    z.string().refine((value) => parseNetwork(value) !== undefined),
    'an address or a network such as 10.0.0.0/8',
  );
}

/** The values are secrets, such as tokens. */
export function headers() {
  const value = kind(z.string().refine(isHeaderValue), 'text that an HTTP header can carry');
  return kind(z.record(headerName(), value), 'a map of header names to texts', { secret: true });
}

/** A map of header names to what gives their values. */
export function headersFrom<T extends z.ZodType>(source: T, wants: string) {
  return kind(z.record(headerName(), source), wants);
}

const headerName = () =>
  z.string().refine(isHeaderName, { error: 'is not a name that an HTTP header can have' });

export const isHeaderName = (name: string): boolean => passes(() => validateHeaderName(name));
export const isHeaderValue = (value: string): boolean => passes(() => validateHeaderValue('x', value));

function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
