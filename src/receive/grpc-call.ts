import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { seconds } from '../lib/time.ts';
import type { Handle, Request } from '../model/request.ts';
import type { Clock, Micros, Ms } from '../model/time.ts';
import { discardRest, send } from './grpc-answer.ts';
import { type Fault, GrpcMessage, isFault, tooLarge } from './grpc-message.ts';
import type { HeldBytes } from './held-bytes.ts';
import { type Encoding, free, type Opened } from './inflate.ts';
import { FAULT, type Reply, reply } from './reply.ts';

/** What all calls of a receiver share. */
export interface CallContext {
  readonly path: string;
  readonly maxRequestBytes: number;
  /** For a message to come whole, and for the rest of a refused one. */
  readonly maxMessageTime: Ms;
  readonly held: HeldBytes;
  readonly open: (bytes: Buffer, encoding: Encoding) => Opened | Promise<Opened>;
  readonly handle: Handle;
  readonly clock: Clock;
  /** Gets what must settle before the receiver has drained. */
  readonly underWay: (work: Promise<unknown>) => void;
  /** Aborts when the receiver stops: messages that have not come whole by then are their sender's to repeat. */
  readonly stopping: AbortSignal;
  readonly refused: (grpcCode: number, why: string) => void;
}

const CONTENT_TYPE = /^application\/grpc(?:$|[+;])/;
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 } as const;
/** Node's timers hold no more. */
const LONGEST_TIMER = 2 ** 31 - 1;

const COME_AGAIN = seconds(1);

/** Transport headers: ours to act on, not the handler's. */
const OWN = /^(?::|grpc-|te$|content-type$|accept-encoding$)|-bin$/;

/**
 * Serves one unary gRPC call: gathers its message, opens it, gives it to the handler, sends the answer. Whatever the
 * sender does, the bytes that it made us hold are given back when the handler has settled or the call has ended.
 */
export function takeCall(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, to: CallContext): void {
  // What breaks a stream also closes it, and that is what we act on.
  stream.on('error', () => {});
  // Node gives us a stream a tick later than its frames: its client may have reset it by then.
  if (stream.destroyed || stream.closed) return;
  if (!CONTENT_TYPE.test(headers['content-type'] ?? '')) {
    stream.respond({ ':status': 415 }, { endStream: true });
    discardRest(stream, to.maxMessageTime);
    return;
  }

  const began = to.clock();
  const message = new GrpcMessage(to.maxRequestBytes, to.held);
  const encoding = headers['grpc-encoding'] ?? 'identity';
  /** gathering: bytes come; handling: they are in use, here or by the handler; ended: answered, refused or cut off. */
  let state: 'gathering' | 'handling' | 'ended' = 'gathering';
  let handled = false;

  const end = () => {
    if (state === 'gathering') message.release();
    state = 'ended';
    clearTimeout(slow);
    clearTimeout(late);
    to.stopping.removeEventListener('abort', stopped);
  };
  const refuse = (made: Reply | Fault) => {
    if (state === 'ended') return;
    end();
    to.refused(made.grpc, made.message);
    send(stream, made, to.maxMessageTime);
  };
  const stopped = () => {
    if (state === 'gathering')
      refuse(reply({ kind: 'unavailable', retryAfter: COME_AGAIN, why: 'Sidewatch is stopping' }));
  };
  const overloaded = () =>
    refuse(
      reply({
        kind: 'overloaded',
        retryAfter: COME_AGAIN,
        why: 'the requests under way take up all the memory that they may',
      }),
    );

  const slow = setTimeout(
    () => refuse({ grpc: 14, message: `the message did not come whole within ${to.maxMessageTime} ms` }),
    to.maxMessageTime,
  );
  let late: NodeJS.Timeout | undefined;
  stream.on('close', end);
  if (to.stopping.aborted) {
    stopped();
    return;
  }
  to.stopping.addEventListener('abort', stopped, { once: true });

  if (headers[':path'] !== to.path) {
    refuse({
      grpc: 12,
      message: `there is no method ${headers[':path']?.slice(0, 100)} here, only ${to.path}`,
    });
    return;
  }
  const timeout = timeoutOf(headers['grpc-timeout']);
  if (timeout === 'none') {
    refuse({ grpc: 13, message: 'grpc-timeout is not a number of up to 8 digits and a unit' });
    return;
  }
  if (timeout !== undefined && timeout <= LONGEST_TIMER)
    late = setTimeout(() => {
      const fault = { grpc: 4, message: 'the deadline has passed' };
      if (!handled) refuse(fault);
      else if (state !== 'ended') {
        // The handler goes on, and is counted by its own verdict.
        end();
        send(stream, fault, to.maxMessageTime);
      }
    }, timeout);

  const deadline = timeout === undefined ? undefined : ((began + Math.floor(timeout * 1000)) as Micros);

  stream.on('data', (chunk: Buffer) => {
    if (state !== 'gathering') return;
    const wrong = message.push(chunk);
    if (wrong === 'no room') overloaded();
    else if (wrong) refuse(wrong);
    else if (message.compressed && !isEncoding(encoding)) refuse(unsupported(encoding));
  });
  stream.on('end', () => {
    if (state !== 'gathering') return;
    clearTimeout(slow);
    const whole = message.whole();
    if (isFault(whole)) {
      refuse(whole);
      return;
    }
    state = 'handling';
    to.underWay(handle(whole));
  });

  const handle = async (sent: Buffer): Promise<void> => {
    let opened = 0;
    let bytes = sent;
    try {
      if (message.compressed) {
        const inflated = to.open(sent, encoding as Encoding);
        const result = inflated instanceof Promise ? await inflated : inflated;
        if (result === 'broken') return refuse({ grpc: 13, message: `the message is not ${encoding}` });
        if (result === 'too large') return refuse(tooLarge(undefined, to.maxRequestBytes));
        if (!to.held.add(result.length)) return overloaded();
        opened = result.length;
        message.release();
        bytes = result;
      }
      if (hasEnded()) return;
      handled = true;
      // It arrives now, in the turn in which its handler hears of it: no window may close between the two.
      const made = await answer(to.handle, request(bytes, to.clock(), deadline, headers));
      if (hasEnded()) return;
      end();
      send(stream, made, to.maxMessageTime);
    } finally {
      message.release();
      to.held.subtract(opened);
      if (opened > 0) free(bytes);
    }
  };
  // TypeScript does not see that callbacks change it meanwhile.
  const hasEnded = () => state === 'ended';
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
    if (typeof value === 'string' && !OWN.test(name)) headers.set(name, value);
  return {
    bytes,
    shape: 'otlp',
    arrived,
    ...(deadline === undefined ? {} : { deadline }),
    headers,
  };
}

/** Milliseconds; undefined where there is no such header, 'none' where it is no timeout. */
function timeoutOf(header: string | readonly string[] | undefined): number | 'none' | undefined {
  if (header === undefined) return undefined;
  const [, digits, unit] = TIMEOUT.exec(String(header)) ?? [];
  return digits === undefined ? 'none' : Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

const isEncoding = (name: unknown): name is Encoding => name === 'gzip' || name === 'deflate';

function unsupported(encoding: string | readonly string[]): Fault {
  return encoding === 'identity'
    ? { grpc: 13, message: 'the message says that it is compressed, grpc-encoding does not say how' }
    : {
        grpc: 12,
        message: `compression ${JSON.stringify(String(encoding).slice(0, 40))} is not taken, only gzip, deflate or none`,
      };
}
