import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { seconds } from '../lib/time-format.ts';
import type { Handle, Request } from '../model/request.ts';
import type { Clock, Micros, Ms } from '../model/time.ts';
import { discardRest, send } from './grpc-answer.ts';
import { type Fault, GrpcMessage, isFault, tooLarge } from './grpc-message.ts';
import type { HeldBytes } from './held-bytes.ts';
import { type Encoding, free, type Opened } from './inflate.ts';
import { FAULT, type Reply, reply } from './reply.ts';

/** The gRPC code with which a call was refused; HTTP 415 where it is not gRPC. */
export type RefusedAs = `grpc ${number}` | 'http 415';

/** What all calls of a receiver share. */
export interface CallContext {
  readonly path: string;
  readonly maxRequestBytes: number;
  /** The time that a message has to arrive in full, and a sender to stop after it was refused. */
  readonly maxMessageTime: Ms;
  readonly held: HeldBytes;
  readonly open: (bytes: Buffer, encoding: Encoding) => Opened | Promise<Opened>;
  readonly handle: Handle;
  readonly clock: Clock;
  /** Takes the work that must settle before the receiver has drained. */
  readonly underWay: (work: Promise<unknown>) => void;
  /** Aborts when the receiver stops. Incomplete messages are then refused, and their senders retry. */
  readonly stopping: AbortSignal;
  readonly refused: (status: RefusedAs, why: string) => void;
}

const CONTENT_TYPE = /^application\/grpc(?:$|[+;])/;
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 } as const;
/** The longest time that Node's timers accept. */
const LONGEST_TIMER = 2 ** 31 - 1;

const RETRY_AFTER = seconds(1);
const STOPPING = reply({ kind: 'unavailable', retryAfter: RETRY_AFTER, why: 'Sidewatch is stopping' });

/** Headers of the transport. The handler does not get them. */
const TRANSPORT_HEADER = /^(?::|grpc-|te$|content-type$|accept-encoding$)|-bin$/;

/**
 * Serves one unary gRPC call: collects its message, decompresses it, passes it to the handler, sends the answer. Whatever
 * the sender does, the memory of its message is given back when the handler has settled, or when the call ends without one.
 */
export function takeCall(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, to: CallContext): void {
  // An error also closes the stream, and we act on that.
  stream.on('error', () => {});
  // Node gives us a stream one tick after its frames arrived: its client may have reset it by then.
  if (stream.destroyed || stream.closed) return;
  if (CONTENT_TYPE.test(headers['content-type'] ?? '')) new Call(stream, headers, to).gather();
  else {
    const type = (headers['content-type'] ?? 'none').slice(0, 100);
    to.refused(
      'http 415',
      `the content type is ${JSON.stringify(type)}, but this port accepts only OTLP over gRPC`,
    );
    stream.respond({ ':status': 415 }, { endStream: true });
    discardRest(stream, to.maxMessageTime);
  }
}

