import type { Scalar } from '../../model/event.ts';
import { KIND, type TokenKind } from './token-kinds.ts';

/** All values of one field in one turn, where it has several: tokens, and the objects among them. Reused. */
export class FieldTokens {
  turn = 0;
  state: 'absent' | 'null' | 'value' | 'object' = 'absent';
  count = 0;
  kinds = new Uint8Array(4);
  starts = new Int32Array(4);
  ends = new Int32Array(4);
  /** Index of the literal, UNKNOWN until asked for. */
  literals = new Int32Array(4);
  /** Decoded values, as far as they were asked for. */
  readonly scalars: (Scalar | undefined)[] = [];
  objects = 0;
  objectKinds = new Uint8Array(4);
  objectStarts = new Int32Array(4);
  objectEnds = new Int32Array(4);

  begin(turn: number): void {
    this.turn = turn;
    this.state = 'absent';
    this.count = 0;
    this.objects = 0;
    this.scalars.length = 0;
  }

  /** `member`: of an array, so that a null is a value and not the field's own null. */
  add(kind: TokenKind, start: number, end: number, member: boolean): void {
    if (kind === KIND.object || kind === KIND.kvlist) {
      if (this.objects === this.objectStarts.length) this.#growObjects();
      this.objectKinds[this.objects] = kind;
      this.objectStarts[this.objects] = start;
      this.objectEnds[this.objects] = end;
      this.objects++;
      this.found();
      return;
    }
    if (kind === KIND.null && !member) {
      this.state = 'null';
      return;
    }
    if (this.count === this.starts.length) this.#grow();
    this.kinds[this.count] = kind;
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.literals[this.count] = UNKNOWN;
    this.count++;
    this.state = 'value';
  }

  /** There is something, if only an empty array. */
  found(): void {
    if (this.state === 'absent') this.state = 'object';
  }

  #grow(): void {
    this.kinds = doubled(this.kinds);
    this.starts = doubled(this.starts);
    this.ends = doubled(this.ends);
    this.literals = doubled(this.literals);
  }

  #growObjects(): void {
    this.objectKinds = doubled(this.objectKinds);
    this.objectStarts = doubled(this.objectStarts);
    this.objectEnds = doubled(this.objectEnds);
  }
}

export const UNKNOWN = -2;

function doubled<T extends Uint8Array | Int32Array>(old: T): T {
  const made = new (old.constructor as new (size: number) => T)(old.length * 2);
  made.set(old);
  return made;
}
