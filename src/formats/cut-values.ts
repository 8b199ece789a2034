import { digest } from '../lib/digest.ts';

/** Texts and lists of them, by name. */
export type Texts = ReadonlyMap<string, string | readonly string[]>;

/** Stands before the digest of the whole text, which keeps different texts different. */
const CUT = '…';

/** Bytes around each text of a list, in protobuf. */
const AROUND = 4;

/** Bytes of a value in UTF-8. */
export function valueBytes(value: string | readonly string[]): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  return value.reduce((sum, text) => sum + AROUND + Buffer.byteLength(text), 0);
}

/** Those of the texts that are longer than `level` bytes, cut to that. `level` has room for a digest. */
export function cutTo(texts: Texts, level: number): Texts {
  const cut = new Map<string, string | readonly string[]>();
  for (const [name, value] of texts)
    if (valueBytes(value) > level)
      cut.set(name, typeof value === 'string' ? cutText(value, level) : cutList(value, level));
  return cut;
}

function cutText(text: string, level: number): string {
  if (Buffer.byteLength(text) <= level) return text;
  const end = CUT + digest([text]);
  const bytes = Buffer.from(text);
  let length = level - Buffer.byteLength(end);
  // Not within a character.
  while (length > 0 && (bytes[length]! & 0xc0) === 0x80) length--;
  return bytes.subarray(0, length).toString() + end;
}

/** The first texts that have room; at least one. */
function cutList(list: readonly string[], level: number): readonly string[] {
  let left = level;
  const cut: string[] = [];
  for (const text of list) {
    left -= AROUND + Buffer.byteLength(text);
    if (left < 0) break;
    cut.push(text);
  }
  return cut.length > 0 ? cut : [cutText(list[0] ?? '', level)];
}
