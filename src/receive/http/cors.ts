import type { IncomingMessage } from 'node:http';
import { type HttpAnswer, pathOf } from './http-service.ts';

/** Which pages of which sites may send from a browser. */
export interface CorsOptions {
  /** `https://app.example.com`; `*` stands for any text, in one place. Without one, no page may. */
  readonly allowedOrigins: readonly string[];
  /** Headers beyond those that every page may set; `*` is all. */
  readonly allowedHeaders: readonly string[];
  /** For how many seconds a browser remembers the answer to a preflight. 0: it decides. */
  readonly maxAge: number;
}

/** Headers of CORS for a browser's requests to `path`; without an allowed origin there are none. */
export class Cors {
  readonly #options: CorsOptions;
  readonly #path: string;

  constructor(options: CorsOptions, path: string) {
    this.#options = options;
    this.#path = path;
  }

  /** The answer to a browser that asks whether a page may send. */
  preflight(head: IncomingMessage): HttpAnswer | undefined {
    const { headers, method } = head;
    if (this.#options.allowedOrigins.length === 0 || method !== 'OPTIONS' || pathOf(head) !== this.#path)
      return undefined;
    if (headers.origin === undefined || headers['access-control-request-method'] === undefined)
      return undefined;
    const { maxAge } = this.#options;
    const own = this.headers(head);
    return {
      status: 204,
      headers: {
        ...own,
        ...(Object.hasOwn(own, 'access-control-allow-origin') && {
          'access-control-allow-methods': 'POST',
          'access-control-allow-headers': this.#allowedOf(headers['access-control-request-headers'] ?? ''),
          ...(maxAge > 0 && { 'access-control-max-age': String(maxAge) }),
        }),
      },
      body: '',
    };
  }

  headers({ headers: { origin } }: IncomingMessage): Record<string, string> {
    if (this.#options.allowedOrigins.length === 0) return {};
    const allowed = origin !== undefined && this.#options.allowedOrigins.some((one) => fits(one, origin));
    return { vary: 'Origin', ...(allowed && { 'access-control-allow-origin': origin }) };
  }

  #allowedOf(requested: string): string {
    const allowed = ['content-type', ...this.#options.allowedHeaders.map((name) => name.toLowerCase())];
    const names = requested
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => /^[\w-]+$/.test(name));
    return names.filter((name) => allowed.includes('*') || allowed.includes(name)).join(', ');
  }
}

function fits(pattern: string, origin: string): boolean {
  const [start = '', end] = pattern.toLowerCase().split('*');
  const text = origin.toLowerCase();
  if (end === undefined) return text === start;
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}
