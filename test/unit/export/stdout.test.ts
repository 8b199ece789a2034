import { expect, test } from 'vitest';
import { consoleDestination } from '../../../src/export/stdout.ts';
import { aRiskEvent } from './loopback.ts';

const NEVER = new AbortController().signal;
const events = [aRiskEvent('a'), aRiskEvent('b')];
const format = (events: readonly { readonly uid: string }[]) => events.map(({ uid }) => `${uid}\n`).join('');
const failing = (code: string) => async () => {
  throw Object.assign(new Error(`${code}: broken`), { code });
};

test('a batch is written at once, in its format', async () => {
  const written: string[] = [];
  const stdout = consoleDestination(async (text) => void written.push(text), format);
  expect([stdout.name, stdout.target]).toEqual(['console', 'stdout']);
  expect(await stdout.send(events, NEVER)).toEqual({ kind: 'delivered' });
  expect(written).toEqual(['a\nb\n']);
});

test('a full disk is retried', async () => {
  const stdout = consoleDestination(failing('ENOSPC'), format);
  expect(await stdout.send(events, NEVER)).toEqual({ kind: 'retry', why: 'ENOSPC: broken' });
});

test('a reader that has gone away refuses everything, and is reported once', async () => {
  let reported = 0;
  const stdout = consoleDestination(failing('EPIPE'), format, () => void reported++);
  for (let i = 0; i < 2; i++) expect(await stdout.send(events, NEVER)).toMatchObject({ kind: 'refused' });
  expect(reported).toBe(1);
});

test('a stop does not wait for a reader that stands still', async () => {
  const stop = new AbortController();
  const stdout = consoleDestination(() => new Promise(() => stop.abort()), format);
  expect(await stdout.send(events, stop.signal)).toMatchObject({ kind: 'retry' });
});
