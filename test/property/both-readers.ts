import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { expect } from 'vitest';
import { compilePlan } from '../../src/audit/field-plan.ts';
import { readPlainly } from '../../src/audit/plain/read-plainly.ts';
import { read } from '../../src/audit/read.ts';
import { ExportLogsServiceRequestSchema } from '../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { AnyValueSchema } from '../../src/gen/opentelemetry/proto/common/v1/common_pb.ts';
import type { LogRecordSchema } from '../../src/gen/opentelemetry/proto/logs/v1/logs_pb.ts';
import type { EventReader, FieldNeed, FieldPlan, ReadRequest } from '../../src/model/event.ts';
import type { Request } from '../../src/model/request.ts';
import { request } from '../support/events.ts';
import { kept, tell } from '../unit/audit/told.ts';

export const PATHS = [
  'auditID',
  'stage',
  'verb',
  'user.username',
  'user.groups',
  'user.extra',
  'sourceIPs',
  'objectRef.resource',
  'responseStatus.code',
  'responseStatus',
  'annotations.authorization.k8s.io/decision',
  'requestObject.spec.containers',
  'requestObject.spec.containers.image',
  'requestObject.spec.containers.securityContext.privileged',
  'podSpec.containers',
  'podSpec.containers.image',
  'podSpec.containers[0].image',
  'podSpec.containers[-1]',
  'podSpec.hostNetwork',
  'podSpec.a.b',
  'podSpec.ephemeralContainers.image',
  'podMetadata.labels.a.b',
  'stageTimestamp',
  'a',
  'a.b',
  'a.b.c',
  'b.c',
  'a.b.c.d',
  'sourceIPs[0]',
  'sourceIPs[-1]',
  'requestObject.spec.containers[0].image',
  'a[0]',
  'a[-2]',
  'a[1][0]',
  'a[0].b',
  'a.b[-1]',
  'a.b[0].c',
  'a\\[0\\]',
  'resource.list[1]',
  'resource.k8s.cluster.name',
  'record.log.file.path',
  'k8s.cluster.name',
];
export const LITERALS = [
  'get',
  'list',
  '403',
  'pods',
  'forbid',
  'system:anonymous',
  'true',
  'k',
  '',
  'é',
  '1e400',
  '-0',
  '0',
  // Integers that a double rounds, and what it makes of them.
  '999999999999999',
  '9007199254740992',
  '9007199254740993',
  '12345678901234567',
  '12345678901234568',
];
const needs: FieldNeed[] = [
  ...PATHS.map((path) => ({ path, literals: LITERALS })),
  { path: 'image', within: 'requestObject.spec.containers', literals: LITERALS },
  { path: 'securityContext.privileged', within: 'requestObject.spec.containers', literals: [] },
  { path: 'image', within: 'podSpec.containers', literals: LITERALS },
  { path: 'a.b', within: 'podSpec.containers', literals: [] },
  { path: 'k', within: 'requestObject.spec.containers[0].image', literals: [] },
  { path: 'b', within: 'a', literals: LITERALS },
  { path: 'b.c', within: 'a', literals: [] },
  { path: 'b[0]', within: 'a', literals: LITERALS },
  { path: 'c', within: 'b', literals: [] },
  { path: 'c', within: 'a.b', literals: LITERALS },
  { path: 'b', within: 'a[0]', literals: [] },
  { path: 'b', within: 'b[0]', literals: [] },
];
export const plan = compilePlan(needs);

/** What `tell` leaves out: literals and leaves, of members too. */
function further(event: EventReader, by: FieldPlan, within?: string): object {
  const fields = by.needs.flatMap((need) => {
    if (need.within !== within) return [];
    const id = by.id(need.path, within);
    const literals = Array.from({ length: event.count(id) }, (_, i) => event.literal(id, i));
    const members = Array.from({ length: event.members(id) }, (_, i) =>
      further(event.member(id, i), by, need.path),
    );
    return [[need.path, literals, members]];
  });
  const leaves: string[] = [];
  event.someLeaf((text) => {
    leaves.push(text);
    return false;
  });
  return { fields, leaves: leaves.sort() };
}

