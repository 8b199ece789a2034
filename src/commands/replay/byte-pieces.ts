import { closeSync, createReadStream, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

const PIECE = 2 ** 16;

/** The bytes of a file, of a pipe, or of standard input (`-`). Throws the error of a failed read. */
export async function* piecesOf(path: string): AsyncGenerator<Buffer> {
  if (path === '-') yield* process.stdin as AsyncIterable<Buffer>;
  else if (statSync(path).isFile()) yield* ofFile(path);
  else yield* createReadStream(path) as AsyncIterable<Buffer>;
}

/**
 * Opens the file again for each piece: replay reads all files at the same time, and they may be more than a process may have
 * open. Signals are seen between pieces.
 */
async function* ofFile(path: string): AsyncGenerator<Buffer> {
  let inode: number | undefined;
  for (let at = 0; ; ) {
    const file = openSync(path, 'r');
    try {
      const { ino } = fstatSync(file);
      inode ??= ino;
      if (ino !== inode)
        throw Object.assign(new Error('it was replaced while it was read'), {
          code: 'ESTALE',
          syscall: 'read',
        });
      const piece = Buffer.allocUnsafeSlow(PIECE);
      const size = readSync(file, piece, 0, PIECE, at);
      if (size === 0) return;
      at += size;
      yield piece.subarray(0, size);
    } finally {
      closeSync(file);
    }
    await setImmediate();
  }
}
