import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Handle, Request } from '../../model/request.ts';
import type { Clock, Micros, Ms } from '../../model/time.ts';
import { answerOf, noRoom, RETRY_AFTER, STOPPING_REPLY, UNKNOWN_SENDER } from '../early-answers.ts';
import type { EndedAs } from '../ended-as.ts';
import { GatheredBytes } from '../gathered-bytes.ts';
import { type Encoding, free } from '../inflate.ts';
import { type Reply, reply } from '../reply.ts';
import type { RequestMemory } from '../request-memory.ts';
import type { Sender, SenderBytes } from '../sender.ts';
import type { TokenBinding } from '../tokens.ts';
import { type HttpAnswer, type HttpRoute, type HttpService, isAnswer } from './http-service.ts';

/** What all requests of a receiver share. */
export interface HttpContext {
  readonly service: HttpService;
  readonly maxRequestBytes: number;
  /** The time that a request has to arrive in full, and its sender to read the answer or to stop after a refusal. */
  readonly maxMessageTime: Ms;
  /** The most requests that are handled at once. */
  readonly maxInFlight: number;
  /** What an Authorization header says of its sender; undefined where it does not let it in. */
  readonly bindingOf: (authorization: string | undefined) => TokenBinding | undefined;
  readonly memory: Pick<RequestMemory, 'bound' | 'open'>;
  readonly handle: Handle;
  readonly clock: Clock;
  /** Work that must settle before the receiver has drained. */
  readonly underWay: Set<Promise<unknown>>;
  readonly refused: (as: EndedAs, why: string, sender: string) => void;
  /** The sender of an answered request has not read the answer in time. */
  readonly unread: () => void;
}

/** The connection of a request. */
export interface HttpCalls {
  readonly peer: Sender;
  /** Whether the answer is the last one of the connection. */
  readonly isLeaving: boolean;
  delete(call: HttpCall): void;
  destroy(why: string): void;
}

const NOT_ENCODED = 'identity';
const ENCODINGS: Readonly<Record<string, Encoding | undefined>> = {
  [NOT_ENCODED]: undefined,
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  // The collector's other name for it.
  zlib: 'deflate',
  zstd: 'zstd',
};

const BUSY = reply({
  kind: 'overloaded',
  retryAfter: RETRY_AFTER,
  why: 'as many requests are in progress as may be (max_requests_in_flight)',
});

/** Headers of the transport, and secrets. The handler does not get them. */
const WITHHELD_HEADER =
  /^(?:host|connection|keep-alive|upgrade|te|trailer|transfer-encoding|expect|content-(?:length|type|encoding)|accept-encoding|(?:proxy-)?authorization|cookie)$/;

/**
 * Serves one request: collects its body, decompresses it, passes it to the handler, sends the answer. Whatever the sender does,
 * the memory of its body is given back when the handler has settled, or when the request ends without one.
 */
export class HttpCall {
  readonly #head: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #to: HttpContext;
  readonly #calls: HttpCalls;
  readonly #binding: TokenBinding | undefined;
  readonly #held: SenderBytes;
  readonly #body: GatheredBytes;
  /** gathering: the body is arriving. handling: its bytes are in use, here or by the handler. ended: answered, refused or cut off. */
  #state: 'gathering' | 'handling' | 'ended' = 'gathering';
  /** Runs while we wait for the sender: for its body, then for it to read the answer. */
  #patience: NodeJS.Timeout | undefined;

  constructor(head: IncomingMessage, response: ServerResponse, to: HttpContext, calls: HttpCalls) {
    this.#head = head;
    this.#response = response;
    this.#to = to;
    this.#calls = calls;
    this.#binding = to.bindingOf(head.headers.authorization);
    const cluster = this.#binding?.cluster;
    this.#held = (cluster === undefined ? calls.peer : to.memory.bound(cluster)).held;
    this.#body = new GatheredBytes(this.#held);
  }

