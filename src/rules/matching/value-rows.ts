import { REPEATING_FIELDS } from '../../semantics/repeating-values.ts';
import type { Expression } from '../detection/expression.ts';
import { conjuncts } from './alternatives.ts';
import { type Predicate, predicate, type SubjectFields } from './predicate.ts';
import type { NumberedEvent, RememberedAnswers, RememberedField } from './remembered-answers.ts';
import { repeatingField } from './repeating-fields.ts';
import { bitOf, WORD_BITS, wordOf } from './rule-index.ts';

/** A value gets its row when it is asked for so often: many values never come again. */
const ROW_AT = 3;

interface RowField {
  readonly field: RememberedField;
  /** By entry, what must hold of this field alone; the places of entries without it are empty. */
  readonly needed: readonly (readonly Predicate<NumberedEvent>[])[];
  /** The entries that this field can remove. */
  readonly open: Int32Array;
}

/**
 * For each value of a repeating field, the entries that it lets through, whatever they ask of it. So an event by a usual account
 * costs a few lookups: the rules that are left after them are rules that no single value excludes.
 */
export class ValueRows {
  readonly #fields: readonly RowField[];
  readonly #words: number;

  /** `entries`: without filters, as events that a filter removes are counted. */
  constructor(
    entries: readonly Expression[],
    fields: SubjectFields<NumberedEvent>,
    remembered: RememberedAnswers,
  ) {
    this.#words = Math.ceil(entries.length / WORD_BITS);
    const needs = entries.map((entry) => Map.groupBy(conjuncts(entry), repeatingField));
    this.#fields = REPEATING_FIELDS.flatMap((path) => {
      const needed = needs.map((own) => (own.get(path) ?? []).map((part) => predicate(part, fields)));
      const field = remembered.field(path);
      if (field === undefined || needed.every((own) => own.length === 0)) return [];
      const open = new Int32Array(this.#words);
      for (const [entry, own] of needed.entries()) if (own.length > 0) open[wordOf(entry)]! |= bitOf(entry);
      return [{ field, needed, open }];
    });
  }

  /** Removes entries that cannot match. */
  narrow(candidates: Int32Array, current: NumberedEvent): void {
    for (let f = 0; f < this.#fields.length; f++) {
      const { field, needed, open } = this.#fields[f]!;
      let left = 0;
      for (let w = 0; w < candidates.length; w++) left |= candidates[w]! & open[w]!;
      if (left === 0) continue;
      const memo = field.memo(current);
      if (memo === undefined) continue;
      if (memo.row === undefined) {
        if (memo.asked < ROW_AT) continue;
        memo.row = this.#rowOf(needed, current);
      }
      const { row } = memo;
      for (let w = 0; w < candidates.length; w++) candidates[w]! &= row[w]!;
    }
  }

  #rowOf(needed: RowField['needed'], current: NumberedEvent): Int32Array {
    const row = new Int32Array(this.#words);
    for (const [entry, own] of needed.entries())
      if (own.every((passes) => passes(current))) row[wordOf(entry)]! |= bitOf(entry);
    return row;
  }
}
