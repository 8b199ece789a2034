import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { piecesOf } from './byte-pieces.ts';
import { unzstd } from './unzstd.ts';

/** Bytes of the longest magic number. */
const MAGIC = 4;

/**
 * The bytes of an input (see `piecesOf`), decompressed; gzip and zstd are recognised by their first bytes. Throws the error of
 * a failed read. `progress` gets the size of each piece before decompression.
 */
export async function* bytesOf(path: string, progress: (bytes: number) => void): AsyncGenerator<Buffer> {
  const pieces = piecesOf(path);
  // The first piece of a pipe may be a single byte.
  let first: Buffer = Buffer.alloc(0);
  while (first.length < MAGIC) {
    const { value, done } = await pieces.next();
    if (done) break;
    first = Buffer.concat([first, value]);
  }
  const all = (async function* () {
    if (first.length > 0) {
      progress(first.length);
      yield first;
    }
    for await (const piece of pieces) {
      progress(piece.length);
      yield piece;
    }
  })();
  if (isZstd(first)) yield* unzstd(all);
  else if (first[0] === 0x1f && first[1] === 0x8b) yield* gunzipped(all);
  else yield* all;
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
