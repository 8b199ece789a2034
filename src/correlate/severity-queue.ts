import { LEVELS, type Level } from '../model/rule.ts';

interface Numbered {
  readonly seq: number;
}

/** Numbered things that wait, in a line for each level. What is taken is taken from the front of a line, so all of it is cheap. */
export class SeverityQueue<T extends Numbered> {
  /** The least severe level first. */
  readonly #lines = LEVELS.map(() => new Line<T>());
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** `seq` is greater than any before. */
  push(level: Level, one: T): void {
    this.#lines[LEVELS.indexOf(level)]!.push(one);
    this.#size++;
  }

  /** Takes out the most severe ones, and of these the oldest. */
  first(max: number): T[] {
    return this.#take(max, this.#lines.toReversed());
  }

  /** Takes out the least severe ones, and of these the oldest. */
  worst(max: number): T[] {
    return this.#take(max, this.#lines);
  }

  /** Puts in what was taken out, in its old place. */
  putBack(level: Level, all: readonly T[]): void {
    this.#lines[LEVELS.indexOf(level)]!.putBack(all);
    this.#size += all.length;
  }

  #take(max: number, lines: readonly Line<T>[]): T[] {
    let taken: T[] = [];
    for (const line of lines) taken = taken.concat(line.take(max - taken.length));
    this.#size -= taken.length;
    return taken;
  }
}

/** The part of a line that may be empty at its front before it is moved there. */
const HOLE_MAX = 1024;

class Line<T extends Numbered> {
  #all: T[] = [];
  #begin = 0;

  push(one: T): void {
    this.#all.push(one);
  }

  take(max: number): T[] {
    const taken = this.#all.slice(this.#begin, this.#begin + max);
    this.#begin += taken.length;
    if (this.#begin > HOLE_MAX && this.#begin > this.#all.length / 2) this.#move();
    return taken;
  }

  putBack(all: readonly T[]): void {
    this.#move();
    this.#all = [...all, ...this.#all].sort((a, b) => a.seq - b.seq);
  }

  #move(): void {
    this.#all = this.#all.slice(this.#begin);
    this.#begin = 0;
  }
}
