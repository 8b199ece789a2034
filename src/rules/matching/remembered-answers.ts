import type { RepeatingSet, ValueMemo } from '../../model/event.ts';
import { askedFields, type Expression } from '../detection/expression.ts';
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
  /** By the text of the expression, since rules share many; a long one is its own key. It is asked for in its rule, and again for the rows. */
  readonly #known = new Map<Expression | string, Predicate<NumberedEvent>>();

  /** The same predicate, remembered; undefined for an expression that depends on more than one set. */
  of(expression: Expression, make: () => Predicate<NumberedEvent>): Predicate<NumberedEvent> | undefined {
    const sole = soleSet(expression);
    if (sole === undefined) return undefined;
    const set = this[sole];
    const key = shortText(expression) ?? expression;
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

/** An expression with more tests has a list of its own, which no other rule has. */
const SHARED_TESTS_MAX = 200;

function shortText(expression: Expression): string | undefined {
  let tests = 0;
  for (const asked of askedFields(expression)) tests += asked.tests.length;
  return tests > SHARED_TESTS_MAX ? undefined : JSON.stringify(expression);
}
