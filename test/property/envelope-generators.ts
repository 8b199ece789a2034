import fc from 'fast-check';
import type { EnvelopeName } from '../../src/audit/envelopes/table.ts';

export type JsonDocument = Readonly<Record<string, unknown>>;

/** What may stand in an event, and be asked for by the plan of both-readers.ts. */
const fields = fc.record(
  {
    verb: fc.constantFrom('get', 'list', 'é'),
    user: fc.record({ username: fc.string(), groups: fc.array(fc.string(), { maxLength: 3 }) }),
    sourceIPs: fc.array(fc.constantFrom('192.0.2.1', 'k', null), { maxLength: 3 }),
    responseStatus: fc.record({ code: fc.constantFrom(200, 403, '403', null) }),
    stageTimestamp: fc.constantFrom('2026-01-15T09:03:11.309113Z', 'soon', 5),
    requestReceivedTimestamp: fc.constantFrom('2026-01-15T09:03:10Z', ''),
    timestamp: fc.constantFrom('2017-09-11T19:55:05Z', 'soon', null),
    a: fc.constantFrom<unknown>(1, null, [[1], { b: 'k' }], { b: { c: [null, 'é'] } }, {}, [
      { b: 1 },
      { b: [2] },
    ]),
    b: fc.constantFrom('', 0, true),
  },
  { requiredKeys: [] },
);
/** What is named like the marks of other envelopes. */
const strays = fc.record(
  { items: fc.constantFrom(null, [], [{}], 'x'), resourceLogs: fc.constantFrom(null, [], 5) },
  { requiredKeys: [] },
);
const apiVersion = fc.constantFrom('audit.k8s.io/v1', 'audit.k8s.io/v1beta1', 'audit.k8s.io/');
const named = fc.record({ auditID: fc.string(), stage: fc.constantFrom('', 'Panic', 'ResponseComplete') });
const kind = fc.constantFrom('Event', 'EventList', 'Pod', null, 5);

/** Keys of all, in any order: a mark may stand behind what it marks. */
const shuffled = (...parts: readonly fc.Arbitrary<object>[]): fc.Arbitrary<JsonDocument> =>
  fc
    .tuple(...parts)
    .map((all) => Object.entries(Object.assign({}, ...all)))
    .chain((entries) => fc.shuffledSubarray(entries, { minLength: entries.length }))
    .map((entries) => Object.fromEntries(entries));

/** Of each envelope, documents that have it and hold at least one event. A row of the table without one here is no type. */
export const VALID: Readonly<Record<EnvelopeName, fc.Arbitrary<JsonDocument>>> = {
  event_list: shuffled(
    fc.record({ kind: fc.constant('EventList'), apiVersion }),
    fc.record({ items: fc.array(shuffled(fields, strays), { minLength: 1, maxLength: 3 }) }),
    fc.option(named, { nil: {} }),
  ),
  bare_event: fc.oneof(
    shuffled(strays, fields, named, fc.record({ kind }, { requiredKeys: [] })),
    shuffled(strays, fields, fc.record({ kind: fc.constant('Event'), apiVersion })),
  ),
  otlp_request: shuffled(
    fields,
    fc.record({
      resourceLogs: fc.array(
        fc.record({
          scopeLogs: fc.tuple(
            fc.record({
              logRecords: fc.array(
                shuffled(fields, named).map((event) => ({ body: { stringValue: JSON.stringify(event) } })),
                { minLength: 1, maxLength: 2 },
              ),
            }),
          ),
        }),
        { minLength: 1, maxLength: 2 },
      ),
    }),
  ),
};
