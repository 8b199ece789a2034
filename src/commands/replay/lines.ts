import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

/** A line longer than this is cut and counted as unreadable: the largest audit events are a few MiB. */
export const LINE_MAX = 64 * 2 ** 20;

export interface Line {
  readonly number: number;
  /** undefined for a line beyond LINE_MAX. */
  readonly bytes: Uint8Array | undefined;
}

const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const NEWLINE = 0x0a;

/**
 * The lines of a file, or of standard input for `-`; gzip and zstd are told by their first bytes. A file whose first line
 * is a lone bracket is one pretty-printed JSON document and comes as a single line. Throws what reading throws.
 * `progress` is called with each piece's size as it lies on disk.
 */
export async function* linesOf(path: string, progress: (bytes: number) => void): AsyncGenerator<Line> {
  let number = 0;
  let whole = false;
  let pieces: Buffer[] = [];
  let held = 0;
  const line = (): Line => {
    number++;
    const bytes = held > LINE_MAX ? undefined : Buffer.concat(pieces);
    pieces = [];
    held = 0;
    return { number, bytes };
  };
  for await (const chunk of decompressed(path, progress)) {
    let start = 0;
    for (;;) {
      const stop = whole ? -1 : chunk.indexOf(NEWLINE, start);
      const piece = chunk.subarray(start, stop < 0 ? chunk.length : stop);
      held += piece.length;
      if (held <= LINE_MAX) pieces.push(piece);
      if (stop < 0) break;
      start = stop + 1;
      if (number === 0 && held <= 16 && /^\s*[{[]\s*$/.test(Buffer.concat(pieces).toString())) {
        whole = true;
        continue;
      }
      if (held > 0) yield line();
      else number++;
    }
  }
  if (held > 0) yield line();
}

async function* decompressed(path: string, progress: (bytes: number) => void): AsyncGenerator<Buffer> {
  const source: Readable = path === '-' ? process.stdin : createReadStream(path);
  let first: Buffer | undefined;
  const pieces = source[Symbol.asyncIterator]();
  const counted = async function* () {
    if (first) yield first;
    for (;;) {
      const { value, done } = await pieces.next();
      if (done) return;
      progress(value.length);
      yield value as Buffer;
    }
  };
  // A pipe may give a single byte at first; the magic numbers need up to four.
  while (first === undefined || first.length < ZSTD.length) {
    const { value, done } = await pieces.next();
    if (done) break;
    progress(value.length);
    first = first ? Buffer.concat([first, value as Buffer]) : (value as Buffer);
  }
  if (!first) return;
  const begins = (magic: Buffer) => first!.subarray(0, magic.length).equals(magic);
  if (!begins(GZIP) && !begins(ZSTD)) {
    yield* counted();
    return;
  }
  const unpack = begins(GZIP) ? createGunzip() : createZstdDecompress();
  // The error reaches the reader through `unpack`; the callback only keeps it from being thrown twice.
  pipeline(Readable.from(counted()), unpack, () => {});
  yield* unpack as AsyncIterable<Buffer>;
}
