import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Handle, Request } from '../../model/request.ts';
import type { Clock, Micros, Ms } from '../../model/time.ts';
import { answerOf, noRoom, STOPPING_REPLY, UNKNOWN_SENDER } from '../early-answers.ts';
import type { EndedAs } from '../ended-as.ts';
import { type Encoding, free } from '../inflate.ts';
import type { Reply } from '../reply.ts';
import type { RequestMemory } from '../request-memory.ts';
import type { Sender, SenderBytes } from '../sender.ts';
import type { TokenBinding } from '../tokens.ts';
import { send, sendHeaders } from './grpc-answer.ts';
import { type Fault, GrpcMessage, isFault, tooLarge } from './grpc-message.ts';

/** What all calls of a receiver share. */
export interface CallContext {
  readonly path: string;
  readonly maxRequestBytes: number;
  /** The time that a message has to arrive in full, and a sender to read its answer or to stop after it was refused. */
  readonly maxMessageTime: Ms;
  /** What an Authorization header says of its sender; undefined where it does not let it in. */
  readonly bindingOf: (authorization: string | undefined) => TokenBinding | undefined;
  readonly memory: Pick<RequestMemory, 'bound' | 'open'>;
  readonly handle: Handle;
  readonly clock: Clock;
  /** Takes the work that must settle before the receiver has drained. */
  readonly underWay: (work: Promise<unknown>) => void;
  readonly refused: (as: EndedAs, why: string, sender: string) => void;
  /** The sender of an answered call has not read the answer in time. */
  readonly unread: () => void;
}

/** A call from its first headers until its stream has closed. */
export interface OpenCall {
  /** Whether its message is still arriving. */
  readonly arriving: boolean;
  /** Whether its answer was given, whoever has read it. */
  readonly answered: boolean;
  /** Refuses the call if its message is still arriving; its sender may retry. */
  refuseIncomplete(): void;
  /** Its connection is about to be destroyed. */
  cutOff(why: string): void;
}

/** The open calls of one connection. */
export interface Calls {
  readonly peer: Sender;
  add(call: OpenCall): void;
  /** Asked before a handler's answer is sent; if there is a promise, the answer waits for it. */
  beforeAnswer(): Promise<void> | undefined;
  delete(call: OpenCall): void;
}

const CONTENT_TYPE = /^application\/grpc(?:$|[+;])/;
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 } as const;
/** The longest time that Node's timers accept. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** A sender that gives up after this part of its time has done so because of its deadline: clocks and networks are not exact. */
const NEARLY_ALL = 0.9;

/** What the log says of an unknown sender. */
const TOKENLESS =
  "the call has no bearer token, and auth.tokens wants one; set auth of the collector's exporter (bearertokenauth)";
const FOREIGN = 'the call has no bearer token that a file of auth.tokens holds';
const LATE: Fault = { grpc: 4, message: 'the deadline has passed' };

/** Headers of the transport, and secrets. The handler does not get them. */
const WITHHELD_HEADER =
  /^(?::|grpc-|te$|content-type$|accept-encoding$|(?:proxy-)?authorization$|cookie$)|-bin$/;

/**
 * Serves one unary gRPC call: collects its message, decompresses it, passes it to the handler, sends the answer. Whatever
 * the sender does, the memory of its message is given back when the handler has settled, or when the call ends without one.
 */
export function takeCall(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  to: CallContext,
  calls: Calls,
): void {
  // An error also closes the stream, and we act on that.
  stream.on('error', () => {});
  // Node gives us a stream one tick after its frames arrived: its client may have reset it by then.
  if (stream.destroyed || stream.closed) return;
  new Call(stream, headers, to, calls).begin();
}

