import type { Socket } from 'node:net';
import { normalise } from '../lib/address.ts';
import { isLoopback } from '../lib/reachable.ts';
import type { RequestMemory } from './request-memory.ts';
import type { Sender } from './sender.ts';

export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerSender: number;
}

/** The senders of a receiver, and how many connections each of them has. */
export class Senders {
  readonly #memory: RequestMemory;
  readonly #limits: ConnectionLimits;
  /** The unix socket that all peers have in common. */
  readonly #socketName: string | undefined;
  #connections = 0;
  readonly #byPeer = new Map<string, number>();

  constructor(memory: RequestMemory, limits: ConnectionLimits, socketName?: string) {
    this.#memory = memory;
    this.#limits = limits;
    this.#socketName = socketName;
  }

  /** Counts a connection until its socket closes. Why there is no room for it, as a sentence for people, if there is none. */
  admit(socket: Socket): string | undefined {
    const { connections, connectionsPerSender } = this.#limits;
    if (this.#connections >= connections)
      return `there are already ${this.#connections} connections, which is the limit (max_connections)`;
    const name = this.#nameOf(socket);
    const own = this.#byPeer.get(name) ?? 0;
    if (own >= connectionsPerSender && !this.#isLocal(name))
      return `there are already ${own} connections of one sender, which is the limit (max_connections_per_sender)`;
    this.#connections++;
    this.#byPeer.set(name, own + 1);
    this.#memory.connected(name, !this.#isLocal(name));
    socket.once('close', () => this.#left(name));
    return undefined;
  }

  /** The peer of a socket for which `admit` was asked. */
  of(socket: Socket): Sender {
    const name = this.#nameOf(socket);
    return this.#memory.peer(name, !this.#isLocal(name));
  }

  #left(name: string): void {
    this.#connections--;
    const own = this.#byPeer.get(name) ?? 1;
    if (own === 1) this.#byPeer.delete(name);
    else this.#byPeer.set(name, own - 1);
    this.#memory.disconnected(name);
  }

  #nameOf({ remoteAddress }: Socket): string {
    if (this.#socketName !== undefined) return this.#socketName;
    // A client that has gone may have no address any more.
    return remoteAddress === undefined ? 'an unknown address' : (normalise(remoteAddress) ?? remoteAddress);
  }

  /** All of a pod's requests come from one collector, so these have no share of their own. */
  #isLocal(name: string): boolean {
    return name === this.#socketName || isLoopback(name);
  }
}
