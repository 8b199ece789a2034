import { once } from 'node:events';
import { type ClientHttp2Session, connect, performServerHandshake } from 'node:http2';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { millis } from '../../../src/lib/time-format.ts';
import { type ServerKeys, tlsServer } from '../../../src/receive/tls-server.ts';
import { authority } from '../../support/authority.ts';

const ours = authority('ours');
const others = authority('others');
const server = ours.issue('sidewatch');
const collector = ours.issue('collector');
const stranger = others.issue('collector');

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

const KEYS: ServerKeys = { ...server, minVersion: '1.2' };
const MUTUAL: ServerKeys = { ...KEYS, clientCa: ours.ca };

interface Started {
  readonly replace: (keys: ServerKeys) => void;
  readonly port: number;
  /** Resolves with the reason of the first failure. */
  readonly failure: Promise<string>;
  readonly failures: readonly string[];
  readonly sockets: readonly Socket[];
}

/** HTTP/2 over TLS that answers "hi". */
async function start(keys: ServerKeys, handshake = millis(5000)): Promise<Started> {
  const failures: string[] = [];
  const failure = Promise.withResolvers<string>();
  const sockets: Socket[] = [];
  let current = keys;
  const tls = tlsServer({
    protocol: 'h2',
    keys: () => current,
    handshake,
    secured(socket) {
      const session = performServerHandshake(socket).on('error', () => {});
      session.on('stream', (stream) => {
        stream.respond({ ':status': 200 });
        stream.end('hi');
      });
    },
    failed(why) {
      failures.push(why);
      failure.resolve(why);
    },
  });
  const replace = (next: ServerKeys) => {
    current = next;
  };
  const listener: Server = createServer((socket) => {
    sockets.push(socket);
    tls.accept(socket);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  ends.push(
    () => new Promise((resolve) => listener.close(resolve)),
    () => tls.close(),
  );
  return {
    replace,
    port: (listener.address() as AddressInfo).port,
    failure: failure.promise,
    failures,
    sockets,
  };
}

/** What a client reads, or the code of its error. */
function ask({ port }: Started, options: ConnectionOptions = {}): Promise<string> {
  const session: ClientHttp2Session = connect(`https://localhost:${port}`, { ca: ours.ca, ...options });
  return new Promise((resolve) => {
    const end = (answer: string) => {
      resolve(answer);
      session.destroy();
    };
    session.on('error', ({ code }: NodeJS.ErrnoException) => end(String(code)));
    session.on('close', () => end('closed'));
    const stream = session.request({}).on('error', () => {});
    stream.on('data', (data) => end(String(data)));
  });
}

test('a client that trusts our authority speaks HTTP/2', async () => {
  const started = await start(KEYS);
  expect(await ask(started)).toBe('hi');
  expect(await ask(started, { maxVersion: 'TLSv1.2' })).toBe('hi');
  expect(started.failures).toEqual([]);
});

test('with client_ca_file only a client with a certificate of that authority gets in', async () => {
  expect(await ask(await start(MUTUAL), collector)).toBe('hi');

  const without = await start(MUTUAL);
  void ask(without);
  expect(await without.failure).toMatch(/^the client has no certificate, and tls.client_ca_file wants one;/);

  const other = await start(MUTUAL);
  void ask(other, stranger);
  expect(await other.failure).toMatch(
    /^the client's certificate is refused \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\); an authority in/,
  );
});

test('a refused client is gone, with all that it held', async () => {
  const { port, failure, sockets } = await start(MUTUAL);
  const client = connectTls({ port, ca: ours.ca, servername: 'localhost', ALPNProtocols: ['h2'] }).resume();
  client.on('error', () => {});
  await failure;
  const [socket] = sockets;
  if (!socket?.closed) await once(socket!, 'close');
  if (!client.closed) await new Promise((resolve) => client.on('close', resolve));
});

test.each<[string, (started: Started) => unknown, RegExp]>([
  [
    'offers only an old version',
    (started) => void ask(started, { maxVersion: 'TLSv1.2' }),
    /^the client offers only versions of TLS below tls.min_version$/,
  ],
  [
    'does not trust us',
    (started) => void ask(started, { ca: others.ca }),
    /^the client left during the handshake; perhaps the client does not trust our certificate;/,
  ],
  [
    'speaks HTTP/2 in plain text',
    ({ port }) => void connect(`http://localhost:${port}`).on('error', () => {}),
    /^the client does not speak TLS, and this port does;/,
  ],
  [
    'speaks another protocol above TLS',
    ({ port }) =>
      void connectTls({ port, ca: ours.ca, servername: 'localhost', ALPNProtocols: ['http/1.1'] }).on(
        'error',
        () => {},
      ),
    /^the client offers only other protocols \(ALPN\)/,
  ],
])('a client that %s is named as that', async (_, visit, why) => {
  const started = await start({ ...KEYS, minVersion: '1.3' });
  visit(started);
  expect(await started.failure).toMatch(why);
});

test('a probe is no failure', async () => {
  const started = await start(KEYS);
  const { port, failures, sockets } = started;
  const probe = createConnection(port, '127.0.0.1');
  await once(probe, 'connect');
  probe.end();
  await once(probe.resume(), 'close');
  const reset = createConnection(port, '127.0.0.1');
  await once(reset, 'connect');
  reset.resetAndDestroy();
  expect(await ask(started)).toBe('hi');
  for (const socket of sockets.slice(0, 2)) if (!socket.closed) await once(socket, 'close');
  expect(failures).toEqual([]);
});

test.each<[string, string, RegExp]>([
  ['begins no handshake', '', /^the client began no handshake within 50 ms$/],
  ['stops in the middle of it', '\x16\x03\x01', /^the client did not finish the handshake in time$/],
])('a client that %s is closed after a time', async (_, bytes, why) => {
  const { port, failure } = await start(KEYS, millis(50));
  const client = createConnection(port, '127.0.0.1', () => client.write(Buffer.from(bytes, 'latin1')));
  client.on('error', () => {}).resume();
  await once(client, 'close');
  expect(await failure).toMatch(why);
});

test('new keys are for new connections, and end the resumption of old sessions', async () => {
  const started = await start(MUTUAL);
  const options = {
    port: started.port,
    ca: [ours.ca, others.ca],
    servername: 'localhost',
    ALPNProtocols: ['h2'],
  };
  const first = connectTls({ ...options, ...collector }).resume();
  const [session] = (await once(first, 'session')) as [Buffer];
  const resumed = connectTls({ ...options, ...collector, session });
  await once(resumed, 'data');
  expect(resumed.isSessionReused()).toBe(true);
  resumed.destroy();

  started.replace({ ...others.issue('sidewatch'), clientCa: others.ca, minVersion: '1.2' });
  // The old connection goes on.
  expect(first.destroyed).toBe(false);
  const again = connectTls({ ...options, ...collector, session })
    .on('error', () => {})
    .resume();
  expect(await started.failure).toMatch(/^the client's certificate is refused/);
  again.destroy();
  first.destroy();
  expect(await ask(started, { ca: others.ca, ...stranger })).toBe('hi');
});
