import { indexOfEach } from '../../lib/index-of-each.ts';
import { eachInSteps, type Steps } from '../../lib/steps.ts';
import type { EventReader, FieldId, FieldPlan } from '../../model/event.ts';
import { indexFields } from './index-fields.ts';
import type { Preconditions } from './index-preconditions.ts';
import { literalsOf } from './reader-fields.ts';

export const WORD_BITS = 32;

/** Entry i's bit, in word i / 32. The first entry has the highest bit, so that `Math.clz32` finds them in order. */
export const bitOf = (entry: number): number => 1 << (WORD_BITS - 1 - (entry % WORD_BITS));

export const wordOf = (entry: number): number => Math.floor(entry / WORD_BITS);

export const wordsFor = (entries: number): number => Math.ceil(entries / WORD_BITS);

interface IndexField {
  readonly id: FieldId;
  /** Rows of words: the entries that each literal lets through, at literal + 1. Row 0 stands for any other value. */
  readonly rows: Int32Array;
  /** Where the row for no value, or a null, begins; 0 (row 0) if it does not differ. */
  readonly missing: number;
  /** The entries that fields after this one can still remove. */
  readonly open: Int32Array;
}

/**
 * The entries that an event may match: a superset of those that it does match. A rule has one entry for each of its alternatives.
 * Scratch memory and the answer are reused.
 */
export class RuleIndex {
  readonly #fields: readonly IndexField[];
  readonly #all: Int32Array;
  readonly #candidates: Int32Array;
  readonly #row: Int32Array;

  /** `most`: the number of fields; the default is INDEX_FIELDS_MAX. */
  static *making(entries: readonly Preconditions[], plan: FieldPlan, most?: number): Steps<RuleIndex> {
    const words = wordsFor(entries.length);
    const chosen = indexFields(entries, most);
    const fields: IndexField[] = [];
    for (const [i, field] of chosen.entries()) {
      yield;
      const literals = literalsOf(plan, field);
      fields.push({
        id: plan.id(field),
        rows: yield* makingRows(field, entries, literals, words),
        missing: entries.some((preconditions) => preconditions.get(field)?.has(null))
          ? (literals.length + 1) * words
          : 0,
        open: openTo(chosen.slice(i + 1), entries, words),
      });
    }
    return new RuleIndex(entries.length, fields);
  }

  private constructor(entries: number, fields: readonly IndexField[]) {
    const words = wordsFor(entries);
    this.#all = new Int32Array(words);
    for (let entry = 0; entry < entries; entry++) this.#all[wordOf(entry)]! |= bitOf(entry);
    this.#candidates = new Int32Array(words);
    this.#row = new Int32Array(words);
    this.#fields = fields;
  }

  /** Bits of entries, as `bitOf` has them. Valid until the next call; allocates nothing. */
  candidates(event: EventReader): Int32Array {
    const left = this.#candidates;
    const words = left.length;
    for (let w = 0; w < words; w++) left[w] = this.#all[w]!;
    for (let f = 0; f < this.#fields.length; f++) {
      const field = this.#fields[f]!;
      const { id, rows, open } = field;
      const count = event.count(id);
      const row = count > 1 ? this.#union(event, field, count) : rows;
      let at = 0;
      if (count === 1) at = this.#rowAt(event, field, 0);
      else if (count === 0 && field.missing > 0 && event.state(id) !== 'object') at = field.missing;
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

  #rowAt(event: EventReader, { id, missing }: IndexField, i: number): number {
    const literal = event.literal(id, i);
    if (literal < 0 && missing > 0 && event.isNull(id, i)) return missing;
    return (literal + 1) * this.#row.length;
  }

  /** The entries that any of several values lets through. */
  #union(event: EventReader, field: IndexField, count: number): Int32Array {
    const { rows } = field;
    const row = this.#row;
    const words = row.length;
    for (let w = 0; w < words; w++) row[w] = 0;
    for (let i = 0; i < count; i++) {
      const at = this.#rowAt(event, field, i);
      for (let w = 0; w < words; w++) row[w]! |= rows[at + w]!;
    }
    return row;
  }
}

function* makingRows(
  field: string,
  entries: readonly Preconditions[],
  literals: readonly string[],
  words: number,
): Steps<Int32Array> {
  // Any other value, each literal, none.
  const rows = new Int32Array((literals.length + 2) * words);
  // Rules share long lists: the entries that want the same set are added together.
  const masks = new Map<ReadonlySet<string | null> | undefined, Int32Array>();
  for (const [entry, preconditions] of entries.entries()) {
    const wanted = preconditions.get(field);
    const mask = masks.get(wanted) ?? new Int32Array(words);
    masks.set(wanted, mask);
    mask[wordOf(entry)]! |= bitOf(entry);
  }
  const add = (row: number, mask: Int32Array) => {
    for (let w = 0; w < words; w++) rows[row * words + w]! |= mask[w]!;
  };
  const indexes = yield* indexOfEach.making(literals);
  for (const [wanted, mask] of masks) {
    if (wanted === undefined) for (let row = 0; row < literals.length + 2; row++) add(row, mask);
    else
      yield* eachInSteps(wanted, (value) => {
        const literal = value === null ? literals.length : indexes.get(value);
        if (literal !== undefined) add(literal + 1, mask);
      });
  }
  return rows;
}

function openTo(later: readonly string[], entries: readonly Preconditions[], words: number): Int32Array {
  const open = new Int32Array(words);
  for (const [entry, preconditions] of entries.entries())
    if (later.some((field) => preconditions.has(field))) open[wordOf(entry)]! |= bitOf(entry);
  return open;
}
