import { type Conf, type ConfValue, isOn, placeIn } from './conf-file.ts';
import { UnreadablePart } from './unreadable-part.ts';

/** A word, a text in quotes, or a sign. Macros are replaced by what they stand for. */
export interface SplToken {
  readonly kind: 'word' | 'text' | 'field' | 'sign';
  /** Without quotes. */
  readonly text: string;
  /** Its `file:line`. */
  readonly where: string;
}

/** Macros within macros; deeper ones are a circle. */
const DEPTH_MAX = 10;
/** Macros that call others several times grow fast; a macro with more is a lookup. */
const TOKENS_MAX = 100_000;
const TEXT_MAX = 1_000_000;

/** Each part of it reads a character in one way only, so that no text takes long. */
const TOKEN =
  /```[\s\S]*?```|\s+|"([^"\\]*(?:\\[\s\S][^"\\]*)*)"|'([^']*)'|`([^`]*)`|(==|!=|<=|>=|[=<>()[\]|,])|((?:\\[\s\S]|[^\s"'`=<>!()[\]|,\\]|!(?!=))+)|[\s\S]/g;

/** The tokens of a part of a search. Throws UnreadablePart for what is no token, and for macros that cannot be replaced. */
export function splTokens(value: ConfValue, macros: Conf): readonly SplToken[] {
  const tokens: SplToken[] = [];
  addTokens(tokens, value, macros, 0);
  return tokens;
}

function addTokens(tokens: SplToken[], value: ConfValue, macros: Conf, depth: number): void {
  if (value.text.length > TEXT_MAX) throw tooLong(placeIn(value));
  let { line } = value;
  for (const match of value.text.matchAll(TOKEN)) {
    const [all, text, field, macro, sign, word] = match;
    const where = `${value.file}:${line}`;
    line += lineBreaks(all);
    if (tokens.length >= TOKENS_MAX) throw tooLong(where);
    if (text !== undefined) tokens.push({ kind: 'text', text: unescaped(text), where });
    else if (field !== undefined) tokens.push({ kind: 'field', text: field, where });
    else if (macro !== undefined) addMacro(tokens, macro, where, macros, depth);
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, where });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, where });
    else if (!/^(\s|```)/.test(all)) throw new UnreadablePart(where, `cannot be read at ${all}`);
  }
}

const lineBreaks = (text: string): number => text.split('\n').length - 1;

const tooLong = (where: string) =>
  new UnreadablePart(where, 'is longer than import reads; a list of this size belongs into a lookup');

/** Quotes and backslashes are escaped in a text. Other backslashes stay, and are refused where they would mean something. */
const unescaped = (text: string): string => text.replace(/\\(["\\])/g, '$1');

/** Macros with arguments, and those that are computed, are programs. */
function addMacro(tokens: SplToken[], call: string, where: string, macros: Conf, depth: number): void {
  const name = call.trim();
  if (name.includes('(')) throw new UnreadablePart(where, `the macro ${name} has arguments`);
  if (depth >= DEPTH_MAX) throw new UnreadablePart(where, `the macro ${name} is nested too deep`);
  addTokens(tokens, definitionOf(name, macros, where), macros, depth + 1);
}

/** The definition of a macro; `where` it is used. */
export function definitionOf(name: string, macros: Conf, where: string): ConfValue {
  const stanza = macros.stanza(name);
  const definition = stanza?.get('definition');
  if (definition === undefined)
    throw new UnreadablePart(where, `the macro ${name} is not defined in the macros that were given`);
  if (isOn(stanza?.get('iseval'), false))
    throw new UnreadablePart(placeIn(definition), `the macro ${name} is computed (iseval)`);
  return definition;
}
