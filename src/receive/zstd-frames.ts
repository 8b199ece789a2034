import { promisify } from 'node:util';
import { constants, type ZstdOptions, zstdDecompress, zstdDecompressSync } from 'node:zlib';

/**
 * The largest window, as a power of two: 32 MiB, that of the collector's highest level; most senders use 8 MiB. A frame of a
 * few bytes can ask for 128 MiB.
 */
const WINDOW_LOG_MAX = 25;
const PARAMS = { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX };

/** An empty frame has 9 bytes and costs as much as thousands of them: senders have no use for many. */
const FRAMES_MAX = 16;

interface Limits {
  readonly maxOutputLength: number;
  readonly chunkSize: number;
}

interface Frame {
  readonly buffer: Buffer<ArrayBuffer>;
  readonly engine: { readonly bytesWritten: number };
}

/** Decompresses all frames, one after the other, as Node's gunzip does with members. Throws Node's errors. */
export function unzstdSync(bytes: Buffer, limits: Limits): Buffer {
  const frames = new Frames(bytes, limits);
  while (!frames.done) frames.add(zstdDecompressSync(frames.rest, frames.options) as unknown as Frame);
  return frames.all;
}

const onThread = promisify<Buffer, ZstdOptions, Frame>(
  zstdDecompress as unknown as (
    bytes: Buffer,
    options: ZstdOptions,
    done: (error: Error | null, frame: Frame) => void,
  ) => void,
);

/** The same on a thread. */
export async function unzstdAsync(bytes: Buffer, limits: Limits): Promise<Buffer> {
  const frames = new Frames(bytes, limits);
  while (!frames.done) frames.add(await onThread(frames.rest, frames.options));
  return frames.all;
}

/** Node stops at the end of the first frame, and says how many bytes it has used. */
class Frames {
  readonly #limits: Limits;
  readonly #opened: Buffer<ArrayBuffer>[] = [];
  #left: number;
  rest: Buffer;
  done = false;

  constructor(bytes: Buffer, limits: Limits) {
    this.rest = bytes;
    this.#limits = limits;
    this.#left = limits.maxOutputLength;
  }

  get options(): ZstdOptions {
    // Node accepts no limit of 0. A byte too many is found in add().
    return { ...this.#limits, maxOutputLength: Math.max(1, this.#left), params: PARAMS, info: true };
  }

  get all(): Buffer {
    const [first = Buffer.alloc(0), ...others] = this.#opened;
    return others.length === 0 ? first : Buffer.concat(this.#opened);
  }

  add({ buffer, engine }: Frame): void {
    this.#left -= buffer.length;
    if (this.#left < 0) throw Object.assign(new RangeError(), { code: 'ERR_BUFFER_TOO_LARGE' });
    this.#opened.push(buffer);
    this.rest = this.rest.subarray(engine.bytesWritten);
    this.done = this.rest.length === 0;
    if (!this.done && (engine.bytesWritten === 0 || this.#opened.length >= FRAMES_MAX))
      throw new RangeError('too many frames');
  }
}

const MAGIC = 0xfd2fb528;

/** Bytes of the content size, by the upper two bits of the descriptor (RFC 8878, 3.1.1.1.1). */
const SIZE_BYTES = [0, 2, 4, 8] as const;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const SINGLE_SEGMENT = 0x20;

/** The content size in the head of a zstd frame; 0 where it has none, or is no such head. It may be a lie. */
export function zstdContentSize(bytes: Buffer): number {
  if (bytes.length < 18 || bytes.readUInt32LE(0) !== MAGIC) return 0;
  const descriptor = bytes.readUInt8(4);
  const single = (descriptor & SINGLE_SEGMENT) !== 0;
  const length = SIZE_BYTES[(descriptor >> 6) as 0 | 1 | 2 | 3] || (single ? 1 : 0);
  if (length === 0) return 0;
  const at = 5 + (single ? 0 : 1) + DICTIONARY_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3];
  if (length === 8) return Number(bytes.readBigUInt64LE(at));
  const size = bytes.readUIntLE(at, length);
  return length === 2 ? size + 256 : size;
}
