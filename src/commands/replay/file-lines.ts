import type { FileLine } from './file-line.ts';
import { Documents } from './json-documents.ts';
import { bytesOf } from './read-bytes.ts';

/** The largest line or document that is read. The largest audit events have a few MiB. */
export const LINE_MAX = 64 * 2 ** 20;

const NEWLINE = 0x0a;
const NUL = 0;

/**
 * The lines of a file or of standard input (`-`), decompressed. JSON documents of several lines are joined, blank lines are
 * left out. NUL bytes, which a log that is truncated while it is written begins with by the gigabyte, end a line and its
 * document, but do not count as a line. Throws the error of a failed read. `progress` gets the size of each piece before
 * decompression, `skipped` the number of NUL bytes.
 */
export async function* linesOf(
  path: string,
  progress: (bytes: number) => void,
  skipped: (nulBytes: number) => void = () => {},
): AsyncGenerator<FileLine> {
  const documents = new Documents(LINE_MAX);
  let number = 1;
  let pieces: Buffer[] = [];
  let held = 0;
  const line = (): FileLine => {
    const bytes = held > LINE_MAX ? undefined : Buffer.concat(pieces);
    pieces = [];
    held = 0;
    return { number, bytes };
  };
  for await (const chunk of bytesOf(path, progress)) {
    let nul = chunk.indexOf(NUL);
    for (let start = 0; start < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, start);
      const stop = newline < 0 ? chunk.length : newline;
      const end = nul < 0 ? stop : Math.min(nul, stop);
      const piece = chunk.subarray(start, end);
      held += piece.length;
      if (held <= LINE_MAX) pieces.push(piece);
      start = end;
      if (end === nul) {
        if (held > 0) yield* documents.take(line());
        yield* documents.end();
        while (chunk[start] === 0) start++;
        skipped(start - end);
        nul = chunk.indexOf(NUL, start);
      } else if (end === newline) {
        start++;
        if (held > 0) for (const whole of documents.take(line())) yield whole;
        number++;
      }
    }
  }
  if (held > 0) yield* documents.take(line());
  yield* documents.end();
}
