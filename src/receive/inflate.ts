import { promisify } from 'node:util';
import {
  gunzip as gunzipAsync,
  gunzipSync,
  inflate as inflateAsync,
  inflateSync,
  type ZlibOptions,
} from 'node:zlib';
import { unzstdAsync, unzstdSync, zstdContentSize } from './zstd-frames.ts';

/** The compressions that we support. `deflate` has zlib's header, as in HTTP. */
export type Encoding = 'gzip' | 'deflate' | 'zstd';

/** A message that decompresses to more is inflated on a thread. At about 1 GB/s this much blocks the event loop for as long as is acceptable. */
const SYNC_BYTES_MAX = 4 * 2 ** 20;
/** The same for one that has more bytes: a block of deflate can be of a few bytes and hold nothing, but cost microseconds. Logs become ten times larger, and more. */
const SYNC_COMPRESSED_MAX = 256 * 1024;
/** The size of output pieces where the message does not say how long it is. */
const PIECE = 64 * 1024;
const LARGE_PIECE = 256 * 1024;

interface OutputLimits {
  readonly maxOutputLength: number;
  readonly chunkSize: number;
}

const SYNC = { gzip: gunzipSync, deflate: inflateSync, zstd: unzstdSync } satisfies Record<
  Encoding,
  (bytes: Buffer, options: OutputLimits) => Buffer
>;
const ASYNC = {
  gzip: promisify<Buffer, ZlibOptions, Buffer>(gunzipAsync),
  deflate: promisify<Buffer, ZlibOptions, Buffer>(inflateAsync),
  zstd: unzstdAsync,
} satisfies Record<Encoding, (bytes: Buffer, options: OutputLimits) => Promise<Buffer>>;

/** `too large`: it decompresses to more than allowed, or needs more memory for that than any sender of ours does. */
export type Opened = Buffer | 'too large' | 'broken';

/** Decompresses a body to `most` bytes at most. */
export type Open = (bytes: Buffer, encoding: Encoding, most: number) => Opened | Promise<Opened>;

/**
 * Small bodies are decompressed at once, in one call on this thread: as a stream the same costs three times as much CPU
 * (bench: grpc.bench.ts). Large ones wait for each other, so that all of them together use no more memory than one: 2 x
 * `most` while its pieces are put together, and a window of zstd.
 */
export function inflater(): Open {
  let last: Promise<unknown> = Promise.resolve();
  const large = (bytes: Buffer, encoding: Encoding, most: number): Promise<Opened> => {
    const opened = last.then(() =>
      ASYNC[encoding](bytes, { maxOutputLength: most, chunkSize: LARGE_PIECE }).catch(failure),
    );
    last = opened;
    return opened;
  };
  return (bytes, encoding, most) => {
    const claimed = claimedLength(bytes, encoding);
    if (bytes.length > SYNC_COMPRESSED_MAX) return large(bytes, encoding, most);
    if (claimed > SYNC_BYTES_MAX && most > SYNC_BYTES_MAX) return large(bytes, encoding, most);
    try {
      return SYNC[encoding](bytes, {
        maxOutputLength: Math.min(most, SYNC_BYTES_MAX),
        // One byte more than it claims: otherwise zlib needs another piece to see that it is at the end.
        chunkSize: claimed === 0 ? PIECE : Math.max(64, Math.min(claimed + 1, most, SYNC_BYTES_MAX)),
      });
    } catch (error) {
      const why = failure(error);
      return why === 'too large' && most > SYNC_BYTES_MAX ? large(bytes, encoding, most) : why;
    }
  };
}

/** Larger than Node's pool, so that a buffer of this size does not share its memory. */
const UNSHARED_BYTES_MIN = 128 * 1024;

/**
 * Frees the memory of a decompressed message at once; nothing may read it afterwards. Left to the garbage collector, a
 * megabyte for each request keeps it running all the time: a quarter of the CPU (bench: e2e, gzip).
 */
export function free({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= UNSHARED_BYTES_MIN) buffer.transfer(0);
}

/**
 * The length in gzip's last four bytes (RFC 1952), or in the head of a zstd frame. Only a hint: it may be wrong, and it is
 * that of one member or frame alone.
 */
function claimedLength(bytes: Buffer, encoding: Encoding): number {
  if (encoding === 'zstd') return zstdContentSize(bytes);
  return encoding === 'gzip' && bytes.length >= 18 ? bytes.readUInt32LE(bytes.length - 4) : 0;
}

const TOO_LARGE = new Set(['ERR_BUFFER_TOO_LARGE', 'ZSTD_error_frameParameter_windowTooLarge']);

function failure(error: unknown): 'too large' | 'broken' {
  return TOO_LARGE.has((error as NodeJS.ErrnoException).code ?? '') ? 'too large' : 'broken';
}