class Call {
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #to: CallContext;
  readonly #began: Micros;
  readonly #message: GrpcMessage;
  readonly #encoding: string | readonly string[];
  /** gathering: the message is arriving. handling: its bytes are in use, here or by the handler. ended: answered, refused or cut off. */
  #state: 'gathering' | 'handling' | 'ended' = 'gathering';
  /** Whether the handler has the message. Then the call is counted by the handler's verdict. */
  #handled = false;
  #slow: NodeJS.Timeout | undefined;
  #late: NodeJS.Timeout | undefined;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, to: CallContext) {
    this.#stream = stream;
    this.#headers = headers;
    this.#to = to;
    this.#began = to.clock();
    this.#message = new GrpcMessage(to.maxRequestBytes, to.held);
    this.#encoding = headers['grpc-encoding'] ?? 'identity';
  }

  gather(): void {
    const unwanted = this.#unwanted();
    const timeout = timeoutOf(this.#headers['grpc-timeout']);
    this.#stream.on('close', () => this.#end());
    if (unwanted) this.#refuse(unwanted);
    else if (isFault(timeout)) this.#refuse(timeout);
    else this.#listen(timeout);
  }

  /** Why the call is refused without regard to its message. */
  #unwanted(): Reply | Fault | undefined {
    const { path, stopping } = this.#to;
    const asked = this.#headers[':path'];
    if (stopping.aborted) return STOPPING;
    if (asked === path) return undefined;
    return { grpc: 12, message: `the method ${asked?.slice(0, 100)} does not exist here, only ${path}` };
  }

  #listen(timeout: number | undefined): void {
    const { maxMessageTime, stopping } = this.#to;
    const slow = { grpc: 14, message: `the message was not complete within ${maxMessageTime} ms` };
    stopping.addEventListener('abort', this.#stopped, { once: true });
    this.#slow = setTimeout(() => this.#refuse(slow), maxMessageTime);
    if (timeout !== undefined && timeout <= LONGEST_TIMER)
      this.#late = setTimeout(() => this.#expire(), timeout);
    this.#stream.on('data', (chunk: Buffer) => this.#push(chunk));
    this.#stream.on('end', () => this.#whole(timeout));
  }

  #push(chunk: Buffer): void {
    if (this.#state !== 'gathering') return;
    const wrong = this.#message.push(chunk);
    if (wrong === 'no room') this.#overloaded();
    else if (wrong) this.#refuse(wrong);
    else if (this.#message.compressed && !isEncoding(this.#encoding))
      this.#refuse(unsupported(this.#encoding));
  }

  #whole(timeout: number | undefined): void {
    if (this.#state !== 'gathering') return;
    clearTimeout(this.#slow);
    const sent = this.#message.whole();
    if (isFault(sent)) {
      this.#refuse(sent);
      return;
    }
    this.#state = 'handling';
    const deadline = timeout === undefined ? undefined : this.#began + Math.floor(timeout * 1000);
    this.#to.underWay(this.#handle(sent, deadline as Micros | undefined));
  }

  async #handle(sent: Buffer, deadline: Micros | undefined): Promise<void> {
    const { clock, handle, held, maxMessageTime, maxRequestBytes, open } = this.#to;
    let opened = 0;
    let bytes = sent;
    try {
      if (this.#message.compressed) {
        const inflated = open(sent, this.#encoding as Encoding);
        const result = inflated instanceof Promise ? await inflated : inflated;
        if (result === 'broken')
          return this.#refuse({ grpc: 13, message: `the message is not valid ${this.#encoding}` });
        if (result === 'too large') return this.#refuse(tooLarge(undefined, maxRequestBytes));
        if (!held.add(result.length)) return this.#overloaded();
        opened = result.length;
        this.#message.release();
        bytes = result;
      }
      if (this.#hasEnded) return;
      this.#handled = true;
      // It counts as arrived now, in the turn in which its handler gets it: no window may close between the two.
      const made = await answer(handle, request(bytes, clock(), deadline, this.#headers));
      if (this.#hasEnded) return;
      this.#end();
      send(this.#stream, made, maxMessageTime);
    } finally {
      this.#message.release();
      held.subtract(opened);
      if (opened > 0) free(bytes);
    }
  }

  #end(): void {
    if (this.#state === 'gathering') this.#message.release();
    this.#state = 'ended';
    clearTimeout(this.#slow);
    clearTimeout(this.#late);
    this.#to.stopping.removeEventListener('abort', this.#stopped);
  }

  #refuse(made: Reply | Fault): void {
    if (this.#hasEnded) return;
    this.#end();
    this.#to.refused(`grpc ${made.grpc}`, made.message);
    send(this.#stream, made, this.#to.maxMessageTime);
  }

  readonly #stopped = (): void => {
    if (this.#state === 'gathering') this.#refuse(STOPPING);
  };

  #overloaded(): void {
    const why = 'the requests in progress use all the memory that they may have (limits.requests_mib)';
    this.#refuse(reply({ kind: 'overloaded', retryAfter: RETRY_AFTER, why }));
  }

  /** The deadline has passed. A handler that has the message goes on; its verdict is counted. */
  #expire(): void {
    const fault = { grpc: 4, message: 'the deadline has passed' };
    if (!this.#handled) this.#refuse(fault);
    else if (!this.#hasEnded) {
      this.#end();
      send(this.#stream, fault, this.#to.maxMessageTime);
    }
  }

  /** A getter, as the call may end during an await. */
  get #hasEnded(): boolean {
    return this.#state === 'ended';
  }
}

async function answer(handle: Handle, request: Request): Promise<Reply> {
  try {
    return reply(await handle(request));
  } catch {
    return FAULT;
  }
}

function request(
  bytes: Uint8Array,
  arrived: Micros,
  deadline: Micros | undefined,
  all: IncomingHttpHeaders,
): Request {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(all))
    if (typeof value === 'string' && !TRANSPORT_HEADER.test(name)) headers.set(name, value);
  return {
    bytes,
    shape: 'otlp',
    arrived,
    ...(deadline === undefined ? {} : { deadline }),
    headers,
  };
}

/** Milliseconds; undefined where there is no such header. */
function timeoutOf(header: string | readonly string[] | undefined): number | undefined | Fault {
  if (header === undefined) return undefined;
  const [, digits, unit] = TIMEOUT.exec(String(header)) ?? [];
  return digits === undefined
    ? { grpc: 13, message: 'grpc-timeout is not a number of up to 8 digits and a unit' }
    : Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

const isEncoding = (name: unknown): name is Encoding => name === 'gzip' || name === 'deflate';

function unsupported(encoding: string | readonly string[]): Fault {
  return encoding === 'identity'
    ? { grpc: 13, message: 'the message is marked as compressed, but grpc-encoding names no compression' }
    : {
        grpc: 12,
        message: `compression ${JSON.stringify(String(encoding).slice(0, 40))} is not supported, only gzip, deflate or none`,
      };
}
