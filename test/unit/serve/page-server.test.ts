import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
