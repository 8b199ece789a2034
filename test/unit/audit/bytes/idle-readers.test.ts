import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { compilePlan } from '../../../../src/audit/field-plan.ts';
import { read } from '../../../../src/audit/read.ts';
import type { EventReader, FieldPlan } from '../../../../src/model/event.ts';
import { otlpBytes, request } from '../../../support/events.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const newPlan = () =>
  compilePlan([
    { path: 'userAgent', literals: ['a'] },
    { path: 'resource.service.name', literals: ['a'] },
  ]);
const plan = newPlan();

/** Reads a request, and gives its bytes, which nothing else holds. */
function readOnce(of: FieldPlan, ask: (reader: EventReader) => void): WeakRef<ArrayBufferLike> {
  const bytes = Uint8Array.from(otlpBytes(['{"auditID":"a","stage":"Panic","userAgent":"kubectl"}']));
  let asked = 0;
  void read(request(bytes, 'otlp'), of, (reader) => {
    ask(reader);
    asked++;
    return 0;
  });
  expect(asked).toBe(1);
  return new WeakRef(bytes.buffer);
}

test.each<[string, (reader: EventReader) => void]>([
  ['nothing is asked', () => {}],
  ['a text is searched', (reader) => reader.mayHold(plan.id('userAgent'), [])],
  ['the resource is read', (reader) => reader.count(plan.id('resource.service.name'))],
  ['the event is parsed', (reader) => reader.someLeaf(() => false)],
])('a reader that waits for the next request does not keep the last one: %s', async (_, ask) => {
  const bytes = readOnce(plan, ask);
  // What readers share still has the request that was walked last.
  readOnce(newPlan(), () => {});
  await setImmediate();
  gc();
  expect(bytes.deref()).toBeUndefined();
});
