import { isSecretName, isSecretParameter, SECRET_NAME_MAX } from './secret-names.ts';
import { argumentEnd, BORDER, runEnd, type Shape, type TextSpan } from './spans.ts';

/** Values that stand behind a name: `password=x`, `"token": "x"`, `X-Api-Key: x`, `--token x`. */
export const NAMED: readonly Shape[] = [
  { hint: /[\w"'`.-] ?[:=]/, find: assigned },
  { hint: /(?<![\w-])--?[A-Za-z]/, find: flagged },
  { hint: /"name"/, find: inEnvironment },
];

const NAME_CHARACTER = /[\w.-]/;
/** Characters of indentation. */
const LEAD_MAX = 40;
const QUOTES = '"\'`';
/** What ends a value without quotes. */
const UNQUOTED = /[^\s\0"'`&]*/y;
/** A value that says nothing: a flag, a reference to a variable, what was redacted before. */
const NO_SECRET =
  /^(?:(?:true|false|null|none|nil|undefined|\*+|<[\w -]*>)?[,;)\]}]*|\$\{[^}]*\}?|\$\([^)]*\)?|\$[A-Z_][A-Z0-9_]*)$/i;
/** A value that is longer is a secret; the test above would read all of it. */
const NO_SECRET_MAX = 64;

/** `name=value` and `name: value`, each also with quotes around name or value. */
function* assigned(text: string): Iterable<TextSpan> {
  let done = 0;
  for (const { index: sign } of text.matchAll(/[=:]/g)) {
    if (sign < done) continue;
    const [start, end] = nameBefore(text, sign);
    if (start === end || !isNamed(text, start, end, sign)) continue;
    const value = namedValue(text, start, end, sign);
    if (value === undefined) continue;
    done = value[1];
    if (isSecret(text, value)) yield value;
  }
}

function namedValue(text: string, start: number, end: number, sign: number): TextSpan | undefined {
  if (isHeader(text.slice(start, end))) return headerValue(text, sign + 1);
  // A whole argument, `--password=two words`.
  if (text[start] === '-' && text[start - 1] === BORDER) return [sign + 1, argumentEnd(text, sign + 1, true)];
  return valueAt(text, sign + 1);
}

/** The name that ends before `sign`: its last characters, if it is longer than a name. Spaces and quotes may stand between. */
function nameBefore(text: string, sign: number): TextSpan {
  let end = sign;
  for (let spaces = 0; spaces < 3 && end > 0 && (text[end - 1] === ' ' || isQuote(text[end - 1])); spaces++)
    end--;
  let start = end;
  while (start > 0 && end - start < SECRET_NAME_MAX && NAME_CHARACTER.test(text[start - 1]!)) start--;
  return [start, end];
}

/**
 * Whether the name between `start` and `end` means a secret. With `=` it always may. With `:` it stands at the begin of a line
 * or in quotes, or is a header: `registry/token:1.2` and `invalid token: expired` are none.
 */
function isNamed(text: string, start: number, end: number, sign: number): boolean {
  const name = text.slice(start, end);
  const before = text[start - 1] ?? '\n';
  if (text[sign] === '=') return '?&\0'.includes(before) ? isSecretParameter(name) : isSecretName(name);
  if (!isSecretName(name)) return false;
  if (isQuote(text[end]) && isQuote(before)) return true;
  const after = text[sign + 1] ?? '';
  if (end !== sign || !/^[\s"'\0]?$/.test(after) || /[\w/.:@]/.test(before)) return false;
  return before !== ' ' || /[-_]|^(?:authorization|cookie)$/i.test(name) || beginsLine(text, start);
}

/** Between `start` and the begin of its line, or of its member of a map, there is only indentation or the mark of a list. */
function beginsLine(text: string, start: number): boolean {
  const before = start > LEAD_MAX ? text.slice(start - LEAD_MAX, start) : `\n${text.slice(0, start)}`;
  return /(?:[\n\0][ \t]*(?:- )?|[,;{] )$/.test(before);
}

function isQuote(character: string | undefined): boolean {
  return character !== undefined && character !== '' && QUOTES.includes(character);
}

/** The value that begins at `from`, behind spaces: within its quotes, else up to the next space, quote or parameter. A map is none. */
function valueAt(text: string, from: number): TextSpan | undefined {
  let start = from;
  const blank = text[from - 1] === '=' ? ' [' : ` [${BORDER}`;
  while (start < from + 8 && start < text.length && blank.includes(text[start]!)) start++;
  if (text[start] === '{') return undefined;
  const quote = text[start];
  if (!isQuote(quote)) return [start, runEnd(UNQUOTED, text, start)];
  return [start + 1, closing(text, quote!, start + 1)];
}

/** Where the quote closes; one behind a backslash does not. The end of a text that was cut. */
function closing(text: string, quote: string, from: number): number {
  let end = text.indexOf(quote, from);
  while (end > 0 && text[end - 1] === '\\' && !isEscapedBackslash(text, end - 1))
    end = text.indexOf(quote, end + 1);
  return end < 0 ? text.length : end;
}

function isEscapedBackslash(text: string, at: number): boolean {
  let backslashes = 1;
  while (text[at - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 0;
}

function isSecret(text: string, [start, end]: TextSpan): boolean {
  return end - start > NO_SECRET_MAX || !NO_SECRET.test(text.slice(start, end));
}

const isHeader = (name: string): boolean => /(?:authorization|cookie)$/i.test(name);
const WORD_SPACE = /[A-Za-z][\w-]{0,20}[ \0]+(?=[^\s\0-])/y;

/** The credentials of a header: behind the name of its scheme, and on while words end with a comma or a semicolon. */
function headerValue(text: string, from: number): TextSpan | undefined {
  const value = valueAt(text, from);
  if (!value || isQuote(text[value[0] - 1])) return value;
  const start = runEnd(WORD_SPACE, text, value[0]);
  let end = runEnd(UNQUOTED, text, start);
  while (/[,;]/.test(text[end - 1] ?? '') && text[end] === ' ') {
    const next = runEnd(UNQUOTED, text, end + 1);
    if (next === end + 1) break;
    end = next;
  }
  return [start, end];
}

const FLAG = /(?<![\w-])--?([A-Za-z][\w.-]{1,63})(["'`]?[\s\0,]{1,8}["'`]?)/g;

/** `--token value`; the two may be members of a list of JSON. */
function* flagged(text: string): Iterable<TextSpan> {
  let done = 0;
  for (const { index, 0: flag, 1: name } of text.matchAll(FLAG)) {
    if (index < done || !isSecretName(name!)) continue;
    const start = index + flag.length;
    if (/^--|^-[A-Za-z](?:[\s\0"']|$)/.test(text.slice(start, start + 3))) continue;
    const end = isQuote(text[start - 1]) ? closing(text, text[start - 1]!, start) : argumentEnd(text, start);
    done = end;
    if (isSecret(text, [start, end])) yield [start, end];
  }
}

const NAMED_VALUE = /"name"\s{0,8}:\s{0,8}"([\w.-]{1,64})"\s{0,8},\s{0,8}"value"\s{0,8}:\s{0,8}"/g;

/** A variable in the JSON of a container: `{"name": "DB_PASSWORD", "value": "x"}`. */
function* inEnvironment(text: string): Iterable<TextSpan> {
  let done = 0;
  for (const { index, 0: head, 1: name } of text.matchAll(NAMED_VALUE)) {
    if (index < done || !isSecretName(name!)) continue;
    const start = index + head.length;
    const value: TextSpan = [start, closing(text, '"', start)];
    done = value[1];
    if (isSecret(text, value)) yield value;
  }
}
