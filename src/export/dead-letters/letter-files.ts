import { randomBytes } from 'node:crypto';
import { open, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Micros } from '../../model/time.ts';

/** A file of dead letters. */
export interface LetterFile {
  readonly path: string;
  readonly destination: string;
  readonly bytes: number;
  /** Still appended to. All others only ever disappear, or are replaced whole. */
  readonly isCurrent: boolean;
}

/** `siem.jsonl`, `siem.1768471200000000-1f3a.jsonl`: a name of a destination has no dot here. */
const FILE = /^([^.]+)(\.\d+-[\da-f]+)?\.jsonl$/;

const escapedName = (destination: string): string => encodeURIComponent(destination).replaceAll('.', '%2E');

/** The file that the dead letters of a destination are appended to. */
export const currentFile = (directory: string, destination: string): string =>
  join(directory, `${escapedName(destination)}.jsonl`);

/** All files of a folder that hold dead letters, by destination, the oldest first. None where there is no folder. */
export async function letterFiles(directory: string): Promise<readonly LetterFile[]> {
  const found: LetterFile[] = [];
  const names = await readdir(directory).catch(ifMissing<string[]>([]));
  for (const name of names.sort()) {
    const [, escaped, setAside] = FILE.exec(name) ?? [];
    if (escaped === undefined) continue;
    const path = join(directory, name);
    const size = await stat(path).then(
      (file) => (file.isFile() ? file.size : undefined),
      ifMissing(undefined),
    );
    if (size === undefined) continue;
    found.push({
      path,
      destination: decodeURIComponent(escaped),
      bytes: size,
      isCurrent: setAside === undefined,
    });
  }
  return found.sort(
    (a, b) =>
      Number(a.destination > b.destination) - Number(a.destination < b.destination) ||
      Number(a.isCurrent) - Number(b.isCurrent),
  );
}

/**
 * Gives the current file another name, so that nothing is appended to it any more; see `appendDurably`. Nothing where there
 * is none.
 */
export async function setAside(directory: string, destination: string, now: Micros): Promise<void> {
  // No two processes give one name, whatever their clocks say: a file would replace another.
  const mark = `${String(now).padStart(16, '0')}-${randomBytes(8).toString('hex')}`;
  const aside = join(directory, `${escapedName(destination)}.${mark}.jsonl`);
  await rename(currentFile(directory, destination), aside).catch(ifMissing(undefined));
}

/**
 * Appends lines to a file. When it resolves they are on disk, in a file that has this name still: another process may set it
 * aside in the middle, to read it. Then they are appended again, so they may be in both.
 */
export async function appendDurably(path: string, lines: string): Promise<void> {
  for (;;) {
    const file = await open(path, 'a+', 0o600);
    try {
      const { size, ino, dev } = await file.stat();
      await file.appendFile((await endsWithinLine(file, size)) ? `\n${lines}` : lines);
      await file.sync();
      const named = await stat(path).catch(ifMissing(undefined));
      if (named?.ino !== ino || named.dev !== dev) continue;
      if (size === 0) await syncFolder(join(path, '..'));
      return;
    } finally {
      await file.close();
    }
  }
}

/** Whether a write has broken off there. */
async function endsWithinLine(file: Awaited<ReturnType<typeof open>>, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() !== '\n';
}

/** Makes new names durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** For a `catch`: what to give in place of a file that is not there. */
export function ifMissing<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return instead;
    throw error;
  };
}
