import type { RepeatingSet, ValueMemo } from '../../model/event.ts';
import { condensed } from '../detection/condensed.ts';
import type { Expression } from '../detection/expression.ts';
import type { CurrentEvent } from './event-fields.ts';
import type { Predicate } from './predicate.ts';
import { soleSet } from './sole-set.ts';

const UNKNOWN = 0;
const NO = 1;
const YES = 2;

/** An event with its number, which distinguishes it from the event before. */
export interface NumberedEvent extends CurrentEvent {
  readonly number: number;
  /** The generation of its places. */
  readonly generation: number;
}

/** A set of fields, and the memo of their values in the current event. */
export class RememberedSet {
  readonly #set: RepeatingSet;
  #number = 0;
  #memo: ValueMemo | undefined;
  /** Questions that are asked of it. */
  asked = 0;

  constructor(set: RepeatingSet) {
    this.#set = set;
  }

  memo(current: NumberedEvent): ValueMemo | undefined {
    if (this.#number === current.number) return this.#memo;
    this.#number = current.number;
    const memo = current.event.memo(this.#set);
    this.#memo = memo;
    if (memo === undefined) return undefined;
    memo.asked++;
    if (memo.answers === undefined || memo.generation !== current.generation) this.#empty(memo, current);
    return memo;
  }

  #empty(memo: ValueMemo, { generation }: NumberedEvent): void {
    memo.generation = generation;
    memo.answers = new Uint8Array(this.asked);
    memo.row = undefined;
  }
}

/** Answers of expressions that depend on the values of one set of fields, computed once for all events that are alike in them. */
export class RememberedAnswers {
  readonly client = new RememberedSet('client');
  readonly request = new RememberedSet('request');
  /** By the text of the expression: rules share many, and each is asked for in its rule and again for the rows. */
  readonly #known = new Map<string, Predicate<NumberedEvent>>();

  /** The same predicate, remembered; undefined for an expression that depends on more than one set. */
  of(expression: Expression, make: () => Predicate<NumberedEvent>): Predicate<NumberedEvent> | undefined {
    const sole = soleSet(expression);
    if (sole === undefined) return undefined;
    const set = this[sole];
    const key = JSON.stringify(condensed(expression));
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const question = set.asked++;
    const passes = make();
    const remembered: Predicate<NumberedEvent> = (current) => {
      const memo = set.memo(current);
      if (memo === undefined) return passes(current);
      const answers = memo.answers!;
      const answer = answers[question]!;
      if (answer !== UNKNOWN) return answer === YES;
      const made = passes(current);
      answers[question] = made ? YES : NO;
      return made;
    };
    this.#known.set(key, remembered);
    return remembered;
  }
}
