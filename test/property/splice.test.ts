import fc from 'fast-check';
import { expect, test } from 'vitest';
import { annotation } from '../../src/forward/annotation.ts';
import { type Edit, spliced } from '../../src/forward/splice.ts';
import { ProtobufFields } from '../../src/lib/protobuf-fields.ts';
import { bodyOf, field } from '../support/protobuf.ts';

// Any request, with fields that we do not know anywhere in it.

const unknown = fc
  .tuple(fc.integer({ min: 100, max: 3000 }), fc.uint8Array({ maxLength: 20 }))
  .map(([no, bytes]) => field(no, bytes));
const among = (parts: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Buffer> =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: parts }, { weight: 1, arbitrary: unknown }), { maxLength: 5 })
    .map((all) => Buffer.concat(all));
const record = among(
  fc.oneof(
    fc.string().map(bodyOf),
    fc.string({ maxLength: 200 }).map((key) => field(6, field(1, key))),
  ),
).map((bytes) => field(2, bytes));
const scope = fc.constantFrom('sidewatch', 'other', '').map((name) => field(1, field(1, name)));
const scopeLogs = among(fc.oneof({ weight: 4, arbitrary: record }, scope)).map((bytes) => field(2, bytes));
const resource = fc.string().map((key) => field(1, field(1, field(1, key))));
const resourceLogs = among(fc.oneof({ weight: 4, arbitrary: scopeLogs }, resource)).map((bytes) =>
  field(1, bytes),
);
const request = among(resourceLogs);

const note = annotation({
  'sidewatch.rule.ids': ['one', 'x'.repeat(130)],
  'sidewatch.detection.ids': ['two'],
});
const choices = fc.infiniteStream(fc.boolean());

/** The records of a request, in order. */
function recordsOf(bytes: Uint8Array): Buffer[] {
  const level = (from: readonly Buffer[], no: number) =>
    from.flatMap((message) => {
      const fields = new ProtobufFields().over(message, 0, message.length);
      const found: Buffer[] = [];
      while (fields.next())
        if (fields.field === no && fields.wire === 2) found.push(message.subarray(fields.start, fields.end));
      expect(fields.broken).toBe(false);
      return found;
    });
  return level(level(level([Buffer.from(bytes)], 1), 2), 2);
}

/** As a reader that knows nothing of `spliced` would take the annotation out: from the innermost length outwards. */
function withoutNotes(bytes: Buffer, depth = 0): Buffer {
  if (depth === 3) return bytes.subarray(0, bytes.length - (endsWith(bytes, note) ? note.length : 0));
  const fields = new ProtobufFields().over(bytes, 0, bytes.length);
  const out: Buffer[] = [];
  let from = 0;
  while (fields.next()) {
    const isDeeper = fields.wire === 2 && fields.field === (depth === 0 ? 1 : 2);
    out.push(
      isDeeper
        ? field(fields.field, withoutNotes(bytes.subarray(fields.start, fields.end), depth + 1))
        : bytes.subarray(from, fields.end),
    );
    from = fields.end;
  }
  return Buffer.concat(out);
}

const endsWith = (bytes: Buffer, end: Uint8Array): boolean =>
  bytes.length >= end.length && bytes.subarray(bytes.length - end.length).equals(end);

test('without its annotations a request is what it was, and records without one did not change', async () => {
  await fc.assert(
    fc.asyncProperty(request, choices, async (bytes, chosen) => {
      const marked: boolean[] = [];
      const edit: Edit = () => {
        const isMarked = chosen.next().value === true;
        marked.push(isMarked);
        return isMarked ? note : 'same';
      };
      const made = (await spliced(bytes, edit)) as Buffer;
      expect(withoutNotes(made)).toEqual(bytes);
      const before = recordsOf(bytes);
      expect(recordsOf(made)).toEqual(before.map((one, i) => (marked[i] ? Buffer.concat([one, note]) : one)));
    }),
  );
});

test('the records that stay are those that were chosen, unchanged and in order', async () => {
  await fc.assert(
    fc.asyncProperty(request, choices, async (bytes, chosen) => {
      const kept: boolean[] = [];
      const edit: Edit = () => {
        const isKept = chosen.next().value === true;
        kept.push(isKept);
        return isKept ? 'same' : 'gone';
      };
      const made = await spliced(bytes, edit);
      const left = recordsOf(bytes).filter((_, i) => kept[i]);
      if (made === 'nothing') expect(left).toEqual([]);
      else expect(recordsOf(made as Buffer)).toEqual(left);
    }),
  );
});

test('any bytes: an answer, never an exception', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
      const made = await spliced(Buffer.from(bytes), () => note);
      expect(made === undefined || made === 'nothing' || made.length >= bytes.length).toBe(true);
    }),
  );
});
