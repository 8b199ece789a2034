import { equalTest, networkTest } from './field-tests.ts';
import type { LookupFiles, LookupTable, MatchType } from './lookup-files.ts';
import {
  allConditions,
  anyCondition,
  notCondition,
  plainField,
  type RowCondition,
  type RowTest,
} from './row-condition.ts';
import type { TokenReader } from './token-reader.ts';
import { UnreadablePart } from './unreadable-part.ts';

/** `lookup` commands, and what later conditions on their output say of the rows themselves. */
export interface LookupConditions {
  /** Reads `lookup NAME column AS field ... OUTPUT column AS field ...`. Throws UnreadablePart. */
  read(reader: TokenReader): void;
  /** A condition in which the outputs of lookups are replaced by what the rows must be. Throws UnreadablePart. */
  resolved(condition: RowCondition): RowCondition;
}

interface Output {
  readonly table: LookupTable;
  readonly column: string;
  readonly keys: readonly (readonly [column: string, field: string])[];
}

/** `hasField`: whether rows have a field already, before the lookup. */
export function lookupConditions(
  lookups: LookupFiles,
  hasField: (name: string) => boolean,
): LookupConditions {
  const outputs = new Map<string, Output>();
  const twice = new Set<string>();

  /** What writes a field; which of two values it has then, depends on the row. */
  function outputOf(field: string, where: string): Output | undefined {
    const output = outputs.get(field);
    if (output !== undefined && (hasField(field) || twice.has(field)))
      throw new UnreadablePart(where, `${field} had a value before the lookup; give its output another name`);
    return output;
  }

  function resolved(condition: RowCondition): RowCondition {
    switch (condition.kind) {
      case 'all':
        return allConditions(condition.of.map(resolved));
      case 'any':
        return anyCondition(condition.of.map(resolved));
      case 'not':
        return notCondition(resolved(condition.of));
      case 'constant':
        return condition;
      case 'exists': {
        const output = outputOf(condition.field, condition.where);
        return output === undefined ? condition : found(output, () => true, condition.where);
      }
      case 'test':
      case 'differs': {
        const { test, kind } = condition;
        const output = outputOf(test.field, test.where);
        if (output === undefined) return condition;
        const passes = passing(test);
        return found(output, (value) => passes(value) === (kind === 'test'), test.where);
      }
    }
  }

  return {
    resolved,
    read(reader) {
      const { where } = reader.take();
      const name = reader.take().text;
      if (reader.isSign('=')) throw optionFault(name, reader);
      const table = lookups.table(name, where);
      const keys = pairs(reader, ['output', 'outputnew']);
      const given = reader.isWord('output') || reader.isWord('outputnew');
      if (given) reader.take();
      const own = keys.map(([column]) => column);
      const others = table.columns
        .filter((column) => !own.includes(column))
        .map((name) => [name, name] as const);
      const written = given ? pairs(reader, []) : others;
      if (keys.length === 0) throw reader.fault('a lookup needs a field');
      for (const [column] of [...keys, ...written])
        if (!table.columns.includes(column)) throw reader.fault(`the lookup has no column ${column}`);
      for (const [column, field] of written) {
        if (outputs.has(field)) twice.add(field);
        outputs.set(field, { table, column, keys });
      }
    },
  };
}

/** Such as `local=true`. */
const optionFault = (name: string, reader: TokenReader) =>
  reader.fault(`the option ${name} of lookup cannot be read`);

/** `a, b AS c`, up to one of the words. */
function pairs(reader: TokenReader, until: readonly string[]): readonly (readonly [string, string])[] {
  const found: [string, string][] = [];
  while (reader.next !== undefined && !reader.isSign('|') && !until.some((word) => reader.isWord(word))) {
    if (reader.isSign(',')) reader.take();
    const token = reader.take();
    if (token.kind === 'sign') throw reader.fault(`wants a field, has ${token.text}`);
    if (reader.isSign('=')) throw optionFault(token.text, reader);
    const column = plainField(token.text);
    if (!reader.isWord('as')) {
      found.push([column, column]);
      continue;
    }
    reader.take();
    found.push([column, plainField(reader.take().text)]);
  }
  return found;
}

/** Tests of what a lookup gives are made here, once for each of its rows. */
function passing({ modifiers, values, where }: RowTest): (value: string) => boolean {
  const isCased = modifiers.includes('cased');
  if (modifiers.some((modifier) => modifier !== 'cased'))
    throw new UnreadablePart(where, 'compares what a lookup gives in a way that cannot be read');
  const texts = values.map((value) => String(value).replace(/\\([*?\\])/g, '$1'));
  if (values.some((value) => /(?<!\\)[*?]/.test(String(value))))
    throw new UnreadablePart(where, 'compares what a lookup gives with a wildcard');
  return (value) =>
    texts.some((text) => (isCased ? text === value : text.toLowerCase() === value.toLowerCase()));
}

/** A row for which a row of the table has its keys, and a value that passes. */
function found(
  { table, column, keys }: Output,
  passes: (value: string) => boolean,
  where: string,
): RowCondition {
  const rows = table.rows.filter((row) => row.get(column) !== '' && passes(row.get(column)!));
  checkOneAnswer(table, keys, column, where);
  const [only] = keys;
  if (keys.length === 1) {
    const values = [...new Set(rows.map((row) => row.get(only![0])!))].filter((value) => value !== '');
    return values.length === 0 ? NEVER : keyTest(table, only!, values, where);
  }
  return anyCondition(
    rows.map((row) => allConditions(keys.map((key) => keyTest(table, key, [row.get(key[0])!], where)))),
  );
}

const NEVER: RowCondition = { kind: 'constant', holds: false };

/** Several rows for one key give a list, of which one value may pass and another not. */
function checkOneAnswer(table: LookupTable, keys: Output['keys'], column: string, where: string): void {
  const answers = new Map<string, string>();
  for (const row of table.rows) {
    const key = JSON.stringify(keys.map(([name]) => fold(row.get(name)!, table)));
    const answer = row.get(column)!;
    const known = answers.get(key);
    if (known !== undefined && known !== answer)
      throw new UnreadablePart(where, `the lookup has several answers in ${column} for one key`);
    answers.set(key, answer);
  }
  const isOverlapping = keys.some(([name]) => table.matchOf(name) !== 'exact');
  if (isOverlapping && new Set(answers.values()).size > 1)
    throw new UnreadablePart(where, `the lookup has wildcards or networks, and several answers in ${column}`);
}

const fold = (text: string, { isCaseSensitive }: LookupTable): string =>
  isCaseSensitive ? text : text.toLowerCase();

function keyTest(
  table: LookupTable,
  [column, field]: readonly [string, string],
  values: readonly string[],
  where: string,
): RowCondition {
  const type: MatchType = table.matchOf(column);
  if (type === 'cidr') return { kind: 'test', test: networkTest(field, values, where) };
  const how = { cased: table.isCaseSensitive, isPattern: type === 'wildcard' };
  return { kind: 'test', test: equalTest(field, values, where, how) };
}
