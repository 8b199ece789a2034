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

const TOKEN =
  /```[\s\S]*?```|\s+|"((?:\\[\s\S]|[^"\\])*)"|'([^']*)'|`([^`]*)`|(==|!=|<=|>=|[=<>()[\]|,])|((?:\\[\s\S]|[^\s"'`=<>!()[\]|,\\]|!(?!=))+)|[\s\S]/g;

/** The tokens of a part of a search. Throws UnreadablePart for what is no token, and for macros that cannot be replaced. */
export function splTokens(value: ConfValue, macros: Conf, depth = 0): readonly SplToken[] {
  const tokens: SplToken[] = [];
  for (const match of value.text.matchAll(TOKEN)) {
    const [all, text, field, macro, sign, word] = match;
    const where = placeIn(value, match.index);
    if (text !== undefined) tokens.push({ kind: 'text', text: unescaped(text), where });
    else if (field !== undefined) tokens.push({ kind: 'field', text: field, where });
    else if (macro !== undefined) tokens.push(...macroTokens(macro, where, macros, depth));
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, where });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, where });
    else if (!/^(\s|```)/.test(all)) throw new UnreadablePart(where, `cannot be read at ${all}`);
  }
  return tokens;
}

/** Quotes and backslashes are escaped in a text. Other backslashes stay, and are refused where they would mean something. */
const unescaped = (text: string): string => text.replace(/\\(["\\])/g, '$1');

/** Macros with arguments, and those that are computed, are programs. */
function macroTokens(call: string, where: string, macros: Conf, depth: number): readonly SplToken[] {
  const name = call.trim();
  if (name.includes('(')) throw new UnreadablePart(where, `the macro ${name} has arguments`);
  if (depth >= DEPTH_MAX) throw new UnreadablePart(where, `the macro ${name} is nested too deep`);
  return splTokens(definitionOf(name, macros, where), macros, depth + 1);
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
