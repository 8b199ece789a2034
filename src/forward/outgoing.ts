import type { Request } from '../model/request.ts';
import type { Clock, Ms } from '../model/time.ts';
import type { OtlpMessage } from '../otlp-client/otlp-client.ts';
import type { HopOptions, Outgoing } from './next-hop.ts';

/** Carries the ids of the processes that a request has passed, so that a loop is noticed. */
const HOPS = 'sidewatch-hops';

/** Headers that are about one connection, or that the next one has of its own. */
const OF_CONNECTION =
  /^(?:host|connection|keep-alive|upgrade|te|trailer|transfer-encoding|expect|user-agent|accept(?:-encoding)?|content-.*)$/;

/** Whether a request has passed this process before. */
export function hasPassed({ headers }: Request, id: string): boolean {
  return headers.get(HOPS)?.split(', ').includes(id) === true;
}

/** The request with the headers of its sender, as it leaves this process. */
export function outgoing({ headers, shape }: Request, bytes: Buffer, id: string): Outgoing {
  const carried = new Map([...headers].filter(([name]) => !OF_CONNECTION.test(name)));
  const before = headers.get(HOPS);
  carried.set(HOPS, before === undefined ? id : `${before}, ${id}`);
  return { bytes, json: shape === 'otlp-json', headers: carried };
}

/** How long the next hop may take. */
export function timeLeft({ deadline }: Request, timeout: Ms, clock: Clock): Ms {
  return deadline === undefined ? timeout : (Math.min(timeout, (deadline - clock()) / 1000) as Ms);
}

/** With headers of our own in the place of those of the sender. */
export function asSent(message: Outgoing, own: HopOptions['headers']): OtlpMessage {
  const configured = Object.entries(own).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { ...message, headers: new Map([...message.headers, ...configured]) };
}
