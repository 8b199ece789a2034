import { hash, timingSafeEqual } from 'node:crypto';

/** A token that a client may send. The token itself is not kept. */
export interface KnownToken {
  readonly digest: Buffer;
  /** The cluster of all records that come with it. */
  readonly cluster: string | undefined;
}

/** What a token says of a client. */
export type TokenBinding = Pick<KnownToken, 'cluster'>;

/** Of those who need no token, nothing is known. */
const UNBOUND: TokenBinding = { cluster: undefined };

/** What `Authorization: Bearer` can carry (RFC 6750): no spaces, no letters beyond ASCII. */
const TOKEN = /^[!-~]+$/;

/** The most tokens of one file. Each call is compared with all of them. */
const TOKENS_MAX = 100;

/** The tokens of a file, one a line; or what is wrong with it, without a word of its contents. */
export function tokensIn(
  text: string,
  cluster: string | undefined,
): readonly KnownToken[] | { readonly why: string } {
  const tokens: KnownToken[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const token = line.trim();
    if (token === '' || token.startsWith('#')) continue;
    if (/^bearer\s/i.test(token)) return { why: `line ${i + 1} wants the token alone, without Bearer` };
    if (!TOKEN.test(token))
      return { why: `line ${i + 1} holds no token: only ASCII without spaces can be sent` };
    tokens.push({ digest: digestOf(token), cluster });
  }
  if (tokens.length === 0) return { why: 'holds no token' };
  return tokens.length > TOKENS_MAX
    ? { why: `holds ${tokens.length} tokens; wants ${TOKENS_MAX} at most` }
    : tokens;
}

const BEARER = /^bearer +(\S+) *$/i;

/**
 * What is known of the token in an Authorization header; undefined where there is no such token. The time that it takes does
 * not depend on how much of a token is right, nor on which token it is.
 */
export function bindingOf(
  header: string | undefined,
  known: readonly KnownToken[],
): TokenBinding | undefined {
  const [, token = ''] = BEARER.exec(header ?? '') ?? [];
  const digest = digestOf(token);
  let found = -1;
  for (const [i, one] of known.entries()) found = timingSafeEqual(one.digest, digest) ? i : found;
  return known[found];
}

/** The same with tokens that may change; without any, everybody is let in. */
export function bindingFor(
  header: string | undefined,
  tokens: (() => readonly KnownToken[]) | undefined,
): TokenBinding | undefined {
  return tokens ? bindingOf(header, tokens()) : UNBOUND;
}

const digestOf = (token: string): Buffer => hash('sha256', token, 'buffer');
