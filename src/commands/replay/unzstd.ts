import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';

/**
 * Decompresses one zstd frame after the other, as gunzip does with members. Skippable frames (pzstd begins with one) give no
 * bytes. Throws for bytes that are no frame, and for a frame that ends early.
 */
export async function* unzstd(pieces: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  for (let rest: Buffer[] = []; ; ) {
    if (rest.length === 0) {
      const { value, done } = await pieces.next();
      if (done) return;
      rest = [value];
    }
    const fed = new Fed(rest, pieces);
    const frame = createZstdDecompress();
    const pieceByPiece = fed.all(() => frame.bytesWritten);
    const feeding = pipeline(Readable.from(pieceByPiece), frame).catch(() => {});
    yield* frame as AsyncIterable<Buffer>;
    // Node ends the stream at the end of the frame. Bytes after it belong to the next frame.
    await feeding;
    await pieceByPiece.return(undefined);
    rest = fed.beyond(frame.bytesWritten);
  }
}

/** The bytes that a decompressor was given, to find those that it did not use. */
class Fed {
  readonly #pieces: AsyncGenerator<Buffer>;
  #given: Buffer[];
  /** The offset of the first of `#given`. */
  #start = 0;

  constructor(given: Buffer[], pieces: AsyncGenerator<Buffer>) {
    this.#given = given;
    this.#pieces = pieces;
  }

  async *all(used: () => number): AsyncGenerator<Buffer> {
    yield* [...this.#given];
    for (;;) {
      const { value, done } = await this.#pieces.next();
      if (done) return;
      this.#given = [...this.beyond(used()), value];
      yield value;
    }
  }

  /** The pieces after the first `used` bytes. */
  beyond(used: number): Buffer[] {
    let skip = used - this.#start;
    while (this.#given.length > 0 && skip >= this.#given[0]!.length) skip -= this.#given.shift()!.length;
    if (skip > 0) this.#given[0] = this.#given[0]!.subarray(skip);
    this.#start = used;
    return this.#given;
  }
}
