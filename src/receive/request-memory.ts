import { HeldBytes } from './held-bytes.ts';
import { inflater } from './inflate.ts';
import { type Sender, SenderBytes } from './sender.ts';

const BUDGET = 256 * 2 ** 20;

interface Peer extends Sender {
  connections: number;
}

/** The memory of all requests in progress, over all receivers that share it, and the part of it that each sender has. */
export class RequestMemory {
  /** Shared, so that only one large body is decompressed at a time. */
  readonly open = inflater();
  readonly #all: HeldBytes;
  readonly #bytesPerSender: number;
  readonly #peers = new Map<string, Peer>();
  readonly #clusters = new Map<string, Sender>();

  /** Buffers of messages that are still arriving, and messages whose handler has not settled. */
  constructor(budget = BUDGET, bytesPerSender = budget / 2) {
    this.#all = new HeldBytes(budget);
    this.#bytesPerSender = bytesPerSender;
  }

  /** The sender that all who are bound to a cluster are together. */
  bound(cluster: string): Sender {
    const known = this.#clusters.get(cluster);
    if (known) return known;
    const sender = { name: cluster, held: new SenderBytes(this.#all, this.#bytesPerSender) };
    this.#clusters.set(cluster, sender);
    return sender;
  }

  /** `limited`: it has a part of its own, and not all of the memory. */
  peer(name: string, limited: boolean): Sender {
    return this.#peers.get(name) ?? this.#newPeer(name, limited);
  }

  /** Knows the peer until its connections have ended and its memory is given back. */
  connected(name: string, limited: boolean): void {
    const peer = this.#peers.get(name) ?? this.#newPeer(name, limited);
    peer.connections++;
    this.#peers.set(name, peer);
  }

  disconnected(name: string): void {
    const left = this.#peers.get(name);
    if (left) left.connections--;
    // Requests may outlive their connection: a peer that was forgotten too early could take its share again.
    for (const [known, { connections, held }] of this.#peers)
      if (connections === 0 && held.held === 0) this.#peers.delete(known);
  }

  #newPeer(name: string, limited: boolean): Peer {
    const most = limited ? this.#bytesPerSender : Number.POSITIVE_INFINITY;
    return { name, connections: 0, held: new SenderBytes(this.#all, most) };
  }
}
