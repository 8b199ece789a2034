import { validateHeaderName, validateHeaderValue } from 'node:http';
import * as z from 'zod';
import { parseNetwork } from '../lib/address.ts';
import { parseDuration } from '../lib/duration.ts';
import type { Ms } from '../model/time.ts';

/** What a kind of value is called, in the table of options and in errors ("wants …"); a secret is never shown. */
export const KINDS = z.registry<{ readonly wants: string; readonly secret?: boolean }>();

function kind<T extends z.ZodType>(schema: T, wants: string, secret = false): T {
  KINDS.add(schema, { wants, secret });
  return schema;
}

/** The error of every check of a kind; the loader adds the value that stands there. */
const error = (wants: string) => ({ error: () => `wants ${wants}` });

/** A map of fixed keys. One that is left out or empty (`grpc:` and nothing below) has its defaults, as in the collector. */
export const section = <T extends z.ZodType>(object: T) =>
  z.preprocess((value) => value ?? {}, object).prefault({});

/** A map whose keys the user chooses, each with a section below. */
export const named = <T extends z.ZodType>(value: T) => {
  const wants = 'a name of letters, digits and . _ / -';
  return z
    .preprocess(
      (map) => map ?? {},
      z.record(z.string().regex(/^[\w./-]+$/, { error: `wants ${wants}` }), value),
    )
    .prefault({});
};

export function wholeNumber(min: number, max: number) {
  const wants = `a whole number from ${min} to ${max}`;
  return kind(z.int(error(wants)).min(min, error(wants)).max(max, error(wants)), wants);
}

export function text(wants: string) {
  return kind(z.string(error(wants)).min(1, error(wants)), wants);
}

/** `instead` says what to do about a value that people may expect here and that does not exist. */
export function oneOf<const T extends readonly [string, ...string[]]>(
  values: T,
  instead: Readonly<Record<string, string>> = {},
) {
  const wants = `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
  const say = (issue: { readonly input?: unknown }) => instead[String(issue.input)] ?? `wants ${wants}`;
  return kind(z.enum(values, { error: say }), wants);
}

export function list<T extends z.ZodType>(item: T, wants: string) {
  return kind(z.array(item, error(wants)), wants);
}

export function duration(min: string, max: string) {
  const wants = `a length of time from ${min} to ${max}, such as 500ms, 10s or 5m`;
  const [least, most] = [parseDuration(min) ?? 0, parseDuration(max) ?? Number.POSITIVE_INFINITY];
  const fits = (value: string) => {
    const ms = parseDuration(value);
    return ms !== undefined && ms >= least && ms <= most;
  };
  return kind(
    z
      .string(error(wants))
      .refine(fits, error(wants))
      .transform((value) => parseDuration(value) as Ms),
    wants,
  );
}

/** `host:port`; the port may be 0, which takes a free one. */
export function hostPort() {
  const wants = 'host:port, an IPv6 address in brackets';
  const fits = (value: string) => {
    const port = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]/]+):(\d{1,5})$/.exec(value)?.[1];
    return port !== undefined && Number(port) <= 65_535;
  };
  return kind(z.string(error(wants)).refine(fits, error(wants)), wants);
}

export const HTTP_URL = 'an http or https URL without user and password';

export function isHttpUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

export function httpUrl() {
  return kind(z.string(error(HTTP_URL)).refine(isHttpUrl, error(HTTP_URL)), HTTP_URL);
}

export function network() {
  const wants = 'an address or a network such as 10.0.0.0/8';
  return kind(
    z.string(error(wants)).refine((value) => parseNetwork(value) !== undefined, error(wants)),
    wants,
  );
}

const passes = (check: () => void): boolean => {
  try {
    check();
    return true;
  } catch {
    return false;
  }
};
export const isHeaderName = (name: string) => passes(() => validateHeaderName(name));
export const isHeaderValue = (value: string) => passes(() => validateHeaderValue('x', value));

/** Values are secrets: tokens stand here. */
export function headers() {
  const wants = 'a map of header names to texts';
  const name = z.string().refine(isHeaderName, { error: 'is not a name that an HTTP header can have' });
  const value = z
    .string(error('text that an HTTP header can carry'))
    .refine(isHeaderValue, error('text that an HTTP header can carry'));
  // The names have an error of their own.
  const map = {
    error: (issue: { code?: string }) => (issue.code === 'invalid_key' ? undefined : `wants ${wants}`),
  };
  return kind(z.record(name, value, map), wants, true);
}

/** What another part reads and checks; here it only has to be a map. */
export function passedOn(wants: string) {
  return kind(z.record(z.string(), z.unknown(), error(wants)), wants);
}
