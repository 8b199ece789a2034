import { describe, expect, test } from 'vitest';
import { PLAIN_BYTES_MAX } from '../../../src/audit/document/charge.ts';
import { compilePlan } from '../../../src/audit/field-plan.ts';
import { read } from '../../../src/audit/read.ts';
import { otlpBytes, request } from '../../support/events.ts';
import { varint } from '../../support/protobuf.ts';
import { needs } from './told.ts';

const plan = compilePlan(needs('verb'));
const readBodies = async (...bodies: string[]) => read(request(otlpBytes(bodies), 'otlp'), plan, () => {});
const long = 'x'.repeat(PLAIN_BYTES_MAX);

describe('what would have to be decoded into objects, but is too large for that', () => {
  test('a usual event of any size is read', async () => {
    expect(await readBodies(`{"auditID":"a","stage":"Panic","requestObject":"${long}"}`)).toMatchObject({
      events: 1,
      slow: {},
    });
  });

  test('text that was meant to be an event is rejected, other text is left alone, and their neighbours are read', async () => {
    const outcome = await readBodies(
      `{"auditID":"${long}`,
      `${long} other`,
      '{"auditID":"a","stage":"Panic"}',
    );
    expect(outcome).toMatchObject({
      events: 1,
      rejected: 1,
      why: expect.stringMatching(/^record 0: not valid JSON/),
      passedBy: { text: 1 },
    });
  });

  test('other JSON is left alone, even if in a line of its own it would be an OTLP request', async () => {
    expect(await readBodies(`{"resourceLogs":"${long}"}`)).toMatchObject({
      rejected: 0,
      passedBy: { json: 1 },
    });
  });

  test('an event that only the plain reader understands is rejected by name', async () => {
    const outcome = await readBodies(`{"audit\\u0049D":"a","stage":"Panic","requestObject":"${long}"}`);
    expect(outcome).toMatchObject({
      events: 0,
      rejected: 1,
      why: expect.stringMatching(/too large .*escaped_key/),
    });
  });

  test('a request with unusual protobuf is malformed as a whole, and told to come in smaller ones', async () => {
    const one = otlpBytes([`{"auditID":"a","stage":"Panic","requestObject":"${long}"}`], { a: 'b' });
    // The same ResourceLogs with its Resource twice, which protobuf merges.
    const resource = Buffer.from([0x0a, 0x00]);
    const body = Buffer.concat([Buffer.from(one).subarray(headOf(one)), resource]);
    const bytes = Buffer.concat([Buffer.from([0x0a]), varint(body.length), body]);
    expect(await read(request(bytes, 'otlp'), plan, () => {})).toEqual({
      malformed: expect.stringMatching(/send smaller batches/),
    });
  });
});

test('records that take long to tell about take turns with the event loop, however few bytes they are', async () => {
  const readThem = (body: string) => read(request(otlpBytes(Array(1000).fill(body)), 'otlp'), plan, () => {});
  expect(readThem('{"auditID":"a","stage":"s"}')).toMatchObject({ events: 1000 });
  const broken = readThem('{"auditID":"a","stage":"s');
  expect(broken).toBeInstanceOf(Promise);
  expect(await broken).toMatchObject({ rejected: 1000 });
});

/** The size of the first field's tag and length. */
function headOf(bytes: Uint8Array): number {
  let at = 1;
  while (bytes[at]! >= 0x80) at++;
  return at + 1;
}