/** Everything that a reader says of a request. */
async function answers(reader: ReadRequest, from: Request, by: FieldPlan): Promise<unknown> {
  const events: unknown[] = [];
  const outcome = await reader(from, by, (event, about) => {
    events.push({ told: tell(event, by), about: kept(about), ...further(event, by) });
  });
  if ('malformed' in outcome) return { malformed: true };
  const { slow: _, ...report } = outcome;
  return { events, report };
}

/** Asserts that both readers give the same answers. */
export async function same(from: Request): Promise<void> {
  expect(await answers(read, from, plan)).toEqual(await answers(readPlainly, from, plan));
}

/** The same string with some letters escaped, where that is easily done. */
export const escapes = (text: string) =>
  /^[\w./:-]*$/.test(text)
    ? `"${[...text].map((c, i) => (i % 5 === 3 ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}` : c)).join('')}"`
    : JSON.stringify(text);
export const edits = fc.array(
  fc.record({
    at: fc.nat(),
    byte: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...Buffer.from('"\\{}[],:0 \n.eE-+u'))),
    how: fc.constantFrom('set', 'drop', 'add', 'cut', 'repeat'),
  }),
  { minLength: 1, maxLength: 3 },
);
export function mutate(
  bytes: Uint8Array,
  how: readonly { at: number; byte: number; how: string }[],
): Uint8Array {
  const out = [...bytes];
  for (const edit of how) {
    if (out.length === 0) break;
    const at = edit.at % out.length;
    if (edit.how === 'set') out[at] = edit.byte;
    else if (edit.how === 'drop') out.splice(at, 1);
    else if (edit.how === 'add') out.splice(at, 0, edit.byte);
    else if (edit.how === 'cut') out.length = at;
    else out.splice(at, 0, ...out.slice(at, at + (edit.byte % 40)));
  }
  return Uint8Array.from(out);
}

export const asLine = (body: string | Uint8Array) =>
  request(typeof body === 'string' ? Buffer.from(body) : body, 'line');

type Any = MessageInitShape<typeof AnyValueSchema>;

/** A JSON value, or bytes, as an OTLP one. */
function anyOf(value: unknown): Any {
  if (value instanceof Uint8Array) return { value: { case: 'bytesValue', value: Uint8Array.from(value) } };
  if (typeof value === 'string') return { value: { case: 'stringValue', value: value.toWellFormed() } };
  if (typeof value === 'boolean') return { value: { case: 'boolValue', value } };
  if (typeof value === 'number')
    return Number.isSafeInteger(value)
      ? { value: { case: 'intValue', value: BigInt(value) } }
      : { value: { case: 'doubleValue', value } };
  if (Array.isArray(value)) return { value: { case: 'arrayValue', value: { values: value.map(anyOf) } } };
  if (value === null || typeof value !== 'object') return {};
  const values = Object.entries(value).map(([key, one]) => ({ key: key.toWellFormed(), value: anyOf(one) }));
  return { value: { case: 'kvlistValue', value: { values } } };
}

/** A serialised request of one record, with the JSON value, or bytes, as its body, and with these attributes. */
export function withBody(body: unknown, attributes: object = {}): Uint8Array {
  const pairs = Object.entries(attributes).map(([key, one]) => ({
    key: key.toWellFormed(),
    value: anyOf(one),
  }));
  const logRecords = [
    {
      ...(body === undefined ? {} : { body: anyOf(body) }),
      attributes: pairs,
      timeUnixNano: 1_768_467_791_204_000_000n,
    },
  ];
  return toBinary(
    ExportLogsServiceRequestSchema,
    create(ExportLogsServiceRequestSchema, { resourceLogs: [{ scopeLogs: [{ logRecords }] }] }),
  );
}

/** A serialised request of these records. */
export function withBodies(logRecords: MessageInitShape<typeof LogRecordSchema>[]): Uint8Array {
  return toBinary(
    ExportLogsServiceRequestSchema,
    create(ExportLogsServiceRequestSchema, { resourceLogs: [{ scopeLogs: [{ logRecords }] }] }),
  );
}
