import type { Socket } from 'node:net';
import { normalise } from '../lib/address.ts';
import { isLoopback } from '../lib/reachable.ts';
import type { HeldBytes, MessageMemory } from './held-bytes.ts';

/** Whoever shares a limit: the cluster that a token is bound to, else a peer. */
export interface Sender {
  /** For people: an address, or the path of a unix socket. */
  readonly name: string;
  readonly held: SenderBytes;
}

export interface SenderLimits {
  readonly connections: number;
  readonly connectionsPerSender: number;
  /** The most memory of one sender's requests in progress. */
  readonly bytesPerSender: number;
}

/** A sender's part of the memory of all requests in progress. */
export class SenderBytes implements MessageMemory {
  readonly #all: HeldBytes;
  readonly #most: number;
  #held = 0;
  #refusedBy: 'sender' | 'all' = 'all';

  constructor(all: HeldBytes, most: number) {
    this.#all = all;
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** Which limit the last refusal was about. */
  get refusedBy(): 'sender' | 'all' {
    return this.#refusedBy;
  }

  add(bytes: number): boolean {
    if (!this.#fits(bytes) || !this.#all.add(bytes)) return false;
    this.#held += bytes;
    return true;
  }

  subtract(bytes: number): void {
    this.#held -= bytes;
    this.#all.subtract(bytes);
  }

  take(least: number, claimed: number): Buffer | undefined {
    if (!this.#fits(least)) return undefined;
    const buffer = this.#all.take(least, claimed);
    if (!buffer) return undefined;
    if (!this.#fits(buffer.length)) {
      this.#all.give(buffer);
      return undefined;
    }
    this.#held += buffer.length;
    return buffer;
  }

  give(buffer: Buffer): void {
    this.#held -= buffer.length;
    this.#all.give(buffer);
  }

  #fits(bytes: number): boolean {
    const fits = this.#held + bytes <= this.#most;
    this.#refusedBy = fits ? 'all' : 'sender';
    return fits;
  }
}

interface Peer extends Sender {
  connections: number;
}

/** All senders of a receiver, and what each of them has. */
export class Senders {
  readonly #all: HeldBytes;
  readonly #limits: SenderLimits;
  /** The unix socket that all peers have in common. */
  readonly #socketName: string | undefined;
  #connections = 0;
  readonly #peers = new Map<string, Peer>();
  readonly #clusters = new Map<string, Sender>();

  constructor(all: HeldBytes, limits: SenderLimits, socketName?: string) {
    this.#all = all;
    this.#limits = limits;
    this.#socketName = socketName;
  }

  /** Counts a connection until its socket closes. Why there is no room for it, as a sentence for people, if there is none. */
  admit(socket: Socket): string | undefined {
    const { connections, connectionsPerSender } = this.#limits;
    if (this.#connections >= connections)
      return `there are already ${this.#connections} connections, which is the limit (max_connections)`;
    const name = this.#nameOf(socket);
    const peer = this.#peer(name);
    if (peer.connections >= connectionsPerSender && !this.#isLocal(name))
      return `there are already ${peer.connections} connections of one sender, which is the limit (max_connections_per_sender)`;
    this.#connections++;
    peer.connections++;
    this.#peers.set(name, peer);
    socket.once('close', () => {
      this.#connections--;
      peer.connections--;
      this.#forgetIdle();
    });
    return undefined;
  }

  /** The peer of a socket for which `admit` was asked. */
  of(socket: Socket): Sender {
    return this.#peer(this.#nameOf(socket));
  }

  bound(cluster: string): Sender {
    const known = this.#clusters.get(cluster);
    if (known) return known;
    const sender = { name: cluster, held: new SenderBytes(this.#all, this.#limits.bytesPerSender) };
    this.#clusters.set(cluster, sender);
    return sender;
  }

  #peer(name: string): Peer {
    const most = this.#isLocal(name) ? Number.POSITIVE_INFINITY : this.#limits.bytesPerSender;
    return this.#peers.get(name) ?? { name, connections: 0, held: new SenderBytes(this.#all, most) };
  }

  /** Requests may outlive their connection: a peer is known as long as it holds memory, or it could take its share again. */
  #forgetIdle(): void {
    for (const [name, peer] of this.#peers)
      if (peer.connections === 0 && peer.held.held === 0) this.#peers.delete(name);
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
