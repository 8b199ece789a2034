import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { piecesOf } from './byte-pieces.ts';
import { BEGINNING_MAX, foreignFormat } from './foreign-format.ts';
import { unzstd } from './unzstd.ts';

/** Bytes of the longest magic number of a compression. */
const MAGIC = 4;

/**
 * The bytes of an input (see `piecesOf`), decompressed; gzip and zstd are recognised by their first bytes. Throws the error of
 * a failed read, and ForeignFormat for what is no text. `progress` gets the size of each piece before decompression.
 */
export async function* bytesOf(path: string, progress: (bytes: number) => void): AsyncGenerator<Buffer> {
  const [first, all] = await beginning(counted(piecesOf(path), progress), MAGIC);
  if (isZstd(first)) yield* text(unzstd(all));
  else if (first[0] === 0x1f && first[1] === 0x8b) yield* text(gunzipped(all));
  else yield* text(all);
}

/** An input, or what was compressed in it, is in a format that is not read. */
export class ForeignFormat extends Error {
  override readonly name = 'ForeignFormat';
}

/** The same bytes; throws if they begin like another format. */
async function* text(pieces: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const [first, all] = await beginning(pieces, BEGINNING_MAX);
  const hint = foreignFormat(first);
  if (hint !== undefined) throw new ForeignFormat(hint);
  yield* all;
}

/** At least the first `size` bytes, if there are so many, and all bytes. The first piece of a pipe may be a single byte. */
export async function beginning(
  pieces: AsyncGenerator<Buffer>,
  size: number,
): Promise<[Buffer, AsyncGenerator<Buffer>]> {
  let first: Buffer = Buffer.alloc(0);
  while (first.length < size) {
    const { value, done } = await pieces.next();
    if (done) break;
    first = first.length === 0 ? value : Buffer.concat([first, value]);
  }
  const all = (async function* () {
    if (first.length > 0) yield first;
    yield* pieces;
  })();
  return [first, all];
}

async function* counted(
  pieces: AsyncGenerator<Buffer>,
  progress: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    progress(piece.length);
    yield piece;
  }
}

async function* gunzipped(pieces: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const unpack = createGunzip();
  // The reader gets the error through `unpack`. The empty callback keeps it from being thrown a second time.
  pipeline(Readable.from(pieces), unpack, () => {});
  yield* unpack as AsyncIterable<Buffer>;
}

/** Whether it begins with a zstd frame, or with a skippable frame (0x184D2A50 to 5F). */
function isZstd(first: Buffer): boolean {
  if (first.length < MAGIC) return false;
  const magic = first.readUInt32LE(0);
  return magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50;
}
