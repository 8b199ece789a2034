import { expect, test } from 'vitest';
import type { Route } from '../../../src/model/risk.ts';
import type { Micros } from '../../../src/model/time.ts';
import { steadyClock } from '../../../src/ops/clock.ts';
import { DurableOutbox } from '../../../src/store/durable-outbox.ts';
import { JournalWriter, type WriterHooks } from '../../../src/store/journal-writer.ts';
import { type OutboxBench, outboxContract } from '../../contract/outbox.ts';
import { emptyDisk, MemoryStore } from '../../support/memory-store.ts';
import { aRiskEvent } from '../export/loopback.ts';

async function made(
  store: MemoryStore,
  destinations: readonly string[],
  unread: (to: string, why: string) => void,
  route?: Route,
) {
  const hooks: WriterHooks = {
    attempted() {},
    committed: (...what) => outbox.committed(...what),
    failed() {},
    recovered() {},
  };
  const journal = new JournalWriter(store, hooks, steadyClock);
  const outbox = new DurableOutbox(store, journal, destinations, await store.waiting(), unread, route);
  return { outbox, journal, store };
}

async function onDisk(destinations: readonly string[], route?: Route): Promise<OutboxBench> {
  const { outbox, journal, store } = await made(new MemoryStore(emptyDisk()), destinations, () => {}, route);
  return {
    outbox,
    async add(events, since = 0) {
      outbox.add(events, since as Micros);
      await journal.flush(new AbortController().signal);
    },
    async known() {
      await journal.flush(new AbortController().signal);
      // Calls of a store are answered in their order.
      await store.waiting();
    },
  };
}

outboxContract('DurableOutbox', onDisk, 'keeps what waits');

test('what cannot be read is reported, and taken once it can', async () => {
  const store = new MemoryStore(emptyDisk());
  const said: string[] = [];
  const { outbox, journal } = await made(store, ['one'], (to, why) => {
    said.push(`${to}: ${why}`);
    store.broken = undefined;
  });
  outbox.add([aRiskEvent('a')], 0 as Micros);
  await journal.flush(new AbortController().signal);
  store.broken = { kind: 'damaged', why: 'a page is wrong' };
  expect(await outbox.take('one', 1)).toMatchObject([{ event: { uid: 'a' } }]);
  expect(said).toEqual(['one: a page is wrong']);
});
