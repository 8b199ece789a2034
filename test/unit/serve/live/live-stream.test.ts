import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createCounters } from '../../../../src/ops/counter-store.ts';
import { LiveStream, READERS_MAX, WAITING_MAX, type Wanted } from '../../../../src/serve/live/live-stream.ts';
import { startPageServer } from '../../../../src/serve/page-server.ts';

async function served(allowed?: () => boolean) {
  const counters = createCounters();
  const stream = new LiveStream(counters);
  const open = (wanted: Wanted) => (response: Parameters<LiveStream['open']>[0]) => {
    const why = stream.open(response, wanted, allowed);
    return why === undefined ? undefined : ({ status: 503, type: 'text/plain', body: why } as const);
  };
  const server = await startPageServer(
    '127.0.0.1:0',
    'x',
    {},
    { streams: { '/risk': open('risk'), '/all': open('all') } },
  );
  return { counters, stream, server, at: `http://${server.address}` };
}

/** The next piece of a body. */
async function next(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const { value } = await reader.read();
  return Buffer.from(value!).toString();
}

const opened = async (url: string, signal?: AbortSignal) => {
  const answer = await fetch(url, signal ? { signal } : {});
  const reader = answer.body!.getReader();
  expect(await next(reader)).toBe('retry: 2000\n\n');
  return { answer, reader };
};

test('readers get what they want: risk events, or also the state', async () => {
  const { stream, server, at } = await served();
  expect([stream.has('risk'), stream.has('all')]).toEqual([false, false]);
  const risk = await opened(`${at}/risk`);
  expect([stream.has('risk'), stream.has('all')]).toEqual([true, false]);
  const all = await opened(`${at}/all`);
  expect([stream.has('risk'), stream.has('all')]).toEqual([true, true]);
  expect(risk.answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(risk.answer.headers.get('cache-control')).toBe('no-store');
  stream.send('state', '{"a":1}');
  expect(await next(all.reader)).toBe('event: state\ndata: {"a":1}\n\n');
  stream.send('risk', '{"b":2}');
  expect(await next(all.reader)).toBe('event: risk\ndata: {"b":2}\n\n');
  expect(await next(risk.reader)).toBe('event: risk\ndata: {"b":2}\n\n');
  stream.beat();
  expect(await next(risk.reader)).toBe(':\n\n');
  await server.stop();
});

test('a reader that has gone is forgotten', async () => {
  const { stream, server, at } = await served();
  const leave = new AbortController();
  await opened(`${at}/all`, leave.signal);
  leave.abort();
  await expect.poll(() => stream.has('all')).toBe(false);
  await server.stop();
});

test('one reader too many is refused with the reason, and counted', async () => {
  const { counters, server, at } = await served();
  for (let i = 0; i < READERS_MAX; i++) await opened(`${at}/${i % 2 ? 'risk' : 'all'}`);
  const refused = await fetch(`${at}/risk`);
  expect([refused.status, await refused.text()]).toEqual([
    503,
    expect.stringMatching(/8 readers .* no room/),
  ]);
  expect(counters.counts('live_readers_closed')).toEqual([{ by: 'too_many', count: 1 }]);
  await server.stop();
});

test('a reader that does not read is closed and counted; the others miss nothing', async () => {
  const { counters, stream, server, at } = await served();
  const { hostname, port } = new URL(at);
  const slow = connect(Number(port), hostname);
  slow.write('GET /risk HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(slow, 'readable');
  const quick = await opened(`${at}/risk`);
  const gone = once(slow, 'close');
  const data = 'x'.repeat(2 ** 18);
  let read = 0;
  let sent = 0;
  // Far more than any system holds between two sockets.
  while (counters.total('live_readers_closed') === 0 && sent < 2000) {
    stream.send('risk', data);
    sent++;
    while (read < sent * data.length) read += (await next(quick.reader)).length;
  }
  expect(sent * data.length).toBeGreaterThan(WAITING_MAX);
  expect(counters.counts('live_readers_closed')).toEqual([{ by: 'slow', count: 1 }]);
  discard(slow);
  await gone;
  stream.send('risk', 'end');
  let rest = '';
  while (!rest.includes('end')) rest += await next(quick.reader);
  await server.stop();
});

test('a reader whose token is no longer good is closed at the next beat', async () => {
  let good = true;
  const { stream, server, at } = await served(() => good);
  const { reader } = await opened(`${at}/all`);
  stream.beat();
  expect(await next(reader)).toBe(':\n\n');
  good = false;
  stream.beat();
  expect(stream.has('risk')).toBe(false);
  await expect(reader.read()).rejects.toThrow();
  await server.stop();
});

function discard(socket: Socket): void {
  socket.on('error', () => {});
  socket.resume();
}
