import type { Derived, EventReader, RepeatingSet, ShownValues } from '../model/event.ts';
import { repeatingSetOf } from '../semantics/repeating-sets.ts';

/**
 * What hits show of fields whose values repeat: worked out once for all events that are alike in them, with the places of one
 * generation. `begin` comes before anything is asked of an event.
 */
export class RememberedValues {
  readonly #derived: Derived;
  readonly #questions: Record<RepeatingSet, number> = { client: 0, request: 0 };
  readonly #answers: Record<RepeatingSet, unknown[] | undefined> = { client: undefined, request: undefined };

  constructor(derived: Derived) {
    this.#derived = derived;
  }

  begin(event: EventReader): void {
    const { generation } = this.#derived;
    this.#answers.client = this.#of(event, 'client', generation);
    this.#answers.request = this.#of(event, 'request', generation);
  }

  /** The same function, remembered where the field depends on one set alone. Its answer must be a value of its own for `undefined`. */
  of<Answer extends NonNullable<unknown> | null>(
    field: string,
    make: (event: EventReader) => Answer,
  ): (event: EventReader) => Answer {
    const set = repeatingSetOf(field);
    if (set === undefined) return make;
    const question = this.#questions[set]++;
    return (event) => {
      const answers = this.#answers[set];
      if (answers === undefined) return make(event);
      const known = answers[question];
      if (known !== undefined) return known as Answer;
      const made = make(event);
      answers[question] = made;
      return made;
    };
  }

  #of(event: EventReader, set: RepeatingSet, generation: number): unknown[] | undefined {
    const memo = event.memo(set);
    if (memo === undefined) return undefined;
    if (memo.shown?.by !== this || memo.shown.generation !== generation)
      memo.shown = this.#empty(set, generation);
    return memo.shown.answers;
  }

  #empty(set: RepeatingSet, generation: number): ShownValues {
    return { by: this, generation, answers: new Array<unknown>(this.#questions[set]) };
  }
}
