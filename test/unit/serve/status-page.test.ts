import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStatusPage } from '../../../src/serve/status-page.ts';

let at: string;
let listening: Awaited<ReturnType<typeof startStatusPage>>;
let asked = 0;
beforeAll(async () => {
  listening = await startStatusPage('127.0.0.1:0', { '/rules': () => ({ asked: ++asked }) });
  at = `http://${listening.address}`;
});
afterAll(() => listening.stop());

test('a page is made each time it is asked for', async () => {
  const first = await fetch(`${at}/rules?x=1`);
  expect([first.status, first.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
  expect(await first.json()).toEqual({ asked: 1 });
  expect(await (await fetch(`${at}/rules`)).json()).toEqual({ asked: 2 });
});

test('an unknown path names the pages that there are', async () => {
  const answer = await fetch(`${at}/constructor`);
  expect([answer.status, await answer.json()]).toEqual([404, { pages: ['/rules'] }]);
});

test('nothing can be written', async () => {
  const answer = await fetch(`${at}/rules`, { method: 'POST', body: 'x' });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

test('a port in use is refused with the setting to change', async () => {
  await expect(startStatusPage(listening.address, {})).rejects.toThrow(
    /in use.*telemetry\.console\.endpoint/,
  );
});
