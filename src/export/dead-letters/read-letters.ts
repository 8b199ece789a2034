import { open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ifMissing, syncFolder } from './letter-files.ts';
import { type KeptLetter, parseLetterLine } from './letter-line.ts';

/** What a file of dead letters holds; each letter with its line. */
export interface ReadLetters {
  readonly letters: readonly (KeptLetter & { readonly line: string })[];
  /** Lines that hold no dead letter, such as one that broke off when the disk was full. */
  readonly unreadable: readonly string[];
}

/** A file that is not there any more holds none. */
export async function readLetters(path: string): Promise<ReadLetters> {
  const text = await readFile(path, 'utf8').catch(ifMissing(''));
  const letters: (KeptLetter & { line: string })[] = [];
  const unreadable: string[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const letter = parseLetterLine(line);
    if (letter) letters.push({ ...letter, line });
    else unreadable.push(line);
  }
  return { letters, unreadable };
}

/** Leaves these lines in a file that was set aside; without any it is deleted. At every moment the old or the new lines are there. */
export async function keepLines(path: string, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return await unlink(path).catch(ifMissing(undefined));
  const draft = `${path}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(lines.map((line) => `${line}\n`).join(''));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(join(path, '..'));
}
