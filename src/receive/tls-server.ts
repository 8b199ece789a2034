import type { Socket } from 'node:net';
import { createServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { Ms } from '../model/time.ts';

/** What the files of a TLS server hold, as PEM, and the lowest version that it speaks. */
export interface ServerKeys {
  readonly cert: string;
  readonly key: string;
  /** With it a client must show a certificate that one of these authorities has signed. */
  readonly clientCa?: string;
  readonly minVersion: '1.2' | '1.3';
}

export interface TlsServerOptions {
  /**
   * Asked at each connection; whether it has a clientCa must not change. Sessions that began under other keys cannot be
   * resumed.
   */
  readonly keys: () => ServerKeys;
  /** The protocol above TLS (ALPN). */
  readonly protocol: 'h2' | 'http/1.1';
  /** For a client to send its first bytes, and again to finish the handshake. */
  readonly handshake: Ms;
  /** `accepted`: the socket below. It knows the client's address even when the client has left. */
  readonly secured: (socket: TLSSocket, accepted: Socket) => void;
  /** A handshake failed; `why` is for people. A client that leaves without a byte is no failure: it is a probe. */
  readonly failed: (why: string, accepted: Socket) => void;
}

/** Speaks TLS on sockets that were accepted elsewhere. */
export interface TlsServer {
  accept(socket: Socket): void;
  /** Ends the handshakes in progress. */
  close(): void;
}

/** The first byte of a TLS connection: a record of the handshake. */
const HANDSHAKE = 0x16;

export function tlsServer({ keys, protocol, handshake, secured, failed }: TlsServerOptions): TlsServer {
  const pending = new Set<Socket>();
  let inUse = keys();
  const server = createServer({
    ...contextOf(inUse),
    requestCert: inUse.clientCa !== undefined,
    rejectUnauthorized: true,
    ALPNProtocols: [protocol],
    handshakeTimeout: handshake,
  });
  server.on('tlsClientError', (error: HandshakeError, socket) => {
    failed(reasonOf(error, socket), below(socket));
    socket.destroy();
  });
  server.on('secureConnection', (socket) => {
    const accepted = below(socket);
    pending.delete(accepted);
    secured(socket, accepted);
  });
  return {
    accept(socket) {
      pending.add(socket);
      socket.on('close', () => pending.delete(socket));
      // A socket without a byte costs little; only one with a handshake gets the memory for TLS.
      const refuse = (why: string) => {
        failed(why, socket);
        socket.destroy();
      };
      const timer = setTimeout(
        () => refuse(`the client began no handshake within ${handshake} ms`),
        handshake,
      );
      socket.on('error', () => {});
      socket.on('close', () => clearTimeout(timer));
      socket.once('readable', () => {
        clearTimeout(timer);
        const first: Buffer | null = socket.read();
        if (first === null) socket.destroy();
        else if (first[0] !== HANDSHAKE) refuse(PLAINTEXT);
        else {
          socket.unshift(first);
          const now = keys();
          if (now !== inUse) server.setSecureContext(contextOf(now));
          inUse = now;
          server.emit('connection', socket);
        }
      });
    },
    close() {
      for (const socket of pending) socket.destroy();
    },
  };
}

/** Node keeps it there, but has no documented way to it. */
const below = (socket: TLSSocket): Socket => (socket as TLSSocket & { readonly _parent: Socket })._parent;

const contextOf = ({ cert, key, clientCa, minVersion }: ServerKeys): SecureContextOptions => ({
  cert,
  key,
  ...(clientCa === undefined ? {} : { ca: clientCa }),
  minVersion: `TLSv${minVersion}`,
});

type HandshakeError = Error & { readonly code?: string };

const PLAINTEXT =
  "the client does not speak TLS, and this port does; remove tls: {insecure: true} from the collector's exporter and name our authority in its tls: {ca_file: PATH}";
const UNTRUSTED =
  "the client does not trust our certificate; the collector's exporter wants our authority in tls: {ca_file: PATH}, and a name that our certificate has in endpoint";

const REASONS_BY_CODE: Readonly<Record<string, string>> = {
  ECONNRESET: `the client left during the handshake; perhaps ${UNTRUSTED}`,
  EPIPE: `the client left during the handshake; perhaps ${UNTRUSTED}`,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: UNTRUSTED,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: UNTRUSTED,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: UNTRUSTED,
  'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE': UNTRUSTED,
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN': UNTRUSTED,
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    "the client has no certificate, and tls.client_ca_file wants one; set cert_file and key_file in tls of the collector's exporter",
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the client offers only versions of TLS below tls.min_version',
  ERR_SSL_NO_APPLICATION_PROTOCOL:
    'the client offers only other protocols (ALPN): gRPC needs h2, OTLP over HTTP and a webhook http/1.1',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'the client did not finish the handshake in time',
};

function reasonOf({ code = '', message }: HandshakeError, { authorizationError }: TLSSocket): string {
  // A code, although its type says that it is an Error.
  if (authorizationError)
    return `the client's certificate is refused (${String(authorizationError)}); an authority in tls.client_ca_file must have signed it`;
  // OpenSSL's message has several lines, and places in its source.
  return REASONS_BY_CODE[code] ?? `the handshake failed (${code || message})`;
}
