import { plainText } from '../../lib/plain-text.ts';
import { formatTime } from '../../lib/time-format.ts';
import { wallClock } from '../../ops/clock.ts';
import { UserError } from '../../setup/user-error.ts';
import { databaseFile } from '../../store/sqlite/database-file.ts';
import { moveAside } from '../../store/sqlite/move-aside.ts';

/** Moves the store of a directory into a folder beside it, whose name has the time, and prints where. */
export async function storageReset(directory: string): Promise<void> {
  const now = formatTime(wallClock()).slice(0, 'yyyy-mm-ddThh:mm:ss'.length).replaceAll(':', '-');
  const moved = moveAside(directory, `aside-${now}Z`);
  if (!moved) throw new UserError([`${databaseFile(directory)}  is not there`]);
  if ('kind' in moved) throw new UserError([moved.why]);
  const done = `The store is in ${moved.folder} now. The next start in ${directory} begins with an empty one.`;
  process.stdout.write(`${plainText(done)}\n`);
}
