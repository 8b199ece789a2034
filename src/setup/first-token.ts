import { UserError } from './user-error.ts';
import { userFile } from './user-file.ts';

/** The token that a client of a receiver or of the console sends: the first of a file. Throws UserError. */
export function firstToken(path: string): string {
  const file = userFile(path);
  if ('why' in file) throw new UserError([`${path}  ${file.why}`]);
  const lines = file.text.split('\n').map((line) => line.trim());
  const token = lines.find((line) => line !== '' && !line.startsWith('#'));
  if (token === undefined) throw new UserError([`${path}  holds no token`]);
  return token;
}
