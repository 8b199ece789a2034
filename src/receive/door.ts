import type { Socket } from 'node:net';
import { unixAddress } from '../lib/unix-endpoint.ts';
import type { Ms } from '../model/time.ts';
import { listen } from './listen.ts';
import type { RequestMemory } from './request-memory.ts';
import type { Sender } from './sender.ts';
import { Senders } from './senders.ts';
import { type ServerKeys, tlsServer } from './tls-server.ts';
import type { KnownToken } from './tokens.ts';

/** Where a receiver listens, and whom it lets in. */
export interface DoorOptions {
  /** host:port (localhost, a name, an IPv4 address or an IPv6 address in brackets), or unix:///path. */
  readonly endpoint: string;
  /** The file mode of a unix socket. Default: 0660. */
  readonly socketMode?: number;
  /** Asked at each connection. Without it the receiver speaks plain text. */
  readonly tls?: () => ServerKeys;
  /** Asked at each request, which then needs one of these tokens. */
  readonly tokens?: () => readonly KnownToken[];
  /** The most connections at once; a further client gets the reason and is closed. Default: 1,000, enough for a collector on each node of a large cluster. */
  readonly maxConnections?: number;
  /** The most connections at once from one address that is not this machine's own. Default: 200. */
  readonly maxConnectionsPerSender?: number;
  /** Called for each connection that ended in an error; `why` is for people. */
  readonly broken?: (why: string, peer: string) => void;
  /** Called for each TLS handshake that failed, with the same. */
  readonly handshakeFailed?: (why: string, peer: string) => void;
}

/** What speaks on the connections of a door. */
export interface Speaker {
  /** The configuration key of the endpoint. */
  readonly setting: string;
  /** Its name in TLS (ALPN). */
  readonly protocol: 'h2' | 'http/1.1';
  /** The time for a TLS handshake. */
  readonly handshake: Ms;
  readonly memory: RequestMemory;
  readonly begin: (socket: Socket, peer: Sender) => void;
  /** Says to a client over the limit why it is not served; then closes its connection. `ended` is called in any case. */
  readonly turnAway: (socket: Socket, why: string, ended: () => void) => void;
}

export interface Door {
  /** The endpoint with the port as bound. */
  readonly address: string;
  /** Takes no new connections and ends handshakes; resolves when the last connection has ended. */
  close(): Promise<void>;
}

/** An idle connection takes some 20 KiB. */
const CONNECTIONS = 1000;
const CONNECTIONS_PER_SENDER = 200;
/** Connections over the limit that get the reason at one time; further ones are just closed. */
const TURNED_AWAY_MAX = 100;

/** Lets connections in, over TLS where there are keys. Rejects with an Error for the user where it cannot listen. */
export async function openDoor(options: DoorOptions, speaker: Speaker): Promise<Door> {
  const limits = {
    connections: options.maxConnections ?? CONNECTIONS,
    connectionsPerSender: options.maxConnectionsPerSender ?? CONNECTIONS_PER_SENDER,
  };
  const senders = new Senders(speaker.memory, limits, unixAddress(options.endpoint));
  const begin = (socket: Socket, accepted = socket) => speaker.begin(socket, senders.of(accepted));
  const tls =
    options.tls &&
    tlsServer({
      keys: options.tls,
      protocol: speaker.protocol,
      handshake: speaker.handshake,
      secured: begin,
      failed: (why, accepted) => options.handshakeFailed?.(why, senders.of(accepted).name),
    });
  let turnedAway = 0;
  const accept = (socket: Socket) => {
    const why = senders.admit(socket);
    if (why === undefined) {
      if (tls) tls.accept(socket);
      else begin(socket);
      return;
    }
    options.broken?.(why, senders.of(socket).name);
    // A handshake for those who are not let in would cost more than it says to them.
    if (tls || turnedAway >= TURNED_AWAY_MAX) socket.destroy();
    else {
      turnedAway++;
      speaker.turnAway(socket, why, () => turnedAway--);
    }
  };
  const listener = await listen(options.endpoint, speaker.setting, accept, options.socketMode);
  return {
    address: listener.address,
    close() {
      tls?.close();
      return listener.close();
    },
  };
}
