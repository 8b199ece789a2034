import type { Derived, EventReader, RepeatingSet, ShownValues } from '../model/event.ts';
import { repeatingSetOf } from '../semantics/repeating-sets.ts';

/**
 * What hits show of fields whose values repeat: worked out once for all events that are alike in them, with the places of one
 * generation. `begin` comes before anything is asked of an event. There are as many answers as fields and ways to show them,
 * however many rules ask, so that what is kept is bounded by the values (AlikeValues): some 20 MB at most.
 */
export class RememberedValues {
  readonly #derived: Derived;
  /** Their numbers, by what is asked. */
  readonly #questions: Readonly<Record<RepeatingSet, Map<string, number>>> = {
    client: new Map(),
    request: new Map(),
  };
  readonly #answers: Record<RepeatingSet, unknown[] | undefined> = { client: undefined, request: undefined };

  constructor(derived: Derived) {
    this.#derived = derived;
  }

  begin(event: EventReader): void {
    const { generation } = this.#derived;
    this.#answers.client = this.#of(event, 'client', generation);
    this.#answers.request = this.#of(event, 'request', generation);
  }

  /**
   * The same function, remembered where the field depends on one set alone. `way`: how the field is shown; functions of one
   * field and way give the same answers.
   */
  of<Answer extends NonNullable<unknown> | null>(
    field: string,
    way: string,
    make: (event: EventReader) => Answer,
  ): (event: EventReader) => Answer {
    const set = repeatingSetOf(field);
    if (set === undefined) return make;
    const asked = `${field} ${way}`;
    const questions = this.#questions[set];
    const question = questions.get(asked) ?? questions.size;
    questions.set(asked, question);
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
    return { by: this, generation, answers: new Array<unknown>(this.#questions[set].size) };
  }
}
