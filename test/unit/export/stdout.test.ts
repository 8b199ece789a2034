import { expect, test } from 'vitest';
import { consoleDestination } from '../../../src/export/stdout.ts';
import { aRiskEvent } from './loopback.ts';

const NEVER = new AbortController().signal;
const events = [aRiskEvent('a'), aRiskEvent('b')];
const line = (event: { readonly uid: string }) => `${event.uid}\n`;
const failing = (code: string) => async () => {
  throw Object.assign(new Error(`${code}: broken`), { code });
};

test('a batch is written at once, a line an event', async () => {
  const written: string[] = [];
  const stdout = consoleDestination(async (text) => void written.push(text), line);
  expect([stdout.name, stdout.target]).toEqual(['console', 'stdout']);
  expect(await stdout.send(events, NEVER)).toEqual({ kind: 'delivered' });
  expect(written).toEqual(['a\nb\n']);
});

test('a full disk is tried again', async () => {
  const stdout = consoleDestination(failing('ENOSPC'), line);
  expect(await stdout.send(events, NEVER)).toEqual({ kind: 'retry', why: 'ENOSPC: broken' });
});

test('a reader that went away is refused for good', async () => {
  const stdout = consoleDestination(failing('EPIPE'), line);
  expect(await stdout.send(events, NEVER)).toMatchObject({ kind: 'refused' });
});

test('a stop does not wait for a reader that stands still', async () => {
  const stop = new AbortController();
  const stdout = consoleDestination(() => new Promise(() => stop.abort()), line);
  expect(await stdout.send(events, stop.signal)).toMatchObject({ kind: 'retry' });
});
