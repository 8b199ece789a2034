import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type Listener, listen } from '../../../src/receive/listen.ts';

const KEY = 'receivers.otlp.protocols.grpc.endpoint';
const hang = (socket: Socket) => void socket.end('hello');
const ipv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

const portOf = ({ address }: Listener) => Number(address.slice(address.lastIndexOf(':') + 1));

/** What a client at `host` reads, or the code of its error. */
function visit(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(String(code)));
    socket.on('data', (data) => resolve(String(data)));
  });
}

/** The message that `listen` gives for an endpoint it cannot use. */
const refusal = async (endpoint: string): Promise<string> => {
  const failed: Error = await listen(endpoint, KEY, hang).then(
    () => new Error('it listens'),
    (error) => error,
  );
  return failed.message;
};

describe('listen', () => {
  it('takes localhost on both loopback addresses under one port', async () => {
    const listener = await listen('localhost:0', KEY, hang);
    expect(listener.address).toMatch(/^localhost:[1-9]\d*$/);
    expect(await visit('127.0.0.1', portOf(listener))).toBe('hello');
    if (ipv6) expect(await visit('::1', portOf(listener))).toBe('hello');
    await listener.close();
    expect(await visit('127.0.0.1', portOf(listener))).toBe('ECONNREFUSED');
  });

  it.each(['127.0.0.1', '0.0.0.0', ...(ipv6 ? ['[::1]', '[::]'] : [])])('takes %s as it is', async (host) => {
    const listener = await listen(`${host}:0`, KEY, hang);
    expect(listener.address.startsWith(`${host}:`)).toBe(true);
    expect(await visit(host.includes('::1') ? '::1' : '127.0.0.1', portOf(listener))).toBe('hello');
    await listener.close();
  });

  it('closes twice', async () => {
    const listener = await listen('127.0.0.1:0', KEY, hang);
    await Promise.all([listener.close(), listener.close()]);
    await listener.close();
  });

  it.each(['127.0.0.1', ...(ipv6 ? ['::1'] : [])])(
    'refuses localhost where another process has the port on %s alone, and leaves no listener behind',
    async (host) => {
      const other = createServer(hang).listen(0, host);
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      expect(await refusal(`localhost:${port}`)).toBe(
        `cannot listen on localhost:${port}: the address is in use; stop the other process or set ${KEY}`,
      );
      const rest = host === '::1' ? '127.0.0.1' : '::1';
      expect(await visit(rest, port)).not.toBe('hello');
      other.close();
    },
  );

  it.each([
    ['192.0.2.1:0', 'this machine has no such address'],
    ['no..name:0', 'the host name is unknown'],
    ['localhost', 'it is not host:port'],
    [':4317', 'it is not host:port'],
    ['http://localhost:4317', 'it is not host:port'],
    ['::1:4317', 'it is not host:port'],
    ['localhost:65536', 'it is not host:port'],
    ['localhost:', 'it is not host:port'],
  ])('says in one line what is wrong with %s', async (endpoint, why) => {
    const message = await refusal(endpoint);
    expect(message.startsWith(`cannot listen on ${endpoint}: ${why}`)).toBe(true);
    expect(message).toContain(`set ${KEY}`);
    expect(message).not.toContain('\n');
  });
});
