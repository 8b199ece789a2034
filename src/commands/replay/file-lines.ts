import type { FileLine } from './file-line.ts';
import { LineFraming } from './line-framing.ts';
import { messagesIn, OTLP_BEGINNING, otlpForm } from './otlp-messages.ts';
import { beginning, bytesOf } from './read-bytes.ts';

/** The largest line or document that is read. The largest audit events have a few MiB. */
export const LINE_MAX = 64 * 2 ** 20;

/**
 * The lines of a file or of standard input (`-`), decompressed; see LineFraming. Throws the error of a failed read. `progress`
 * gets the size of each piece before decompression, `skipped` the number of NUL bytes.
 */
export async function* linesOf(
  path: string,
  progress: (bytes: number) => void,
  skipped: (nulBytes: number) => void = () => {},
): AsyncGenerator<FileLine> {
  for await (const lines of linesIn(bytesOf(path, progress), skipped)) yield* lines;
}

/** The same, or the requests of a file of OTLP protobuf: as many at once as came with one piece of the input. */
export async function* recordingOf(
  path: string,
  progress: (bytes: number) => void,
  skipped: (nulBytes: number) => void,
): AsyncGenerator<readonly FileLine[]> {
  const [first, all] = await beginning(bytesOf(path, progress), OTLP_BEGINNING);
  const form = otlpForm(first);
  if (form === undefined) yield* linesIn(all, skipped);
  else for await (const message of messagesIn(all, form, LINE_MAX)) yield [message];
}

async function* linesIn(
  chunks: AsyncGenerator<Buffer>,
  skipped: (nulBytes: number) => void,
): AsyncGenerator<readonly FileLine[]> {
  const framing = new LineFraming(LINE_MAX, skipped);
  for await (const chunk of chunks) {
    const lines = framing.take(chunk);
    if (lines.length > 0) yield lines;
  }
  yield framing.end();
}
