import { promisify } from 'node:util';
import {
  gunzip as gunzipAsync,
  gunzipSync,
  type InputType,
  inflate as inflateAsync,
  inflateSync,
  type ZlibOptions,
} from 'node:zlib';

/** Compression names of gRPC that we open. */
export type Encoding = 'gzip' | 'deflate';

/** One that opens to more goes to a thread: at about 1 GB/s this is as long as the event loop may stand still for it. */
const SYNC_MOST = 4 * 2 ** 20;
/** Output is made in pieces of this size where the message does not say how much it will be. */
const PIECE = 64 * 1024;
const LARGE_PIECE = 256 * 1024;

const SYNC = { gzip: gunzipSync, deflate: inflateSync } satisfies Record<
  Encoding,
  (bytes: InputType, options: ZlibOptions) => Buffer
>;
const ASYNC = {
  gzip: promisify<Buffer, ZlibOptions, Buffer>(gunzipAsync),
  deflate: promisify<Buffer, ZlibOptions, Buffer>(inflateAsync),
} satisfies Record<Encoding, (bytes: Buffer, options: ZlibOptions) => Promise<Buffer>>;

export type Opened = Buffer | 'too large' | 'broken';

/**
 * Opens compressed messages of up to `most` bytes. Small ones at once, in one go and by one thread: by stream the same
 * costs three times as much CPU (bench: grpc.bench.ts). Large ones wait for each other, so that all of them together
 * take up no more than one does: 2 x `most` while its pieces are put together.
 */
export function inflater(most: number): (bytes: Buffer, encoding: Encoding) => Opened | Promise<Opened> {
  let last: Promise<unknown> = Promise.resolve();
  const large = (bytes: Buffer, encoding: Encoding): Promise<Opened> => {
    const opened = last.then(() =>
      ASYNC[encoding](bytes, { maxOutputLength: most, chunkSize: LARGE_PIECE }).catch(failure),
    );
    last = opened;
    return opened;
  };
  return (bytes, encoding) => {
    const claimed = claimedLength(bytes, encoding);
    if (claimed > SYNC_MOST && most > SYNC_MOST) return large(bytes, encoding);
    try {
      return SYNC[encoding](bytes, {
        maxOutputLength: Math.min(most, SYNC_MOST),
        // One byte more than it claims: else zlib asks for another piece to see that it has come to the end.
        chunkSize: claimed === 0 ? PIECE : Math.max(64, Math.min(claimed + 1, most, SYNC_MOST)),
      });
    } catch (error) {
      const why = failure(error);
      return why === 'too large' && most > SYNC_MOST ? large(bytes, encoding) : why;
    }
  };
}

/** Above Node's pool, so that a buffer of this size has its memory for itself. */
const OWN_MEMORY = 128 * 1024;

/**
 * Gives an opened message's memory back at once; nothing may read it afterwards. Left to the garbage collector, a
 * megabyte a request makes it run all the time: a quarter of the CPU (bench: e2e, gzip).
 */
export function free({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= OWN_MEMORY) buffer.transfer(0);
}

/** What gzip says in its last four bytes (RFC 1952). A hint only: it may lie, and speaks of the last member alone. */
function claimedLength(bytes: Buffer, encoding: Encoding): number {
  return encoding === 'gzip' && bytes.length >= 18 ? bytes.readUInt32LE(bytes.length - 4) : 0;
}

function failure(error: unknown): 'too large' | 'broken' {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too large' : 'broken';
}
