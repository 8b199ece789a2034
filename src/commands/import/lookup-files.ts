import { basename, join } from 'node:path';
import { parseCsv } from '../../lib/csv.ts';
import { textFile } from '../../setup/text-file.ts';
import { type Conf, type ConfValue, isOn, placeIn } from './conf-file.ts';
import { plainField } from './row-condition.ts';
import { UnreadablePart } from './unreadable-part.ts';

/** How a lookup compares the values of a column. */
export type MatchType = 'exact' | 'wildcard' | 'cidr';

export interface LookupTable {
  readonly columns: readonly string[];
  /** By column; empty cells are ''. */
  readonly rows: readonly ReadonlyMap<string, string>[];
  readonly matchOf: (column: string) => MatchType;
  readonly isCaseSensitive: boolean;
}

/** The lookups of an app: CSV files, and the definitions that name them. */
export interface LookupFiles {
  /** The rows of a file, or of the file that a definition names. Throws UnreadablePart. */
  table(name: string, where: string): LookupTable;
}

/** Settings of a definition that change what it answers, with the only value that can be read. */
const UNREADABLE = [
  'external_cmd',
  'collection',
  'external_type',
  'time_field',
  'filter',
  'default_match',
  'min_matches',
];

/** `directory`: the folder of the CSV files. `transforms`: the definitions. */
export function lookupFiles(directory: string | undefined, transforms: Conf): LookupFiles {
  return {
    table(name, where) {
      const definition = transforms.stanza(name);
      const file = definition?.get('filename')?.text ?? name;
      if (definition === undefined && !name.endsWith('.csv'))
        throw new UnreadablePart(
          where,
          `the lookup ${name} is not defined in the transforms that were given (--transforms)`,
        );
      const odd = UNREADABLE.find((key) => (definition?.get(key)?.text ?? '') !== '');
      if (odd !== undefined) throw new UnreadablePart(where, `the lookup ${name} has ${odd}`);
      if (directory === undefined)
        throw new UnreadablePart(
          where,
          `the lookup ${name} needs the folder of the lookup files (--lookups)`,
        );
      const rows = rowsOf(join(directory, basename(file)), where);
      const types = matchTypes(definition?.get('match_type'));
      return {
        ...rows,
        matchOf: (column) => types.get(column) ?? 'exact',
        isCaseSensitive: isOn(definition?.get('case_sensitive_match'), true),
      };
    },
  };
}

const MATCH_TYPE = /^(WILDCARD|CIDR|EXACT)\s*\(([^()]+)\)$/i;

/** `WILDCARD(user), CIDR(src_ip)` */
function matchTypes(value: ConfValue | undefined): ReadonlyMap<string, MatchType> {
  const types = new Map<string, MatchType>();
  if (value === undefined || value.text === '') return types;
  for (const part of value.text.split(',')) {
    const [, type, column] = MATCH_TYPE.exec(part.trim()) ?? [];
    if (type === undefined)
      throw new UnreadablePart(placeIn(value), `match_type = ${value.text} cannot be read`);
    types.set(plainField(column!.trim()), type.toLowerCase() as MatchType);
  }
  return types;
}

function rowsOf(path: string, where: string): Pick<LookupTable, 'columns' | 'rows'> {
  const file = textFile(path);
  if ('why' in file) throw new UnreadablePart(where, `the lookup file ${path} ${file.why}`);
  const [head, ...rows] = parseCsv(file.text);
  if (head === undefined) throw new UnreadablePart(where, `the lookup file ${path} is empty`);
  const columns = head.cells.map((cell) => plainField(cell.trim()));
  return {
    columns,
    rows: rows.map(({ cells }) => new Map(columns.map((column, i) => [column, cells[i] ?? '']))),
  };
}
