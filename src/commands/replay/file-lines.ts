import type { FileLine } from './file-line.ts';
import { Documents } from './json-documents.ts';
import { bytesOf } from './read-bytes.ts';

/** A line, or a document over lines, that is longer than this is not held: the largest audit events are a few MiB. */
export const LINE_MAX = 64 * 2 ** 20;

const NEWLINE = 0x0a;

/**
 * The lines of a file, or of standard input for `-`, decompressed; JSON documents that go over several lines are put
 * together. Blank lines are passed over. Throws what reading throws. `progress` is called with each piece's size as it lies
 * on disk.
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
