import { zstdDecompressSync } from 'node:zlib';
import type { FileLine } from './file-line.ts';
import { ForeignFormat } from './read-bytes.ts';

/** Bytes by which a file of OTLP requests is recognised. */
export const OTLP_BEGINNING = 32;

/**
 * How a file holds serialised OTLP requests: one after the other without anything between them, or each behind its size in
 * four bytes (the collector's file exporter with `format: proto`), or behind the five bytes of a gRPC message.
 */
export type OtlpForm = 'bare' | 'sized' | 'grpc';

const HEADER = { bare: 0, sized: 4, grpc: 5 } as const;
const RESOURCE_LOGS = 0x0a;
const ZSTD = 0xfd2fb528;

/** The form of a file that begins with these bytes; undefined for text. */
export function otlpForm(first: Buffer): OtlpForm | undefined {
  // A log begins with text. No field of a request is without a byte that no text has.
  if (!first.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)) return undefined;
  if (isRequest(first)) return 'bare';
  if (
    first.length > 8 &&
    first[0]! < 0x10 &&
    (isRequest(first.subarray(4)) || first.readUInt32LE(4) === ZSTD)
  )
    return 'sized';
  return first[0] === 0 && isRequest(first.subarray(5)) ? 'grpc' : undefined;
}

/** A ResourceLogs that begins with a Resource or a ScopeLogs which fits into it. */
function isRequest(bytes: Buffer): boolean {
  if (bytes[0] !== RESOURCE_LOGS) return false;
  const outer = varint(bytes, 1);
  const tag = outer && bytes[outer.end];
  if (!outer || (tag !== 0x0a && tag !== 0x12)) return false;
  const inner = varint(bytes, outer.end + 1);
  return inner !== undefined && inner.end - outer.end + inner.value <= outer.value;
}

function varint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  return undefined;
}

const CUT_OFF = 'it ends within an OTLP request; the part before that was read';

/**
 * The requests of a file of OTLP protobuf, numbered from one: each ResourceLogs of a bare one by itself. One of more than
 * `most` bytes has no bytes. Throws ForeignFormat where the file breaks off or is damaged.
 */
export async function* messagesIn(
  pieces: AsyncGenerator<Buffer>,
  form: OtlpForm,
  most: number,
): AsyncGenerator<FileLine> {
  const source = new Source(pieces);
  for (let number = 1; await source.has(1); number++) {
    const head = form === 'bare' ? await bareHead(source) : await source.take(HEADER[form]);
    const size = form === 'bare' ? varint(head, 1)!.value : head.readUInt32BE(HEADER[form] - 4);
    if (size > most) {
      await source.skip(size);
      yield { number, bytes: undefined, shape: 'otlp' };
      continue;
    }
    const message = await source.take(size);
    yield {
      number,
      bytes: form === 'bare' ? Buffer.concat([head, message]) : unpacked(message, most),
      shape: 'otlp',
    };
  }
}

/** The tag and the size of the next ResourceLogs. */
async function bareHead(source: Source): Promise<Buffer> {
  const bytes = [...(await source.take(2))];
  while (bytes.at(-1)! >= 0x80 && bytes.length < 6) bytes.push(...(await source.take(1)));
  const head = Buffer.from(bytes);
  if (head[0] !== RESOURCE_LOGS || varint(head, 1) === undefined)
    throw new ForeignFormat('its OTLP protobuf is damaged; the part before that was read');
  return head;
}

function unpacked(message: Buffer, most: number): Buffer | undefined {
  if (message.length < 4 || message.readUInt32LE(0) !== ZSTD) return message;
  try {
    return zstdDecompressSync(message, { maxOutputLength: most });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw error;
  }
}

/** Bytes of a stream, as many as are asked for at a time. */
class Source {
  readonly #pieces: AsyncGenerator<Buffer>;
  #held: Buffer[] = [];
  #size = 0;

  constructor(pieces: AsyncGenerator<Buffer>) {
    this.#pieces = pieces;
  }

  /** Whether so many bytes are left. */
  async has(size: number): Promise<boolean> {
    while (this.#size < size) {
      const { value, done } = await this.#pieces.next();
      if (done) return false;
      this.#held.push(value);
      this.#size += value.length;
    }
    return true;
  }

  async take(size: number): Promise<Buffer> {
    if (!(await this.has(size))) throw new ForeignFormat(CUT_OFF);
    const all = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held);
    this.#held = [all.subarray(size)];
    this.#size -= size;
    return all.subarray(0, size);
  }

  async skip(size: number): Promise<void> {
    for (let left = size; left > 0; ) {
      if (!(await this.has(1))) throw new ForeignFormat(CUT_OFF);
      const some = Math.min(left, this.#size);
      await this.take(some);
      left -= some;
    }
  }
}
