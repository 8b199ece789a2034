import type { EventReader, FieldId, FieldPlan } from '../model/event.ts';
import type { Guards } from './guards.ts';
import { indexFields } from './index-fields.ts';
import { literalsOf } from './reader-fields.ts';

export const WORD_BITS = 32;

/** Rule i's bit, in word i / 32. The first rule has the highest bit, so that `Math.clz32` finds rules in order. */
export const bitOf = (rule: number): number => 1 << (WORD_BITS - 1 - (rule % WORD_BITS));

const wordOf = (rule: number): number => Math.floor(rule / WORD_BITS);

interface IndexField {
  readonly id: FieldId;
  /** Rows of words: the rules that each literal lets through, at literal + 1. Row 0 stands for any other value, or none. */
  readonly rows: Int32Array;
  /** The rules that fields after this one can still take away. */
  readonly open: Int32Array;
}

/** Which rules an event may match: a superset of those that it does. The scratch is reused; so is the answer. */
export class RuleIndex {
  readonly #fields: readonly IndexField[];
  readonly #all: Int32Array;
  readonly #candidates: Int32Array;
  readonly #row: Int32Array;

  /** `most`: of fields; the default is INDEX_FIELDS_MAX. */
  constructor(guards: readonly Guards[], plan: FieldPlan, most?: number) {
    const words = Math.ceil(guards.length / WORD_BITS);
    this.#all = new Int32Array(words);
    for (const rule of guards.keys()) this.#all[wordOf(rule)]! |= bitOf(rule);
    this.#candidates = new Int32Array(words);
    this.#row = new Int32Array(words);
    const chosen = indexFields(guards, most);
    this.#fields = chosen.map((field, i) => ({
      id: plan.id(field),
      rows: rowsOf(field, guards, literalsOf(plan, field), words),
      open: openTo(chosen.slice(i + 1), guards, words),
    }));
  }

  /** Bits of rules, as `bitOf` has them. Valid until the next call; allocates nothing. */
  candidates(event: EventReader): Int32Array {
    const left = this.#candidates;
    const words = left.length;
    for (let w = 0; w < words; w++) left[w] = this.#all[w]!;
    for (let f = 0; f < this.#fields.length; f++) {
      const { id, rows, open } = this.#fields[f]!;
      const count = event.count(id);
      const row = count > 1 ? this.#union(event, id, rows, count) : rows;
      const at = count === 1 ? (event.literal(id, 0) + 1) * words : 0;
      let more = 0;
      for (let w = 0; w < words; w++) {
        const both = left[w]! & row[at + w]!;
        left[w] = both;
        more |= both & open[w]!;
      }
      if (more === 0) break;
    }
    return left;
  }

  /** The rules that any of several values lets through. */
  #union(event: EventReader, id: FieldId, rows: Int32Array, count: number): Int32Array {
    const row = this.#row;
    const words = row.length;
    for (let w = 0; w < words; w++) row[w] = 0;
    for (let i = 0; i < count; i++) {
      const at = (event.literal(id, i) + 1) * words;
      for (let w = 0; w < words; w++) row[w]! |= rows[at + w]!;
    }
    return row;
  }
}

function rowsOf(
  field: string,
  guards: readonly Guards[],
  literals: readonly string[],
  words: number,
): Int32Array {
  const rows = new Int32Array((literals.length + 1) * words);
  for (const [rule, own] of guards.entries()) {
    const wanted = own.get(field);
    for (let row = 0; row <= literals.length; row++)
      if (wanted === undefined || (row > 0 && wanted.has(literals[row - 1]!)))
        rows[row * words + wordOf(rule)]! |= bitOf(rule);
  }
  return rows;
}

function openTo(later: readonly string[], guards: readonly Guards[], words: number): Int32Array {
  const open = new Int32Array(words);
  for (const [rule, own] of guards.entries())
    if (later.some((field) => own.has(field))) open[wordOf(rule)]! |= bitOf(rule);
  return open;
}
