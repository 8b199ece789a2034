import { runEnd, type Shape, type TextSpan } from './spans.ts';

/** Cheaper to look for than the whole of TOKENS. */
const TOKEN_HINT =
  /gh[pousr]_|_pat_|gl[a-z]{2,5}-|xox|xapp-|ya29|AIza|sha256~|hv[sbr]\.|k_(?:live|test)_|npm_|dckr_|pypi-|dop_v1_|glsa_|\.[a-z0-9]{16}/;

/** Secrets that are known by their own look, wherever they stand. */
export const SHAPES: readonly Shape[] = [
  { hint: /-----BEGIN|LS0tLS1CRUdJTi/, find: privateKeys },
  { hint: /e(?:yJ|yAi|woi|wog|w0K)/, find: jsonWebTokens },
  { hint: TOKEN_HINT, find: knownTokens },
  { hint: /bearer|basic/i, find: authSchemes },
  { hint: /:\/\//, find: userInfo },
];

const BEGIN = '-----BEGIN';
/** The same in base64, as kubeconfigs and Secrets hold keys. */
const BEGIN_BASE64 = 'LS0tLS1CRUdJTi';
const BASE64 = /[A-Za-z0-9+/=_-]*/y;
/** Characters of a first line that name what follows. */
const LABEL_MAX = 64;

/** PEM, as text or again in base64. A key whose end was cut off ends with the text. */
function* privateKeys(text: string): Iterable<TextSpan> {
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at + 1)) {
    const label = text.slice(at + BEGIN.length, at + BEGIN.length + LABEL_MAX);
    if (!/^[A-Z0-9 \0]*PRIVATE[ \0]KEY/.test(label)) continue;
    const end = text.indexOf('-----END', at);
    if (end < 0) return yield [at, text.length];
    const close = text.indexOf('-----', end + 9);
    yield [at, close < 0 ? text.length : close + 5];
    at = end;
  }
  for (let at = text.indexOf(BEGIN_BASE64); at >= 0; at = text.indexOf(BEGIN_BASE64, at + 1)) {
    const end = runEnd(BASE64, text, at);
    if (decoded(text.slice(at, at + LABEL_MAX)).includes('PRIVATE')) yield [at, end];
    at = end;
  }
}

const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString('latin1');

const SEGMENT = /[A-Za-z0-9_-]*/y;
/** `{"`, `{ "` and `{` with a line break, in base64. */
const HEAD = /e(?:yJ|yAi|woi|wog|w0K)/g;
/** Characters of a header that show what it is. */
const HEAD_MAX = 48;

/** JSON Web Tokens, also encrypted ones and such without a signature. Their first part is an object of JSON. */
function* jsonWebTokens(text: string): Iterable<TextSpan> {
  if (!text.includes('.')) return;
  HEAD.lastIndex = 0;
  for (let head = HEAD.exec(text); head; head = HEAD.exec(text)) {
    const { index } = head;
    HEAD.lastIndex = index + 1;
    if (!/^\{\s*"\w{1,24}"\s*:/.test(decoded(text.slice(index, index + HEAD_MAX)))) continue;
    let end = runEnd(SEGMENT, text, index);
    let parts = 0;
    for (; text[end] === '.'; parts++) end = runEnd(SEGMENT, text, end + 1);
    if (parts > 0) yield [index, end];
    HEAD.lastIndex = end;
  }
}

/**
 * Tokens of services with a mark of their own. Every expression is a fixed beginning and one class of characters behind it,
 * so there is nothing to go back to. The last one is a bootstrap token of Kubernetes: it has a digit in its second part, which
 * a name of that length rarely has, and is not the name of an Event (an object's name and the time in hex).
 */
const TOKENS = [
  /\bgh[pousr]_[A-Za-z0-9]{16,}/,
  /\bgithub_pat_\w{16,}/,
  /\bgl(?:pat|dt|rt|cbt|ptt|agent|soat)-[\w-]{16,}/,
  /\bxox[abeoprs]-[\w-]{10,}/,
  /\bxapp-[\w-]{10,}/,
  /\bAIza[\w-]{30,}/,
  /\bya29\.[\w-]{10,}/,
  /\bhv[sbr]\.[\w-]{16,}/,
  /\b[sr]k_(?:live|test)_\w{10,}/,
  /\bnpm_[A-Za-z0-9]{20,}/,
  /\bdckr_(?:pat|oat)_[\w-]{16,}/,
  /\bpypi-[\w-]{32,}/,
  /\bdop_v1_[a-f0-9]{32,}/,
  /\bglsa_\w{20,}/,
  /\bsha256~[\w-]{32,}/,
  /(?<![\w.-])[a-z0-9]{6}\.(?=[a-z]{0,15}\d)(?!1[0-9a-f]{15})[a-z0-9]{16}(?![\w.-])/,
] as const;

const MARK = new RegExp(TOKENS.map(({ source }) => source).join('|'), 'g');

function* knownTokens(text: string): Iterable<TextSpan> {
  for (const { index, 0: token } of text.matchAll(MARK)) yield [index, index + token.length];
}

const SCHEME = /\b(bearer|basic)[\s\0:]{1,4}["']?/gi;
const CREDENTIAL = /[A-Za-z0-9._~+/|=-]*/y;
/** `bearer token` are words. */
const WORD = /^[A-Za-z]{0,19}[.]?$/;
const CREDENTIAL_LEAST = 6;

/** What follows the name of a scheme of HTTP authentication. */
function* authSchemes(text: string): Iterable<TextSpan> {
  SCHEME.lastIndex = 0;
  for (let scheme = SCHEME.exec(text); scheme; scheme = SCHEME.exec(text)) {
    const start = SCHEME.lastIndex;
    const end = runEnd(CREDENTIAL, text, start);
    if (end - start < CREDENTIAL_LEAST) continue;
    if (
      scheme[1]!.toLowerCase() === 'basic'
        ? isUserAndPassword(text.slice(start, end))
        : !isWord(text, start, end)
    )
      yield [start, end];
  }
}

const isWord = (text: string, start: number, end: number): boolean =>
  WORD.test(text.slice(start, Math.min(end, start + 24)));

/** As in `user:password`, which `authentication` is not when it is decoded. */
const isUserAndPassword = (base64: string): boolean => {
  const text = decoded(base64);
  return text.includes(':') && !/\p{Cc}/u.test(text);
};

const AUTHORITY = /[^\s\0"'<>/?#]*/y;
const TO_SIGN = /[^\s\0"'<>@]*/y;
/** Nothing but a port, or the begin of an IPv6 address. */
const NO_PASSWORD = /^(?:\d{0,5}$|\[)/;

/** The password of `scheme://user:password@host`; a long user without one is a token. */
function* userInfo(text: string): Iterable<TextSpan> {
  // Before this place there is no further `@`: a text of many `://` is not searched again for each.
  let clear = 0;
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    const start = at + 3;
    const end = runEnd(AUTHORITY, text, start);
    const authority = text.slice(start, end);
    const sign = authority.lastIndexOf('@');
    const colon = authority.indexOf(':');
    if (sign >= 0) {
      if (colon >= 0 && colon < sign) yield [start + colon + 1, start + sign];
      else if (isToken(authority.slice(0, sign))) yield [start, start + sign];
    } else if (colon >= 0 && end >= clear && !NO_PASSWORD.test(authority.slice(colon + 1))) {
      // The password has a slash that should have been escaped.
      clear = runEnd(TO_SIGN, text, end);
      if (text[clear] === '@') yield [start + colon + 1, clear];
    }
  }
}

const isToken = (user: string): boolean => user.length >= 16 && /\d/.test(user);
