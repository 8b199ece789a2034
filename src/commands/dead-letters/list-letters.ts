import { readLetters } from '../../export/dead-letters/read-letters.ts';
import { LEVELS, type Level } from '../../model/rule.ts';
import { settingsFor } from '../../setup/settings.ts';
import { columns } from '../output/columns.ts';
import { printer } from '../output/printer.ts';
import { filesByDestination, lettersDirectory } from './letters-of.ts';

export interface ListLettersOptions {
  readonly config?: string;
  readonly destination?: string;
  readonly output: 'table' | 'json';
}

/** Reasons of one destination that have a row of their own. */
const REASONS_MAX = 50;
const OTHER_REASONS = 'other reasons';

/** Dead letters of one destination with the same reason. */
interface Row {
  letters: number;
  level: Level;
  first: string;
  last: string;
}

/** Prints the dead letters: a row for each reason, or each as a line of JSON. */
export async function listLetters({ config, destination, output }: ListLettersOptions): Promise<void> {
  const settings = await settingsFor(config);
  const directory = lettersDirectory(settings, config);
  const print = printer(process.stdout);
  const table: string[][] = [['DESTINATION', 'LETTERS', 'MOST SEVERE', 'FIRST', 'LAST', 'REASON']];
  for (const [name, files] of await filesByDestination(directory, settings, destination)) {
    const rows = new Map<string, Row>();
    for (const { path } of files) {
      const { letters, unreadable } = await readLetters(path);
      for (const { line, time, why, rejected, event } of letters) {
        if (output === 'json') await print(`${line}\n`);
        const reason = rejected ? `a part of a batch was rejected: ${why}` : why;
        const key = rows.has(reason) || rows.size < REASONS_MAX ? reason : OTHER_REASONS;
        rows.set(key, withLetter(rows.get(key), time, event.rank.level));
      }
      if (unreadable.length > 0)
        table.push([name, String(unreadable.length), '-', '-', '-', `lines that cannot be read, in ${path}`]);
    }
    for (const [reason, { letters, level, first, last }] of rows)
      table.push([name, String(letters), level, first, last, reason]);
  }
  if (output === 'table') await print(table.length > 1 ? columns(table) : 'no dead letters\n');
}

function withLetter(row: Row | undefined, time: string, level: Level): Row {
  if (row === undefined) return { letters: 1, level, first: time, last: time };
  return {
    letters: row.letters + 1,
    level: LEVELS.indexOf(level) > LEVELS.indexOf(row.level) ? level : row.level,
    first: time < row.first ? time : row.first,
    last: time > row.last ? time : row.last,
  };
}
