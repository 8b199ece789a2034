import type { Verdict } from '../model/request.ts';
import type { Ms } from '../model/time.ts';

/** A request as it goes on. */
export interface Outgoing {
  /** Its own memory: those of the request that came in may be used again before a connection has let go of them. */
  readonly bytes: Buffer;
  readonly json: boolean;
  readonly headers: ReadonlyMap<string, string>;
}

/** What became of it. `why`: what the next hop said where that was not OK, or why it said nothing. */
export interface HopAnswer {
  readonly verdict: Verdict;
  readonly answered: boolean;
  readonly why?: string;
}

/** A connection to the next OTLP endpoint. */
export interface NextHop {
  /** For people: where requests go. */
  readonly target: string;
  /** Whether a request in JSON can go on as it is. */
  readonly takesJson: boolean;
  /** One attempt, of `timeout` at most. Never rejects. */
  send(message: Outgoing, timeout: Ms): Promise<HopAnswer>;
  /** Gives up what is not answered. */
  stop(): void;
}

export interface HopOptions {
  /** Secrets. They replace headers of the sender. */
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'gzip' | 'none';
  /** PEM. Without `ca`, the authorities that Node trusts. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Sidewatch's own, for the User-Agent. */
  readonly version: string;
}