class Call implements OpenCall {
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #to: CallContext;
  readonly #calls: Calls;
  readonly #began: Micros;
  readonly #binding: TokenBinding | undefined;
  readonly #held: SenderBytes;
  readonly #message: GrpcMessage;
  readonly #encoding: string | readonly string[];
  readonly #timeout: number | undefined | Fault;
  /** gathering: the message is arriving. handling: its bytes are in use, here or by the handler. ended: answered, refused or cut off. */
  #state: 'gathering' | 'handling' | 'ended' = 'gathering';
  /** Whether the handler has the message. Then the call is counted by the handler's verdict. */
  #handled = false;
  /** none: no answer was sent. whole: OK, after the whole message. early: the sender may not have sent everything. */
  #answer: 'none' | 'whole' | 'early' = 'none';
  /** Runs while we wait for the sender: for its message, then for it to read the answer. */
  #patience: NodeJS.Timeout | undefined;
  #late: NodeJS.Timeout | undefined;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, to: CallContext, calls: Calls) {
    this.#stream = stream;
    this.#headers = headers;
    this.#to = to;
    this.#calls = calls;
    this.#began = to.clock();
    this.#binding = to.bindingOf(headers.authorization);
    const cluster = this.#binding?.cluster;
    this.#held = (cluster === undefined ? calls.peer : to.memory.bound(cluster)).held;
    this.#message = new GrpcMessage(to.maxRequestBytes, this.#held);
    this.#encoding = headers['grpc-encoding'] ?? 'identity';
    this.#timeout = timeoutOf(headers['grpc-timeout']);
  }

  get arriving(): boolean {
    return this.#state === 'gathering';
  }

  get answered(): boolean {
    return this.#answer !== 'none';
  }

  begin(): void {
    this.#calls.add(this);
    this.#stream.on('close', () => this.#closed());
    this.#patience = setTimeout(() => this.#lostPatience(), this.#to.maxMessageTime);
    const { ':method': method, ':path': path, 'content-type': type = 'none' } = this.#headers;
    if (method !== 'POST') this.#refuseHttp(405, `the method is ${quoted(method)}, but gRPC uses POST`);
    else if (!CONTENT_TYPE.test(type))
      this.#refuseHttp(415, `the content type is ${quoted(type)}, but this port accepts only OTLP over gRPC`);
    else if (this.#binding === undefined) this.#refuseUnknown();
    else if (path !== this.#to.path) {
      const message = `the method ${path?.slice(0, 100)} does not exist here, only ${this.#to.path}`;
      this.#refuse({ grpc: 12, message });
    } else if (isFault(this.#timeout)) this.#refuse(this.#timeout);
    else if (this.#timeout === 0) this.#expire();
    else this.#gather(this.#timeout);
  }

  refuseIncomplete(): void {
    if (this.#state === 'gathering') this.#refuse(STOPPING_REPLY);
  }

  cutOff(why: string): void {
    if (this.#state === 'gathering') this.#count('cut off', why);
    this.#end();
  }

  #gather(timeout: number | undefined): void {
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
    const sent = this.#message.whole();
    if (isFault(sent)) {
      // A reset ends the stream too, and shows only later in this turn. Then it is the sender who gave up.
      setImmediate(() => this.#refuse(sent));
      return;
    }
    this.#state = 'handling';
    const deadline = timeout === undefined ? undefined : this.#began + Math.floor(timeout * 1000);
    this.#to.underWay(this.#handle(sent, deadline as Micros | undefined));
  }

  async #handle(sent: Buffer, deadline: Micros | undefined): Promise<void> {
    const { clock, handle, maxRequestBytes, memory } = this.#to;
    const held = this.#held;
    let opened = 0;
    let bytes = sent;
    try {
      if (this.#message.compressed) {
        const inflated = memory.open(sent, this.#encoding as Encoding, maxRequestBytes);
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
      const made = await answerOf(handle, this.#request(bytes, clock(), deadline));
      const rest = this.#calls.beforeAnswer();
      if (rest) await rest;
      if (!this.#hasEnded) this.#reply(made);
    } finally {
      this.#message.release();
      held.subtract(opened);
      if (opened > 0) free(bytes);
    }
  }

  #reply(made: Reply | Fault): void {
    this.#end();
    if (send(this.#stream, made)) this.#awaitReader(made.grpc === 0 ? 'whole' : 'early');
  }

  #refuse(made: Reply | Fault, as: EndedAs = `grpc ${made.grpc}`): void {
    if (this.#hasEnded) return;
    this.#count(as, made.message);
    this.#reply(made);
  }

  #refuseHttp(status: 405 | 415, why: string): void {
    this.#count(`http ${status}`, why);
    this.#end();
    const allow = status === 405 ? { allow: 'POST' } : {};
    if (sendHeaders(this.#stream, { ':status': status, ...allow })) this.#awaitReader('early');
  }

  #refuseUnknown(): void {
    const { authorization } = this.#headers;
    this.#count(`grpc ${UNKNOWN_SENDER.grpc}`, authorization === undefined ? TOKENLESS : FOREIGN);
    this.#reply(UNKNOWN_SENDER);
  }

  #overloaded(): void {
    const { made, as } = noRoom(this.#held);
    this.#refuse(made, as);
  }

  /** The deadline has passed. A handler that has the message goes on; its verdict is counted. */
  #expire(): void {
    if (!this.#handled) this.#refuse(LATE, 'deadline');
    else if (!this.#hasEnded) this.#reply(LATE);
  }

  #awaitReader(answer: 'whole' | 'early'): void {
    this.#answer = answer;
    this.#patience?.refresh();
  }

  /**
   * A sender that was refused had time to read the answer and to stop by itself. Only now do we ask it to stop (RFC 9113,
   * 8.1): RST_STREAM overtakes headers that wait in the session, and the status would be lost.
   */
  #lostPatience(): void {
    const message = `the message was not complete within ${this.#to.maxMessageTime} ms`;
    if (this.#state === 'gathering') this.#refuse({ grpc: 14, message });
    else if (this.#answer === 'early') this.#stream.close(constants.NGHTTP2_NO_ERROR);
    else if (this.#answer === 'whole') {
      this.#to.unread();
      this.#stream.close(constants.NGHTTP2_CANCEL);
    }
  }

  #closed(): void {
    clearTimeout(this.#patience);
    if (this.#state === 'gathering') this.#gaveUp();
    this.#end();
    this.#calls.delete(this);
  }

  /** The sender has reset the call, or its connection has ended, in the middle of the message. */
  #gaveUp(): void {
    const took = (this.#to.clock() - this.#began) / 1000;
    if (typeof this.#timeout === 'number' && took >= this.#timeout * NEARLY_ALL)
      this.#count('deadline', LATE.message);
    else this.#count('cancelled', 'the sender ended the call before its message was complete');
  }

  #count(as: EndedAs, why: string): void {
    this.#to.refused(as, why, this.#calls.peer.name);
  }

  #request(bytes: Uint8Array, arrived: Micros, deadline: Micros | undefined): Request {
    const headers = new Map<string, string>();
    for (const [name, value] of Object.entries(this.#headers))
      if (typeof value === 'string' && !WITHHELD_HEADER.test(name)) headers.set(name, value);
    const boundCluster = this.#binding?.cluster;
    return {
      bytes,
      shape: 'otlp',
      arrived,
      ...(deadline === undefined ? {} : { deadline }),
      ...(boundCluster === undefined ? {} : { boundCluster }),
      sender: this.#calls.peer.name,
      headers,
    };
  }

  #end(): void {
    if (this.#state === 'gathering') this.#message.release();
    this.#state = 'ended';
    clearTimeout(this.#late);
  }

  /** A getter, as the call may end during an await. */
  get #hasEnded(): boolean {
    return this.#state === 'ended';
  }
}

/** Milliseconds; undefined where there is no such header. */
function timeoutOf(header: string | readonly string[] | undefined): number | undefined | Fault {
  if (header === undefined) return undefined;
  const [, digits, unit] = TIMEOUT.exec(String(header)) ?? [];
  return digits === undefined
    ? { grpc: 13, message: 'grpc-timeout is not a number of up to 8 digits and a unit' }
    : Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

const quoted = (text: string | undefined): string => JSON.stringify(text?.slice(0, 100));

const ENCODINGS = ['gzip', 'deflate', 'zstd'] satisfies Encoding[];
const isEncoding = (name: unknown): name is Encoding => ENCODINGS.some((one) => one === name);

function unsupported(encoding: string | readonly string[]): Fault {
  return encoding === 'identity'
    ? { grpc: 13, message: 'the message is marked as compressed, but grpc-encoding names no compression' }
    : {
        grpc: 12,
        message: `compression ${JSON.stringify(String(encoding).slice(0, 40))} is not supported, only gzip, deflate, zstd or none`,
      };
}
