import type { FieldId, FieldPlan, ValueMemo } from '../../model/event.ts';
import { askedFields, type Expression } from '../detection/expression.ts';
import type { CurrentEvent } from './event-fields.ts';
import type { Predicate } from './predicate.ts';
import { repeatingField } from './repeating-fields.ts';

const UNKNOWN = 0;
const NO = 1;
const YES = 2;

/** An event with its number, which distinguishes it from the event before. */
export interface NumberedEvent extends CurrentEvent {
  readonly number: number;
}

/** A repeating field, and the memo of its value in the current event. */
export class RememberedField {
  readonly #id: FieldId;
  #number = 0;
  #memo: ValueMemo | undefined;
  /** Questions that are asked of it. */
  asked = 0;

  constructor(id: FieldId) {
    this.#id = id;
  }

  memo(current: NumberedEvent): ValueMemo | undefined {
    if (this.#number !== current.number) {
      this.#number = current.number;
      this.#memo = current.event.memo(this.#id);
      if (this.#memo !== undefined) {
        this.#memo.asked++;
        this.#memo.answers ??= new Uint8Array(this.asked);
      }
    }
    return this.#memo;
  }
}

/** Answers of expressions that depend on the value of one repeating field, computed once for each value. */
export class RememberedAnswers {
  readonly #plan: FieldPlan;
  readonly #paths: ReadonlySet<string>;
  readonly #fields = new Map<string, RememberedField>();
  /** By the text of the expression, since rules share many; a long one is its own key. It is asked for in its rule, and again for the rows. */
  readonly #known = new Map<Expression | string, Predicate<NumberedEvent>>();

  constructor(plan: FieldPlan) {
    this.#plan = plan;
    this.#paths = new Set(plan.needs.flatMap(({ path, within }) => (within === undefined ? [path] : [])));
  }

  /** undefined where the plan does not have the field. */
  field(path: string): RememberedField | undefined {
    const known = this.#fields.get(path);
    if (known !== undefined || !this.#paths.has(path)) return known;
    const made = new RememberedField(this.#plan.id(path));
    this.#fields.set(path, made);
    return made;
  }

  /** The same predicate, remembered by value; undefined for an expression that depends on more than one such field. */
  of(expression: Expression, make: () => Predicate<NumberedEvent>): Predicate<NumberedEvent> | undefined {
    const path = repeatingField(expression);
    const field = path === undefined ? undefined : this.field(path);
    if (field === undefined) return undefined;
    const key = shortText(expression) ?? expression;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const question = field.asked++;
    const passes = make();
    const remembered: Predicate<NumberedEvent> = (current) => {
      const memo = field.memo(current);
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
