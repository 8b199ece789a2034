import type { FileLine } from './file-line.ts';
import { Documents } from './json-documents.ts';
import { bytesOf } from './read-bytes.ts';

/** The largest line or document that is read. The largest audit events have a few MiB. */
export const LINE_MAX = 64 * 2 ** 20;

const NEWLINE = 0x0a;

/**
 * The lines of a file or of standard input (`-`), decompressed. JSON documents of several lines are joined, blank lines are
 * left out. Throws the error of a failed read. `progress` gets the size of each piece before decompression.
 */
export async function* linesOf(path: string, progress: (bytes: number) => void): AsyncGenerator<FileLine> {
  const documents = new Documents(LINE_MAX);
  let number = 0;
  let pieces: Buffer[] = [];
  let held = 0;
  const line = (): FileLine => {
    number++;
    const bytes = held > LINE_MAX ? undefined : Buffer.concat(pieces);
    pieces = [];
    held = 0;
    return { number, bytes };
  };
  for await (const chunk of bytesOf(path, progress)) {
    let start = 0;
    for (;;) {
      const stop = chunk.indexOf(NEWLINE, start);
      const piece = chunk.subarray(start, stop < 0 ? chunk.length : stop);
      held += piece.length;
      if (held <= LINE_MAX) pieces.push(piece);
      if (stop < 0) break;
      start = stop + 1;
      if (held === 0) number++;
      else for (const whole of documents.take(line())) yield whole;
    }
  }
  if (held > 0) yield* documents.take(line());
  yield* documents.end();
}
