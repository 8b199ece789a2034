import { MemoryOutbox } from '../../../src/correlate/memory-outbox.ts';
import type { Micros } from '../../../src/model/time.ts';
import { outboxContract } from '../../contract/outbox.ts';

outboxContract('MemoryOutbox', async (destinations, route) => {
  const outbox = new MemoryOutbox(destinations, route);
  return { outbox, add: async (events, since = 1) => outbox.add(events, since as Micros) };
});
