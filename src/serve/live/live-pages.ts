import { readFileSync } from 'node:fs';

/** Only our own files run, and they talk to this console alone. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

/** By path: a file beside this one, and its type. The page has the style and the elements of the report. */
const FILES = {
  '/': ['page/live.html', HTML],
  '/page.css': ['../../report/page/page.css', CSS],
  '/dom.js': ['../../report/page/dom.js', SCRIPT],
  '/live.css': ['page/live.css', CSS],
  '/live.js': ['page/live.js', SCRIPT],
  '/stream.js': ['page/stream.js', SCRIPT],
  '/tables.js': ['page/tables.js', SCRIPT],
} as const satisfies Readonly<Record<string, readonly [string, string]>>;

interface LivePage {
  readonly status: 200;
  readonly type: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The live page and its parts, by path. They hold no data, so everybody may read them. */
export function livePages(): Readonly<Record<string, () => LivePage>> {
  return Object.fromEntries(
    Object.entries(FILES).map(([path, [file, type]]) => {
      const page = {
        status: 200,
        type,
        body: readFileSync(new URL(file, import.meta.url), 'utf8'),
        headers: HEADERS,
      } as const;
      return [path, () => page];
    }),
  );
}
