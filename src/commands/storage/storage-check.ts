import { plainText } from '../../lib/plain-text.ts';
import { UserError } from '../../setup/user-error.ts';
import { checkDatabase, type StoreReport } from '../../store/sqlite/check-database.ts';
import { databaseFile } from '../../store/sqlite/database-file.ts';
import { columns } from '../output/columns.ts';
import { printer } from '../output/printer.ts';

/** Where nothing is known of the file: it is in use, cannot be read, or is not there. */
const UNKNOWN = 2;

/** Prints what the store of a directory holds and what is wrong with it. Resolves with the exit code: 1 if it is damaged. */
export async function storageCheck(directory: string): Promise<number> {
  const found = checkDatabase(directory);
  if (!found) throw new UserError([`${databaseFile(directory)}  is not there`], UNKNOWN);
  if ('kind' in found) throw new UserError([found.why], found.kind === 'damaged' ? 1 : UNKNOWN);
  const isGood = found.damage.length === 0;
  const head = `${plainText(databaseFile(directory))} is ${isGood ? 'whole' : 'damaged'}\n`;
  const print = printer(process.stdout);
  await print(head + columns(rowsOf(found)));
  if (isGood) return 0;
  await print(
    `\n${columns(found.damage.map((line) => [line]))}\nMove it aside with: sidewatch storage reset ${plainText(directory)}\n`,
  );
  return 1;
}

function rowsOf({ format, blocks, parts, unfinished, events, waiting }: StoreReport): string[][] {
  return [
    ['format', String(format)],
    ['snapshot', counted(parts.rows, 'part'), sizeText(parts.bytes)],
    ...(unfinished.rows > 0
      ? [['  unfinished', counted(unfinished.rows, 'part'), sizeText(unfinished.bytes)]]
      : []),
    ['journal', counted(blocks.rows, 'block'), sizeText(blocks.bytes)],
    ['outbox', counted(events.rows, 'event'), sizeText(events.bytes)],
    ...Array.from(waiting, ([destination, count]) => [`  for ${destination}`, counted(count, 'event')]),
  ];
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
const sizeText = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
