import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { annotation } from '../../../src/forward/annotation.ts';
import { type Edit, spliced } from '../../../src/forward/splice.ts';
import { ExportLogsServiceRequestSchema } from '../../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { bodyOf, field, repeated, requestOf } from '../../support/protobuf.ts';

const record = (text: string): Buffer => bodyOf(text);
const NAMED = (name: string): Buffer => field(1, name);
const two = Buffer.concat([
  requestOf([record('a'), record('b'), record('c')]),
  requestOf([record('d')], undefined, NAMED('sidewatch')),
]);
const NOTE = annotation({ ids: ['x'] });

const bodies = (bytes: Buffer | 'nothing' | undefined): readonly unknown[] =>
  fromBinary(ExportLogsServiceRequestSchema, bytes as Buffer).resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => body?.value.value)),
  );

const only =
  (...kept: readonly number[]): Edit =>
  (i) =>
    kept.includes(i) ? 'same' : 'gone';

describe('records that go', () => {
  test.each([
    [
      [0, 1, 2, 3],
      ['a', 'b', 'c', 'd'],
    ],
    [[1], ['b']],
    [
      [0, 2],
      ['a', 'c'],
    ],
    [[3], ['d']],
  ])('all except %j', async (kept, left) => {
    expect(bodies(await spliced(two, only(...kept)))).toEqual(left);
  });

  test('take an empty scope and an empty resource with them', async () => {
    expect(await spliced(two, only(0, 1, 2))).toEqual(requestOf([record('a'), record('b'), record('c')]));
  });

  test('all: nothing is left', async () => {
    expect(await spliced(two, only())).toBe('nothing');
  });

  test('of a request without records nothing goes', async () => {
    const empty = requestOf([]);
    expect(await spliced(empty, only())).toEqual(empty);
    expect(await spliced(Buffer.alloc(0), only())).toEqual(Buffer.alloc(0));
  });
});

test('a record of the scope sidewatch is known as such, wherever its scope stands', async () => {
  const late = field(1, field(1), field(2, field(2, record('a')), field(1, field(1, 'sidewatch'))));
  const renamed = field(1, field(2, field(1, NAMED('sidewatch'), NAMED('other')), field(2, record('b'))));
  const own: boolean[] = [];
  await spliced(Buffer.concat([two, late, renamed]), (_, isOwn) => {
    own.push(isOwn);
    return 'same';
  });
  expect(own).toEqual([false, false, false, true, true, false]);
});

test('what is added to a record is its last attribute', async () => {
  const bytes = await spliced(two, (i) => (i === 1 ? NOTE : 'same'));
  const [first] = fromBinary(ExportLogsServiceRequestSchema, bytes as Buffer).resourceLogs;
  const attributes = first?.scopeLogs[0]?.logRecords.map((one) => one.attributes.map(({ key }) => key));
  expect(attributes).toEqual([[], ['ids'], []]);
});

test('a list of no texts is no attribute, and each text stands once', () => {
  expect(annotation({ ids: [] })).toEqual(Buffer.alloc(0));
  expect(annotation({ ids: ['x', 'x'] })).toEqual(annotation({ ids: ['x'] }));
});

test.each([
  ['a length beyond the end', field(1, field(2, Buffer.of(0x12, 0x7f)))],
  ['a group', Buffer.of(0x0b, 0x0c)],
])('%s is not edited', async (_, bytes) => {
  expect(await spliced(bytes, only())).toBeUndefined();
});

test('a request of very many records is edited in turns', async () => {
  const times = 140_000;
  const many = field(1, field(2, repeated(field(2, record('a')), times)));
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  const noted = field(1, field(2, repeated(field(2, record('a'), NOTE), times)));
  expect(noted.equals((await spliced(many, () => NOTE)) as Buffer)).toBe(true);
  isDone = true;
  expect(turns).toBeGreaterThan(30);
});
