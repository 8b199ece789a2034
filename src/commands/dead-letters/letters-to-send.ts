import type { RiskEvent } from '../../model/risk.ts';
import { LEVELS } from '../../model/rule.ts';
import type { Outbox } from '../../model/state.ts';

/** Some letters as an outbox that has stopped: it gives each once, the most severe first, and knows which are not settled. */
export class LettersToSend<T extends { readonly event: RiskEvent }> implements Outbox {
  /** What is not settled goes into its file again. */
  readonly keeps = true;
  readonly #waiting: { readonly seq: number; readonly event: RiskEvent }[];
  readonly #open: Map<number, T>;

  constructor(letters: readonly T[]) {
    const severity = ({ event }: T) => LEVELS.indexOf(event.rank.level);
    const ordered = letters.toSorted((a, b) => severity(b) - severity(a));
    this.#waiting = ordered.map(({ event }, seq) => ({ seq, event }));
    this.#open = new Map(ordered.entries());
  }

  /** In the order in which they were to be sent. */
  get unsettled(): readonly T[] {
    return [...this.#open.values()];
  }

  get size(): number {
    return this.#open.size;
  }

  left(): number {
    return this.#open.size;
  }

  oldest(): undefined {
    return undefined;
  }

  async take(_to: string, max: number) {
    return this.#waiting.splice(0, max);
  }

  async settle(_to: string, seq: readonly number[]): Promise<void> {
    for (const number of seq) this.#open.delete(number);
  }
}
