import { GatheredBytes } from '../gathered-bytes.ts';
import type { MessageMemory } from '../held-bytes.ts';

/** How a call ends that is not answered by a handler's verdict. */
export interface Fault {
  readonly grpc: number;
  readonly message: string;
}

/** There is no room for its bytes now. The caller makes the whole answer, with the time to wait before a retry. */
export type NoRoom = 'no room';

export const isFault = (value: unknown): value is Fault =>
  typeof value === 'object' && value !== null && 'grpc' in value;

const HEAD = 5;

/**
 * The one message of a unary call, put together from DATA frames that may be cut anywhere. gRPC over HTTP/2 calls it a
 * Length-Prefixed-Message: one byte for compressed or not, four bytes of length, the message.
 */
export class GrpcMessage {
  readonly #most: number;
  readonly #gathered: GatheredBytes;
  #head: Buffer | undefined;
  #headBytes = 0;
  #compressed = false;
  #length = -1;

  constructor(most: number, held: MessageMemory) {
    this.#most = most;
    this.#gathered = new GatheredBytes(held);
  }

  /** Copies the chunk. After a result other than undefined there must be no further call. */
  push(chunk: Buffer): Fault | NoRoom | undefined {
    let from = 0;
    if (this.#length < 0) {
      from = Math.min(HEAD - this.#headBytes, chunk.length);
      this.#head ??= Buffer.allocUnsafe(HEAD);
      chunk.copy(this.#head, this.#headBytes, 0, from);
      this.#headBytes += from;
      if (this.#headBytes < HEAD) return undefined;
      const fault = this.#begin(this.#head);
      if (fault) return fault;
    }
    const more = chunk.length - from;
    if (more === 0) return undefined;
    if (this.#gathered.length + more > this.#length)
      return { grpc: 12, message: 'a unary call has one message, and this call has more' };
    return this.#gathered.push(chunk, from, this.#length) ? undefined : 'no room';
  }

  /** Known after the first five bytes. */
  get compressed(): boolean {
    return this.#compressed;
  }

  /** The message as sent, valid until release(); or the fault of a call that ends before its message does. */
  whole(): Buffer | Fault {
    if (this.#length < 0 || this.#gathered.length < this.#length)
      return { grpc: 12, message: 'the call ended before its message was complete' };
    return this.#gathered.bytes;
  }

  /** Twice is fine. */
  release(): void {
    this.#gathered.release();
  }

  #begin(head: Buffer): Fault | undefined {
    const flag = head.readUInt8(0);
    this.#compressed = flag === 1;
    this.#length = head.readUInt32BE(1);
    if (flag > 1)
      return { grpc: 13, message: `the first byte of a message must be 0 or 1, and this one is ${flag}` };
    if (this.#length > this.#most) return tooLarge(this.#length, this.#most);
    return undefined;
  }
}

export function tooLarge(length: number | undefined, most: number): Fault {
  const size = length === undefined ? 'the decompressed message' : `the message has ${length} bytes, which`;
  return {
    grpc: 8,
    message: `${size} is larger than the limit of ${most} bytes (receivers.otlp.protocols.grpc.max_recv_msg_size_mib)`,
  };
}
