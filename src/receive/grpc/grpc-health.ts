import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from '../../gen/grpc/health/v1/health_pb.ts';
import type { Readiness } from '../../model/readiness.ts';
import type { Ms } from '../../model/time.ts';
import { HeldBytes } from '../held-bytes.ts';
import { openAnswer, send, sendMessage } from './grpc-answer.ts';
import type { Calls, OpenCall } from './grpc-call.ts';
import { type Fault, GrpcMessage, isFault } from './grpc-message.ts';

export interface HealthOptions {
  readonly readiness: Readiness;
  /** The names of services beside '', which is the whole server. All have the same status. */
  readonly services: readonly string[];
  /** The time that a request has to arrive, and its sender to read the answer. */
  readonly patience: Ms;
}

const CHECK = `/${Health.typeName}/${Health.method.check.name}`;
const WATCH = `/${Health.typeName}/${Health.method.watch.name}`;

const REQUEST_BYTES_MAX = 1024;
/** For the requests that are arriving. */
const HELD_BYTES = 2 ** 20;
const WATCHES_MAX = 100;
/** What a watcher may leave unread before it is closed: some hundred changes. */
const UNREAD_BYTES_MAX = 1024;

const STOPPING: Fault = { grpc: 14, message: 'Sidewatch is stopping' };

/** grpc.health.v1: says over a receiver's own port, to anybody who reaches it, whether it can do its work. */
export class HealthService {
  readonly #readiness: Readiness;
  readonly #services: ReadonlySet<string>;
  readonly #patience: Ms;
  readonly #held = new HeldBytes(HELD_BYTES);
  readonly #watches = new Set<HealthCall>();
  readonly #unsubscribe: () => void;
  #stopped = false;

  constructor({ readiness, services, patience }: HealthOptions) {
    this.#readiness = readiness;
    this.#services = new Set(['', ...services]);
    this.#patience = patience;
    this.#unsubscribe = readiness.changed(() => {
      for (const watch of this.#watches) watch.report();
    });
  }

  /** Serves a call of this service; false for any other call. */
  take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, calls: Calls): boolean {
    const { ':method': method, ':path': path, 'content-type': type = '' } = headers;
    if (method !== 'POST' || !type.startsWith('application/grpc') || (path !== CHECK && path !== WATCH))
      return false;
    stream.on('error', () => {});
    if (!stream.destroyed && !stream.closed) new HealthCall(stream, path === WATCH, this, calls).begin();
    return true;
  }

  /** All who watch hear that it does not serve any more, and their calls end. Twice is fine. */
  stop(): void {
    this.#stopped = true;
    this.#unsubscribe();
    for (const watch of this.#watches) watch.report();
    for (const watch of this.#watches) watch.finish();
  }

  get patience(): Ms {
    return this.#patience;
  }

  get held(): HeldBytes {
    return this.#held;
  }

  /** undefined for a service that is not there. */
  status(service: string): Status | undefined {
    if (!this.#services.has(service)) return undefined;
    return !this.#stopped && this.#readiness.now().ready ? Status.SERVING : Status.NOT_SERVING;
  }

  /** Why the call cannot watch, if it cannot. */
  watch(call: HealthCall): Fault | undefined {
    if (this.#stopped) return STOPPING;
    if (this.#watches.size >= WATCHES_MAX)
      return { grpc: 8, message: `there are already ${WATCHES_MAX} watches` };
    this.#watches.add(call);
    return undefined;
  }

  unwatch(call: HealthCall): void {
    this.#watches.delete(call);
  }
}

/** One Check or Watch. */
class HealthCall implements OpenCall {
  readonly #stream: ServerHttp2Stream;
  readonly #isWatch: boolean;
  readonly #of: HealthService;
  readonly #calls: Calls;
  readonly #message: GrpcMessage;
  #state: 'gathering' | 'watching' | 'answered' = 'gathering';
  #service = '';
  #reported: Status | undefined;
  #patience: NodeJS.Timeout | undefined;

  constructor(stream: ServerHttp2Stream, isWatch: boolean, of: HealthService, calls: Calls) {
    this.#stream = stream;
    this.#isWatch = isWatch;
    this.#of = of;
    this.#calls = calls;
    this.#message = new GrpcMessage(REQUEST_BYTES_MAX, of.held);
  }

  get arriving(): boolean {
    return this.#state === 'gathering';
  }

  /** Nothing is lost with such a call. */
  get answered(): boolean {
    return true;
  }

  begin(): void {
    this.#calls.add(this);
    this.#wait();
    this.#stream.on('close', () => {
      clearTimeout(this.#patience);
      this.#message.release();
      this.#of.unwatch(this);
      this.#calls.delete(this);
    });
    this.#stream.on('data', (chunk: Buffer) => this.#push(chunk));
    this.#stream.on('end', () => this.#whole());
  }

  refuseIncomplete(): void {
    if (this.#state === 'gathering') this.#answer(STOPPING);
  }

  cutOff(): void {
    this.finish();
  }

  /** Sends the status to a watcher that has not heard it. */
  report(): void {
    const status = this.#of.status(this.#service) ?? Status.SERVICE_UNKNOWN;
    if (status === this.#reported || this.#state !== 'watching') return;
    this.#reported = status;
    if (this.#stream.writableLength > UNREAD_BYTES_MAX) this.#stream.close(constants.NGHTTP2_CANCEL);
    else sendMessage(this.#stream, bytesOf(status));
  }

  finish(): void {
    if (this.#state !== 'watching') return;
    this.#state = 'answered';
    this.#of.unwatch(this);
    this.#wait();
    this.#stream.end();
  }

  #push(chunk: Buffer): void {
    if (this.#state !== 'gathering') return;
    const wrong = this.#message.push(chunk);
    if (wrong === 'no room') this.#answer({ grpc: 14, message: 'too many health checks are arriving' });
    else if (wrong) this.#answer(wrong);
    else if (this.#message.compressed)
      this.#answer({ grpc: 12, message: 'compression is not supported here' });
  }

  #whole(): void {
    if (this.#state !== 'gathering') return;
    const sent = this.#message.whole();
    const service = isFault(sent) ? sent : serviceIn(sent);
    this.#message.release();
    if (isFault(service)) this.#answer(service);
    else if (this.#isWatch) this.#watch(service);
    else this.#check(service);
  }

  #check(service: string): void {
    const status = this.#of.status(service);
    if (status === undefined) this.#answer({ grpc: 5, message: 'that service is not here' });
    else this.#answer({ grpc: 0, message: '', bytes: bytesOf(status) });
  }

  #watch(service: string): void {
    const refused = this.#of.watch(this);
    if (refused || !openAnswer(this.#stream)) {
      if (refused) this.#answer(refused);
      return;
    }
    clearTimeout(this.#patience);
    this.#state = 'watching';
    this.#service = service;
    this.report();
  }

  #answer(made: Fault & { readonly bytes?: Uint8Array }): void {
    this.#state = 'answered';
    this.#wait();
    send(this.#stream, made);
  }

  /** For the sender: for its message, then for it to read the answer. */
  #wait(): void {
    clearTimeout(this.#patience);
    const close = () => this.#stream.close(constants.NGHTTP2_CANCEL);
    this.#patience = setTimeout(close, this.#of.patience).unref();
  }
}

function serviceIn(bytes: Uint8Array): string | Fault {
  try {
    return fromBinary(HealthCheckRequestSchema, bytes).service;
  } catch {
    return { grpc: 13, message: 'the message is no HealthCheckRequest' };
  }
}

const bytesOf = (status: Status): Uint8Array =>
  toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status }));
