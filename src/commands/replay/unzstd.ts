import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';

/**
 * Decompresses zstd frame after frame, as gunzip does members. Frames that are to be skipped (pzstd begins with one) hold
 * nothing. Throws for what is no frame, and for one that ends early.
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
    // Node ends the stream with the frame; what was fed beyond it begins the next one.
    await feeding;
    await pieceByPiece.return(undefined);
    rest = fed.beyond(frame.bytesWritten);
  }
}

/** What a decompressor was given, and what of it is another's. */
class Fed {
  readonly #pieces: AsyncGenerator<Buffer>;
  #given: Buffer[];
  /** Where the first of `#given` begins. */
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

  /** The pieces after so many bytes. */
  beyond(used: number): Buffer[] {
    let skip = used - this.#start;
    while (this.#given.length > 0 && skip >= this.#given[0]!.length) skip -= this.#given.shift()!.length;
    if (skip > 0) this.#given[0] = this.#given[0]!.subarray(skip);
    this.#start = used;
    return this.#given;
  }
}
