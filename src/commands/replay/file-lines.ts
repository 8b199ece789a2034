import { CriParts } from '../../audit/texts/cri-parts.ts';
import type { FileLine } from './file-line.ts';
import { Documents } from './json-documents.ts';
import { messagesIn, OTLP_BEGINNING, otlpForm } from './otlp-messages.ts';
import { beginning, bytesOf } from './read-bytes.ts';

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
  yield* linesIn(bytesOf(path, progress), skipped);
}

/** The same, or the requests of a file of OTLP protobuf. */
export async function* recordingOf(
  path: string,
  progress: (bytes: number) => void,
  skipped: (nulBytes: number) => void,
): AsyncGenerator<FileLine> {
  const [first, all] = await beginning(bytesOf(path, progress), OTLP_BEGINNING);
  const form = otlpForm(first);
  yield* form === undefined ? linesIn(all, skipped) : messagesIn(all, form, LINE_MAX);
}

async function* linesIn(
  chunks: AsyncGenerator<Buffer>,
  skipped: (nulBytes: number) => void,
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
  const parts = new CriParts<number>();
  for await (const chunk of chunks) {
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
        if (held > 0)
          for (const one of joined(line(), parts)) for (const whole of documents.take(one)) yield whole;
        number++;
      }
    }
  }
  if (held > 0) for (const one of joined(line(), parts)) yield* documents.take(one);
  for (const { text, of } of parts.end())
    yield* documents.take({ number: of, bytes: Buffer.from(text, 'latin1') });
  yield* documents.end();
}

/** The lines that are whole with this one. Only a line that begins with a digit can be a part of one. */
function joined(line: FileLine, parts: CriParts<number>): readonly FileLine[] {
  const { number, bytes } = line;
  if (bytes === undefined || (parts.isEmpty && !startsWithDigit(bytes))) return [line];
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return parts
    .take(text, number)
    .map((one) => (one.text === text ? line : { number: one.of, bytes: Buffer.from(one.text, 'latin1') }));
}

const startsWithDigit = ([first = 0]: Uint8Array): boolean => first >= 0x30 && first <= 0x39;
