import { create, toBinary } from '@bufbuild/protobuf';
import { KeyValueSchema } from '../gen/opentelemetry/proto/common/v1/common_pb.ts';
import type { RequestFindings } from '../model/forward.ts';
import type { State } from '../model/state.ts';
import { varint } from './splice.ts';

/** The tag of LogRecord.attributes: field 6, length-delimited. */
const ATTRIBUTE = Uint8Array.of((6 << 3) | 2);

/** What is added to the records that matched, by their index. */
export async function annotations(
  { hits, matched, countedBy }: RequestFindings,
  preview: State['preview'],
): Promise<ReadonlyMap<number, Uint8Array>> {
  const detections = new Map<number, string[]>();
  for (const [i, id] of (await preview(hits)).entries()) {
    const { record } = hits[i]!;
    if (id !== undefined) detections.set(record, [...(detections.get(record) ?? []), id]);
  }
  const made = new Map<number, Uint8Array>();
  for (const [record, bases] of matched)
    made.set(
      record,
      annotation({
        'sidewatch.rule.ids': [...bases].flatMap(countedBy),
        'sidewatch.detection.ids': detections.get(record) ?? [],
      }),
    );
  return made;
}

/** Attributes to add to the end of a serialised LogRecord, each a list of texts. One without texts is left out. */
export function annotation(attributes: Readonly<Record<string, readonly string[]>>): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const [name, texts] of Object.entries(attributes)) {
    const values = [...new Set(texts)].map((value) => ({ value: { case: 'stringValue' as const, value } }));
    if (values.length === 0) continue;
    const value = { value: { case: 'arrayValue' as const, value: { values } } };
    const pair = toBinary(KeyValueSchema, create(KeyValueSchema, { key: name, value }));
    pieces.push(ATTRIBUTE, varint(pair.length), pair);
  }
  return Buffer.concat(pieces);
}
