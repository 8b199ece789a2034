import type { Steps } from '../../lib/steps.ts';
import type { RepeatingSet } from '../../model/event.ts';
import { allOf, type Expression } from '../detection/expression.ts';
import { conjuncts } from './alternatives.ts';
import { impliedIn } from './implied-in.ts';
import { type Predicate, predicate, type SubjectFields } from './predicate.ts';
import type { NumberedEvent, RememberedAnswers, RememberedSet } from './remembered-answers.ts';
import { bitOf, wordOf, wordsFor } from './rule-index.ts';
import { soleSet } from './sole-set.ts';

/** Values get their row when they are asked for so often: some never come again. */
const ROW_AT = 3;

/** A set of fields with, by entry, what must hold of this set alone. */
interface SetRows {
  readonly set: RememberedSet;
  readonly needed: readonly (readonly Predicate<NumberedEvent>[])[];
}

/**
 * For events that are alike in a set of fields, the entries that these fields let through, whatever the entries ask of them. So
 * an event by a usual client about a usual request costs two lookups: the entries that are left are those that no set alone
 * excludes.
 */
export class AlikeRows {
  readonly #client: SetRows;
  readonly #request: SetRows;
  readonly #words: number;
  /** By entry, what must hold beside all that the rows say. */
  readonly rest: readonly Predicate<NumberedEvent>[];

  /** `entries`: without filters, as events that a filter removes are counted. */
  static *making(
    entries: readonly Expression[],
    fields: SubjectFields<NumberedEvent>,
    remembered: RememberedAnswers,
  ): Steps<AlikeRows> {
    const needed = {
      client: [] as Predicate<NumberedEvent>[][],
      request: [] as Predicate<NumberedEvent>[][],
    };
    const rest: Predicate<NumberedEvent>[] = [];
    for (const entry of entries) {
      const parts = conjuncts(entry);
      const neededOf = (set: RepeatingSet) =>
        parts.flatMap((part) => impliedIn(part, set) ?? []).map((part) => predicate(part, fields));
      needed.client.push(neededOf('client'));
      needed.request.push(neededOf('request'));
      const others = parts.filter((part) => soleSet(part) === undefined);
      rest.push(others.length === 0 ? () => true : predicate(allOf(others), fields));
      yield;
    }
    const rowsOf = (set: RepeatingSet): SetRows => ({ set: remembered[set], needed: needed[set] });
    return new AlikeRows(rowsOf('client'), rowsOf('request'), rest);
  }

  private constructor(client: SetRows, request: SetRows, rest: readonly Predicate<NumberedEvent>[]) {
    this.#words = wordsFor(rest.length);
    this.#client = client;
    this.#request = request;
    this.rest = rest;
  }

  /** Writes the entries that are left for `rest`, as bits. False where nothing is remembered of an event like this one. */
  candidates(current: NumberedEvent, into: Int32Array): boolean {
    const client = this.#row(this.#client, current);
    if (client === undefined) return false;
    const request = this.#row(this.#request, current);
    if (request === undefined) return false;
    for (let w = 0; w < into.length; w++) into[w] = client[w]! & request[w]!;
    return true;
  }

  #row({ set, needed }: SetRows, current: NumberedEvent): Int32Array | undefined {
    const memo = set.memo(current);
    if (memo === undefined || memo.row !== undefined) return memo?.row;
    if (memo.asked < ROW_AT) return undefined;
    memo.row = this.#rowOf(needed, current);
    return memo.row;
  }

  #rowOf(needed: SetRows['needed'], current: NumberedEvent): Int32Array {
    const row = new Int32Array(this.#words);
    for (const [entry, own] of needed.entries())
      if (own.every((passes) => passes(current))) row[wordOf(entry)]! |= bitOf(entry);
    return row;
  }
}
