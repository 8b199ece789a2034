import { anyOfTexts } from './field-tests.ts';
import type { LookupFiles } from './lookup-files.ts';
import { allConditions, anyCondition, plainField, type RowCondition } from './row-condition.ts';
import type { TokenReader } from './token-reader.ts';

/** Rows of a subsearch, where limits.conf does not say otherwise; Splunk leaves out the rest without a word. */
const SUBSEARCH_MAX = 10_000;

/**
 * `[| inputlookup FILE | fields a b | rename a AS c]` in a search: any of its rows, of which each is all of its cells. Throws
 * UnreadablePart.
 */
export function inputLookupCondition(reader: TokenReader, lookups: LookupFiles): RowCondition {
  const { where } = reader.takeSign('[');
  if (reader.isSign('|')) reader.take();
  if (!reader.isWord('inputlookup')) throw reader.fault('a subsearch can only be an inputlookup');
  reader.take();
  const table = lookups.table(reader.take().text, where);
  if (table.rows.length > SUBSEARCH_MAX)
    throw reader.fault(
      `the lookup has ${table.rows.length} rows, of which a subsearch gives only the first ${SUBSEARCH_MAX}`,
    );
  let columns: readonly (readonly [column: string, field: string])[] = table.columns.map((name) => [
    name,
    name,
  ]);
  while (reader.isSign('|')) {
    reader.take();
    columns = reader.isWord('rename') ? renamed(reader, columns) : chosen(reader, columns);
  }
  reader.takeSign(']');
  const unknown = columns.find(([column]) => !table.columns.includes(column));
  if (unknown !== undefined) throw reader.fault(`the lookup has no column ${unknown[0]}`);
  if (columns.length === 1) {
    const [[column, field]] = columns as readonly [readonly [string, string]];
    const values = table.rows.map((row) => row.get(column)!).filter((value) => value !== '');
    return values.length === 0 ? NEVER : anyOfTexts(field, [...new Set(values)], where);
  }
  return anyCondition(
    table.rows.flatMap((row) => {
      const cells = columns.filter(([column]) => row.get(column) !== '');
      return cells.length === 0
        ? []
        : [allConditions(cells.map(([column, field]) => anyOfTexts(field, [row.get(column)!], where)))];
    }),
  );
}

/** A subsearch without rows matches nothing. */
const NEVER: RowCondition = { kind: 'constant', holds: false };

type Columns = readonly (readonly [column: string, field: string])[];

/** `fields a, b` and `table a b`. */
function chosen(reader: TokenReader, columns: Columns): Columns {
  if (!reader.isWord('fields') && !reader.isWord('table'))
    throw reader.fault(`${reader.next?.text ?? 'the end'} in a subsearch cannot be read`);
  reader.take();
  const names: string[] = [];
  while (!reader.isSign('|', ']')) {
    const { kind, text } = reader.take();
    if (kind === 'sign' && text !== ',') throw reader.fault(`wants a column, has ${text}`);
    if (text === '-' || text.includes('*'))
      throw reader.fault(`fields ${text} cannot be read; name the columns`);
    if (kind !== 'sign' && text !== '+') names.push(plainField(text));
  }
  return names.map((name) => columns.find(([, field]) => field === name) ?? [name, name]);
}

/** `rename a AS b, c AS d` */
function renamed(reader: TokenReader, columns: Columns): Columns {
  reader.take();
  const names = new Map<string, string>();
  while (!reader.isSign('|', ']')) {
    if (reader.isSign(',')) reader.take();
    const from = plainField(reader.take().text);
    if (!reader.isWord('as')) throw reader.fault('wants AS');
    reader.take();
    names.set(from, plainField(reader.take().text));
  }
  return columns.map(([column, field]) => [column, names.get(field) ?? field]);
}
