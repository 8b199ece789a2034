import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { jsonPage, startPageServer } from '../../../src/serve/page-server.ts';

let at: string;
let listening: Awaited<ReturnType<typeof startPageServer>>;
let asked = 0;
beforeAll(async () => {
  listening = await startPageServer('127.0.0.1:0', 'telemetry.console.endpoint', {
    '/rules': () => jsonPage({ asked: ++asked }),
    '/down': () => jsonPage({ up: false }, 503),
    '/text': async () => ({ status: 200, type: 'text/plain', body: 'one\n' }),
    '/broken': () => {
      throw new Error('a bug, with a secret');
    },
  });
  at = `http://${listening.address}`;
});
afterAll(() => listening.stop());

test('a page is made each time it is asked for', async () => {
  const first = await fetch(`${at}/rules?x=1`);
  expect([first.status, first.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
  expect(await first.json()).toEqual({ asked: 1 });
  expect(await (await fetch(`${at}/rules`)).json()).toEqual({ asked: 2 });
});

test('a page has its own status and type, for HEAD too', async () => {
  const down = await fetch(`${at}/down`);
  expect([down.status, await down.json()]).toEqual([503, { up: false }]);
  const head = await fetch(`${at}/down`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([503, '']);
  const text = await fetch(`${at}/text`);
  expect([text.headers.get('content-type'), await text.text()]).toEqual(['text/plain', 'one\n']);
});

test('a page with a bug is answered without details, and ends nothing', async () => {
  const broken = await fetch(`${at}/broken`);
  expect([broken.status, await broken.text()]).toEqual([500, '']);
  expect((await fetch(`${at}/text`)).status).toBe(200);
});

test('an unknown path names the pages that there are', async () => {
  const answer = await fetch(`${at}/constructor`);
  expect([answer.status, await answer.json()]).toEqual([
    404,
    { pages: ['/rules', '/down', '/text', '/broken'] },
  ]);
});

test('nothing can be written', async () => {
  const answer = await fetch(`${at}/rules`, { method: 'POST', body: 'x' });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

test('a port in use is refused with the setting to change', async () => {
  await expect(startPageServer(listening.address, 'telemetry.health.endpoint', {})).rejects.toThrow(
    /in use.*telemetry\.health\.endpoint/,
  );
});

test('connections that ask for nothing are bounded: the oldest one gives way to a probe', async () => {
  const page = await startPageServer('127.0.0.1:0', 'telemetry.health.endpoint', {
    '/': () => jsonPage('up'),
  });
  const [host, port] = page.address.split(':');
  const sockets = await Promise.all(
    Array.from(
      { length: 64 },
      () =>
        new Promise<ReturnType<typeof connect>>((resolve) => {
          const socket = connect(Number(port), host, () => resolve(socket));
          socket.on('error', () => {});
        }),
    ),
  );
  // The last of them was accepted before this one, so it is one too many.
  const closed = once(sockets[0]!.resume(), 'close');
  expect((await fetch(`http://${page.address}/`)).status).toBe(200);
  await closed;
  expect(sockets[1]!.destroyed).toBe(false);
  await page.stop();
  await Promise.all(
    sockets.map((socket) => socket.destroyed || new Promise((resolve) => socket.on('close', resolve))),
  );
});

/** Connects, says what is given and resolves with the socket. */
function said(address: string, text: string): Promise<ReturnType<typeof connect>> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host, () => {
      if (text !== '') socket.write(text);
      resolve(socket);
    });
    socket.on('error', () => {});
  });
}

describe('a stream', () => {
  const streaming = () =>
    startPageServer(
      '127.0.0.1:0',
      'x',
      { '/': () => jsonPage('up') },
      {
        streams: {
          '/stream': (response) => void response.writeHead(200).write('begin\n'),
          '/busy': () => ({ status: 503, type: 'text/plain', body: 'busy\n' }),
        },
      },
    );

  test('stays open beyond the time of a page, and makes no room for connections that ask for nothing', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const page = await streaming();
      const stream = await said(page.address, 'GET /stream HTTP/1.1\r\nhost: x\r\n\r\n');
      await once(stream, 'readable');
      const idle = await Promise.all(Array.from({ length: 70 }, () => said(page.address, '')));
      expect((await fetch(`http://${page.address}/`)).status).toBe(200);
      const closed = Promise.all(idle.map((socket) => socket.closed || once(socket.resume(), 'close')));
      await vi.advanceTimersByTimeAsync(10_000);
      await closed;
      expect([stream.closed, String(stream.read())]).toEqual([false, expect.stringContaining('begin')]);
      const end = once(stream.resume(), 'close');
      await page.stop();
      await end;
    } finally {
      vi.useRealTimers();
    }
  });

  test('may refuse, and takes GET alone', async () => {
    const page = await streaming();
    const busy = await fetch(`http://${page.address}/busy`);
    expect([busy.status, await busy.text()]).toEqual([503, 'busy\n']);
    const head = await fetch(`http://${page.address}/stream`, { method: 'HEAD' });
    expect([head.status, head.headers.get('allow')]).toEqual([405, 'GET']);
    await page.stop();
  });
});

test('a request may be refused before its page is made', async () => {
  const page = await startPageServer(
    '127.0.0.1:0',
    'x',
    { '/': () => jsonPage('up') },
    {
      refuse: ({ headers }, path) =>
        headers['x-go'] === path
          ? undefined
          : { status: 401, type: 'text/plain', body: 'no\n', headers: { 'www-authenticate': 'Bearer' } },
    },
  );
  const no = await fetch(`http://${page.address}/`);
  expect([no.status, no.headers.get('www-authenticate'), await no.text()]).toEqual([401, 'Bearer', 'no\n']);
  expect((await fetch(`http://${page.address}/`, { headers: { 'x-go': '/' } })).status).toBe(200);
  await page.stop();
});