  begin(): void {
    this.#response.on('close', () => this.#closed());
    // An error also closes the response, and we act on that.
    this.#head.on('error', () => {});
    this.#response.on('error', () => {});
    this.#patience = setTimeout(() => this.#lostPatience(), this.#to.maxMessageTime);
    const { service } = this.#to;
    const preflight = service.preflight(this.#head);
    const encoding = (this.#head.headers['content-encoding'] ?? '').trim().toLowerCase() || NOT_ENCODED;
    if (preflight) this.#send(preflight);
    else if (this.#binding === undefined) this.#refuse(UNKNOWN_SENDER);
    else if (!Object.hasOwn(ENCODINGS, encoding))
      this.#refuse(malformed(`unsupported Content-Encoding: ${encoding.slice(0, 40)}`));
    else this.#take(service.route(this.#head), ENCODINGS[encoding]);
  }

  /** Refuses the request if its body is still arriving; its sender may retry. */
  refuseIncomplete(): void {
    if (this.#state === 'gathering') this.#refuse(STOPPING_REPLY);
  }

  /** Its connection is about to be destroyed. */
  cutOff(why: string): void {
    if (this.#state === 'gathering') this.#count('cut off', why);
    this.#end();
  }

  #take(route: HttpRoute | HttpAnswer, encoding: Encoding | undefined): void {
    const { headers } = this.#head;
    if (isAnswer(route)) {
      this.#count(`http ${route.status}`, whyOf(route, this.#head));
      this.#send(route);
    } else if (Number(headers['content-length'] ?? 0) > this.#to.maxRequestBytes) this.#tooLarge();
    else if (this.#isBusy) this.#refuse(BUSY);
    else {
      if (/^100-continue$/i.test(headers.expect ?? '')) this.#response.writeContinue();
      const length = Number(headers['content-length'] ?? 0);
      this.#head.on('data', (piece: Buffer) => this.#push(piece, length));
      this.#head.on('end', () => this.#whole(route, encoding));
    }
  }

  #push(piece: Buffer, length: number): void {
    if (this.#state !== 'gathering') return;
    const bytes = this.#body.length + piece.length;
    // Without a length the buffer doubles.
    const claimed = length > 0 ? length : 2 ** Math.ceil(Math.log2(bytes + 1));
    if (bytes > this.#to.maxRequestBytes) this.#tooLarge();
    else if (!this.#body.push(piece, 0, claimed)) this.#overloaded();
  }

  #whole(route: HttpRoute, encoding: Encoding | undefined): void {
    if (this.#state !== 'gathering') return;
    if (this.#isBusy) {
      this.#refuse(BUSY);
      return;
    }
    this.#state = 'handling';
    const work = this.#handle(route, encoding);
    const { underWay } = this.#to;
    underWay.add(work);
    // A failure there is a bug of ours, and must not end the process.
    void work.catch(() => {}).finally(() => underWay.delete(work));
  }

  async #handle(route: HttpRoute, encoding: Encoding | undefined): Promise<void> {
    const { clock, handle, maxRequestBytes, memory } = this.#to;
    const held = this.#held;
    let opened = 0;
    let bytes = this.#body.bytes;
    try {
      if (encoding !== undefined && bytes.length > 0) {
        const inflated = memory.open(bytes, encoding, maxRequestBytes);
        const result = inflated instanceof Promise ? await inflated : inflated;
        if (result === 'broken') return this.#refuse(malformed(`the body is not valid ${encoding}`));
        if (result === 'too large') return this.#tooLarge();
        if (!held.add(result.length)) return this.#overloaded();
        opened = result.length;
        this.#body.release();
        bytes = result;
      }
      if (this.#hasEnded) return;
      // It counts as arrived now, in the turn in which its handler gets it: no window may close between the two.
      const made = await answerOf(handle, this.#request(bytes, route, clock()));
      if (!this.#hasEnded) this.#reply(made);
    } finally {
      this.#body.release();
      held.subtract(opened);
      if (opened > 0) free(bytes);
    }
  }

  #request(bytes: Uint8Array, { shape, cluster }: HttpRoute, arrived: Micros): Request {
    const headers = new Map<string, string>();
    for (const [name, value] of Object.entries(this.#head.headers))
      if (typeof value === 'string' && !WITHHELD_HEADER.test(name)) headers.set(name, value);
    const boundCluster = this.#binding?.cluster ?? cluster;
    return {
      bytes,
      shape,
      arrived,
      ...(boundCluster === undefined ? {} : { boundCluster }),
      sender: this.#calls.peer.name,
      headers,
    };
  }

  #refuse(made: Reply, as: EndedAs = `http ${made.http}`): void {
    if (this.#hasEnded) return;
    this.#count(as, made.message);
    this.#reply(made);
  }

  #tooLarge(): void {
    const why = `the body, as sent or decompressed, is larger than the limit of ${this.#to.maxRequestBytes} bytes (${this.#to.service.section}.max_request_body_size)`;
    this.#refuse(reply({ kind: 'too_large', why }));
  }

  #overloaded(): void {
    const { made, as } = noRoom(this.#held);
    this.#refuse(made, as);
  }

  #reply(made: Reply): void {
    this.#send(this.#to.service.answer(made, this.#head));
  }

  /** What the sender still sends is read and discarded. */
  #send({ status, headers, body }: HttpAnswer): void {
    this.#end();
    this.#patience?.refresh();
    if (this.#response.destroyed || this.#response.headersSent) return;
    this.#response.writeHead(status, {
      ...this.#to.service.headers(this.#head),
      ...headers,
      // Without it a 204 would be sent in chunks.
      ...(status !== 204 && { 'content-length': Buffer.byteLength(body) }),
      ...(this.#calls.isLeaving && { connection: 'close' }),
    });
    this.#response.end(body);
    this.#head.resume();
  }

  #lostPatience(): void {
    if (this.#state === 'gathering') {
      const why = `the request was not complete within ${this.#to.maxMessageTime} ms`;
      this.#refuse(reply({ kind: 'unavailable', retryAfter: RETRY_AFTER, why }));
    } else if (this.#state === 'ended') {
      if (this.#head.complete) this.#to.unread();
      this.#calls.destroy('its sender goes on sending after the answer');
    }
  }

  #closed(): void {
    if (this.#state === 'gathering') {
      this.#count('cancelled', 'the sender ended the request before its body was complete');
      this.#end();
    }
    // Node reads on until the body has ended, and only then takes the next request.
    if (this.#head.complete || this.#head.destroyed) this.#gone();
    else this.#head.once('close', () => this.#gone()).once('end', () => this.#gone());
  }

  #gone(): void {
    clearTimeout(this.#patience);
    this.#calls.delete(this);
  }

  #count(as: EndedAs, why: string): void {
    this.#to.refused(as, why, this.#calls.peer.name);
  }

  #end(): void {
    if (this.#state === 'gathering') this.#body.release();
    this.#state = 'ended';
  }

  get #isBusy(): boolean {
    return this.#to.underWay.size >= this.#to.maxInFlight;
  }

  /** A getter, as the request may end during an await. */
  get #hasEnded(): boolean {
    return this.#state === 'ended';
  }
}

const malformed = (why: string): Reply => reply({ kind: 'malformed', why });

function whyOf({ body }: HttpAnswer, { method, url, headers }: IncomingMessage): string {
  const asked = [method, url, headers['content-type'] ?? 'no content type'].map((one) =>
    JSON.stringify(one?.slice(0, 100)),
  );
  return `${body}; it was ${asked.join(' ')}`;
}
