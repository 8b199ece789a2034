import type { HeldBytes } from './held-bytes.ts';

/** A call's end that is no handler's verdict. */
export interface Fault {
  readonly grpc: number;
  readonly message: string;
}

/** No room for its bytes now: the caller makes the whole answer, with the time to come again. */
export type NoRoom = 'no room';

export const isFault = (value: unknown): value is Fault =>
  typeof value === 'object' && value !== null && 'grpc' in value;

const HEAD = 5;

/**
 * The one message of a unary call (gRPC over HTTP/2, Length-Prefixed-Message: a byte that says compressed, four bytes of
 * length, the message), put together from DATA frames that are cut anywhere.
 */
export class GrpcMessage {
  readonly #most: number;
  readonly #held: HeldBytes;
  #head: Buffer | undefined;
  #headBytes = 0;
  #compressed = false;
  #length = -1;
  #bytes: Buffer | undefined;
  #at = 0;

  constructor(most: number, held: HeldBytes) {
    this.#most = most;
    this.#held = held;
  }

  /** Copies the chunk. After anything but undefined no more may come. */
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
    if (this.#at + more > this.#length)
      return { grpc: 12, message: 'a unary call has one message, this has more' };
    if (!this.#makeRoom(this.#at + more)) return 'no room';
    chunk.copy(this.#bytes!, this.#at, from);
    this.#at += more;
    return undefined;
  }

  /** Known once the first five bytes have come. */
  get compressed(): boolean {
    return this.#compressed;
  }

  /** The message as sent, valid until release(), or what is wrong with a call that ends here. */
  whole(): Buffer | Fault {
    if (this.#length < 0 || this.#at < this.#length)
      return { grpc: 12, message: 'the call ended before its message did' };
    return this.#bytes?.subarray(0, this.#length) ?? Buffer.alloc(0);
  }

  /** Twice is fine. */
  release(): void {
    if (this.#bytes) this.#held.give(this.#bytes);
    this.#bytes = undefined;
  }

  #begin(head: Buffer): Fault | undefined {
    const flag = head.readUInt8(0);
    this.#compressed = flag === 1;
    this.#length = head.readUInt32BE(1);
    if (flag > 1) return { grpc: 13, message: `a message's first byte is 0 or 1, this has ${flag}` };
    if (this.#length > this.#most) return tooLarge(this.#length, this.#most);
    return undefined;
  }

  #makeRoom(bytes: number): boolean {
    const old = this.#bytes;
    if (old && old.length >= bytes) return true;
    const larger = this.#held.take(bytes, this.#length);
    if (!larger) return false;
    if (old) {
      old.copy(larger, 0, 0, this.#at);
      this.#held.give(old);
    }
    this.#bytes = larger;
    return true;
  }
}

export function tooLarge(length: number | undefined, most: number): Fault {
  const size = length === undefined ? 'a message that opens to more' : `a message of ${length} bytes, more`;
  return {
    grpc: 8,
    message: `${size} than the ${most} that are taken (receivers.otlp.grpc.max_recv_msg_size_mib)`,
  };
}
