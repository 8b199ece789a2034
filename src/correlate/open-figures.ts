import { fits } from './collected-values.ts';
import type { Counting } from './counting.ts';
import type { CountedHit, HeldHit } from './held-hit.ts';
import type { HitPacking } from './hit-packing.ts';
import type { SavedFigures } from './saved.ts';
import { CellEntry, NO_KEY } from './time-cell.ts';
import type { LatestSpan } from './warm-groups.ts';
import { type Figures, WindowFigures } from './window-figures.ts';

/** What figures take up beside what they hold, in bytes. */
const FIGURES_COST = 64;

/** What the figures of a rule's windows have in common. */
export interface FiguresShape {
  readonly counting: Counting;
  readonly packing: HitPacking;
  /** Distinct values of a field that are kept. */
  readonly valuesMax: number;
}

/** The figures of a window that is open. As long as they are those of one hit, the hit is all that is held. */
export class OpenFigures {
  readonly #shape: FiguresShape;
  #held: CellEntry | WindowFigures | undefined;

  constructor(shape: FiguresShape) {
    this.#shape = shape;
  }

  /** See `WindowFigures.add`. A hit that is an entry already is not held a second time. */
  add(counted: CountedHit, room: number): number {
    if (this.#held === undefined && this.#canStandAlone(counted, room)) {
      this.#standAlone(counted);
      return 0;
    }
    return this.#whole.add(counted, room);
  }

  /** From now on the count is "at least" what it is. */
  markInexact(): void {
    this.#whole.exact = false;
  }

  get holds(): boolean {
    return this.#whole.holds;
  }

  get result(): Figures {
    return this.#whole.result;
  }

  /** What it holds, for people. Changes nothing, as `result` may. */
  get latestSpan(): LatestSpan | undefined {
    const held = this.#held;
    if (!(held instanceof CellEntry)) return held?.latestSpan;
    const hits = new Map(held.key === NO_KEY ? [] : [[held.key, held]]);
    return { hits, at: held.at, values: held.values };
  }

  /** `counted`: what is counted elsewhere, if that is what it holds. */
  bytesBeside(counted?: CellEntry): number {
    return FIGURES_COST + (this.#held === counted ? 0 : (this.#held?.bytes ?? 0));
  }

  /** Gives back what it shares with other figures. To be called once, when nothing is asked of it any more. */
  release(): void {
    if (this.#held instanceof CellEntry) this.#held.release(this.#shape.packing);
  }

  save(): SavedFigures {
    if (!(this.#held instanceof CellEntry)) return this.#whole.save();
    const copy = new WindowFigures(this.#shape.counting, this.#shape.valuesMax);
    copy.add(countedEntry(this.#held), Number.POSITIVE_INFINITY);
    return copy.save();
  }

  /** For figures of nothing. */
  load(saved: SavedFigures): this {
    const alone = onlyHit(saved);
    if (alone && this.#canStandAlone(alone, Number.POSITIVE_INFINITY)) this.#standAlone(alone);
    else this.#whole.load(saved);
    return this;
  }

  #canStandAlone({ keys, held: { numbers, values } }: CountedHit, room: number): boolean {
    return keys.length <= 1 && numbers.length === 0 && fits(values, this.#shape.valuesMax, room);
  }

  #standAlone({ keys: [key = NO_KEY], held }: CountedHit): void {
    const packed = this.#shape.packing.hold(held);
    this.#held = packed instanceof CellEntry ? packed : new CellEntry(key, packed);
  }

  get #whole(): WindowFigures {
    const held = this.#held;
    if (held instanceof WindowFigures) return held;
    const whole = new WindowFigures(this.#shape.counting, this.#shape.valuesMax);
    this.#held = whole;
    if (held) {
      whole.add(countedEntry(held), Number.POSITIVE_INFINITY);
      held.release(this.#shape.packing);
    }
    return whole;
  }
}

function countedEntry(entry: CellEntry): CountedHit {
  return { keys: entry.key === NO_KEY ? [] : [entry.key], held: entry };
}

/** undefined where the figures are not those of one hit, or not all of it is known. */
function onlyHit({ count, exact, first, identities, hits, values, truncated }: SavedFigures) {
  if (count !== 1 || !exact || hits.length > 1 || truncated.length > 0) return undefined;
  const [counted] = hits;
  const { input = '', numbers = [] }: Partial<HeldHit> = counted?.hit ?? {};
  return {
    keys: counted ? [counted.key] : [],
    held: { at: first, identity: identities[0] ?? null, input, values, numbers },
  };
}
