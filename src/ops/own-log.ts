import { pino, stdTimeFunctions } from 'pino';
import { plainText } from '../lib/plain-text.ts';

export type LogFields = Readonly<Record<string, unknown>>;

/** Sidewatch's log about itself. An Error among the fields is logged as its message. */
export interface Log {
  info(text: string, fields?: LogFields): void;
  warn(text: string, fields?: LogFields): void;
  error(text: string, fields?: LogFields): void;
}

export interface LogOptions {
  /** Lines below it are left out. */
  readonly level: 'info' | 'warn' | 'error';
  /** json: one object a line. console: time, level, text and key=value, for people. */
  readonly encoding: 'console' | 'json';
}

/** Keys of pino's own. A field with such a name gets a `_`, or the line would hold the key twice. */
const OWN_KEYS: ReadonlySet<string> = new Set(['level', 'time', 'msg']);

/** Each line is written at once, in one piece. Control characters are escaped, so that text from clients cannot control a terminal. */
export function createLog(options: LogOptions, stream: { readonly write: (text: string) => unknown }): Log {
  const layout = options.encoding === 'json' ? (line: string) => line.trimEnd() : forPeople;
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }), log: fields },
    },
    { write: (line: string) => stream.write(`${plainText(layout(line))}\n`) },
  );
  return {
    info: (text, given = {}) => log.info(given, text),
    warn: (text, given = {}) => log.warn(given, text),
    error: (text, given = {}) => log.error(given, text),
  };
}

function fields(given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [
      OWN_KEYS.has(key) ? `${key}_` : key,
      value instanceof Error ? value.message : value,
    ]),
  );
}

function forPeople(line: string): string {
  const { time, level, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(rest).map(([key, value]) => `${key}=${word(value)}`);
  return [time, level, msg, ...(pairs.length > 0 ? [pairs.join(' ')] : [])].join('  ');
}

function word(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(value);
}
