import { isIP } from 'node:net';
import { bindingFor, type KnownToken } from '../receive/tokens.ts';
import type { PageAnswer, PageServerOptions } from './page-server.ts';

const NO_TOKEN =
  'the console wants a bearer token of one of the files in telemetry.console.auth.tokens (Authorization: Bearer TOKEN)';
const NO_NAME =
  'without tokens (telemetry.console.auth.tokens) the console answers only under localhost or an address';
const OTHER_SITE = 'a page of another site asked; the console answers only its own pages';

/**
 * Who may read the console. With tokens: who sends one of them; only the `open` paths, which hold no data, need none. Without
 * tokens it listens on a loopback address, and the danger is a web page in a browser of this machine: requests of other sites
 * are refused, and so are host names, which such a site could make point to this machine.
 */
export function consoleGuard(
  tokens: (() => readonly KnownToken[]) | undefined,
  open: ReadonlySet<string>,
): NonNullable<PageServerOptions['refuse']> {
  return ({ headers }, path) => {
    if (tokens === undefined && !isOwnName(headers.host ?? '')) return refusal(403, NO_NAME);
    if (open.has(path)) return undefined;
    if (!OWN_SITE.has(headers['sec-fetch-site'])) return refusal(403, OTHER_SITE);
    if (bindingFor(headers.authorization, tokens)) return undefined;
    return { ...refusal(401, NO_TOKEN), headers: { 'www-authenticate': 'Bearer' } };
  };
}

/** Sent by browsers alone. `none`: a person typed the address. */
const OWN_SITE: ReadonlySet<unknown> = new Set([undefined, 'same-origin', 'none']);

function isOwnName(host: string): boolean {
  const [, bracketed, plain = ''] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(host) ?? [];
  const name = bracketed ?? plain;
  return isIP(name) !== 0 || /^(?:.+\.)?localhost$/i.test(name);
}

const refusal = (status: PageAnswer['status'], why: string): PageAnswer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${why}\n`,
});
