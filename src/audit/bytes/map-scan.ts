import { ProtobufFields } from '../../lib/protobuf-fields.ts';
import { AnyToken } from './any-token.ts';
import type { Scanner } from './scan.ts';
import { KIND, REASONS } from './token-kinds.ts';
import { DOTTED, findSlot, type Trie } from './trie.ts';

/** What Scanner does for JSON text, for an OTLP map (a parsed body): from its protobuf, which is known to be well-formed. */
export class MapScanner {
  readonly #trie: Trie;
  readonly #scanner: Scanner;
  readonly #levels: {
    readonly pairs: ProtobufFields;
    readonly pair: ProtobufFields;
    readonly any: AnyToken;
  }[] = [];

  constructor(trie: Trie, scanner: Scanner) {
    this.#trie = trie;
    this.#scanner = scanner;
  }

  /** [start, end) is a KeyValueList. Returns 0, or a REASONS code; then the notes are void. */
  scan(u8: Buffer, start: number, end: number): number {
    this.#scanner.begin();
    this.#scanner.put(0, KIND.kvlist, start, end);
    return this.#map(u8, 0, start, end, 0);
  }

  #map(u8: Buffer, node: number, start: number, end: number, depth: number): number {
    this.#levels[depth] ??= { pairs: new ProtobufFields(), pair: new ProtobufFields(), any: new AnyToken() };
    const { pairs, pair, any } = this.#levels[depth]!;
    const { firstGuess: first, target } = this.#trie;
    const scanner = this.#scanner;
    pairs.over(u8, start, end);
    while (pairs.next()) {
      if (pairs.field !== 1) continue;
      let keyStart = 0;
      let keyEnd = 0;
      let valueStart = 0;
      let valueEnd = 0;
      let values = 0;
      pair.over(u8, pairs.start, pairs.end);
      while (pair.next()) {
        if (pair.field === 1) {
          keyStart = pair.start;
          keyEnd = pair.end;
        } else if (pair.field === 2) {
          valueStart = pair.start;
          valueEnd = pair.end;
          values++;
        }
      }
      const slot = findSlot(this.#trie, node, u8, keyStart, keyEnd);
      if (slot < 0) continue;
      const child = target[slot]!;
      if (child === DOTTED) return REASONS.dotted_key;
      if (child < 0) continue;
      if (values > 1 || !any.read(u8, valueStart, valueEnd)) return REASONS.unusual_record;
      scanner.put(child, any.kind, any.start, any.end);
      if (first[child]! < 0) continue;
      if (any.kind === KIND.arrayValue) scanner.arrayInside = scanner.turn;
      else if (any.kind === KIND.kvlist) {
        const why = this.#map(u8, child, any.start, any.end, depth + 1);
        if (why !== 0) return why;
      }
    }
    return 0;
  }
}
