import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { resolve as absolute } from 'node:path';
import { isUnix, unixPath } from '../lib/unix-endpoint.ts';
import { bindSocket } from './unix-socket.ts';

export interface Listener {
  /** The endpoint with the port as bound; `unix:///path` for a unix socket. */
  readonly address: string;
  /** Takes no new connections; resolves when the last one has ended. Twice is fine. */
  close(): Promise<void>;
}

/**
 * `localhost` means both of these addresses, whatever the machine's hosts file says: some clients try only one. If another
 * process listens on one of them the port is in use: a client must not reach that process by chance.
 */
const LOOPBACK = ['127.0.0.1', '::1'];

/** How many times we look for a port that is free on every address. */
const PORT_ATTEMPTS = 10;

/** Codes for an address that the machine does not have. Another address may still work. */
const ABSENT = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

const REASONS: Readonly<Record<string, (setting: string) => string>> = {
  EADDRINUSE: (setting) => `the address is in use; stop the other process or set ${setting}`,
  EADDRNOTAVAIL: (setting) => `this machine has no such address; set ${setting}`,
  EACCES: (setting) => `this user may not use that port; set ${setting} to a port above 1023`,
  ENOTFOUND: (setting) => `the host name is unknown; set ${setting}`,
  EAI_AGAIN: (setting) => `the host name cannot be looked up now; set ${setting} to an address`,
};

/** The mode of a unix socket: its user and its group. The containers of a pod have a group in common (fsGroup). */
const SOCKET_MODE = 0o660;

/**
 * Listens on `host:port` (`localhost`, a name, an IPv4 address, an IPv6 address in brackets; port 0 finds a free one) or on
 * a unix socket (`unix:///path`) and gives every connection to `accept`. Rejects with an Error of one line for the user, which names `setting`,
 * the configuration key that the endpoint came from.
 */
export async function listen(
  endpoint: string,
  setting: string,
  accept: (socket: Socket) => void,
  socketMode = SOCKET_MODE,
): Promise<Listener> {
  const refuse = (why: string, cause?: unknown) =>
    new Error(`cannot listen on ${endpoint}: ${why}`, { cause });
  if (isUnix(endpoint)) {
    const path = unixPath(endpoint);
    if (path === undefined) throw refuse(`it is not unix:///path; set ${setting}`);
    const bound = await bindSocket(absolute(path), socketMode, accept);
    if ('why' in bound) throw refuse(`${bound.why}; set ${setting}`);
    return listening(`unix://${absolute(path)}`, bound.close);
  }
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(endpoint) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535)
    throw refuse(`it is not host:port, such as localhost:4317 or [::1]:4317; set ${setting}`);

  const hosts = host === 'localhost' ? LOOPBACK : [host];
  for (let attempt = 1; ; attempt++) {
    const bound = await bindAll(hosts, port, accept);
    if ('servers' in bound)
      return listening(`${bracketed === undefined ? host : `[${host}]`}:${bound.port}`, () =>
        closeAll(bound.servers),
      );
    const { code = '', message } = bound.error;
    if (port === 0 && code === 'EADDRINUSE' && attempt < PORT_ATTEMPTS) continue;
    throw refuse(REASONS[code]?.(setting) ?? `${message}; set ${setting}`, bound.error);
  }
}

function listening(address: string, close: () => Promise<void>): Listener {
  let closed: Promise<void> | undefined;
  return {
    address,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/** Binds all addresses that the machine has to one port, or none of them. */
async function bindAll(
  hosts: readonly string[],
  wanted: number,
  accept: (socket: Socket) => void,
): Promise<
  { readonly servers: readonly Server[]; readonly port: number } | { readonly error: NodeJS.ErrnoException }
> {
  const servers: Server[] = [];
  let port = wanted;
  let absent: NodeJS.ErrnoException | undefined;
  for (const host of hosts) {
    const server = await bind(host, port, accept);
    if (server instanceof Error) {
      if (ABSENT.has(server.code ?? '')) {
        absent = server;
        continue;
      }
      await closeAll(servers);
      return { error: server };
    }
    servers.push(server);
    port = (server.address() as AddressInfo).port;
  }
  return servers.length === 0 && absent ? { error: absent } : { servers, port };
}

function bind(
  host: string,
  port: number,
  accept: (socket: Socket) => void,
): Promise<Server | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    const server = createServer(accept);
    // The listener stays: a connection that fails while it is accepted must not end the process.
    server.on('error', resolve);
    server.listen({ host, port }, () => resolve(server));
  });
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
}
