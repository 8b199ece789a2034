import type { Scalar } from '../../model/event.ts';
import { checkWalked, MEMBERS_MAX, VALUES_MAX } from '../document/charge.ts';
import { KIND, type TokenKind } from './token-kinds.ts';

/** The values of a field that has several in one turn: scalars as tokens, and the objects among them. Reused for the next turn. */
export class FieldTokens {
  turn = 0;
  #walked = 0;
  state: 'absent' | 'null' | 'value' | 'object' = 'absent';
  count = 0;
  kinds = new Uint8Array(4);
  starts = new Int32Array(4);
  ends = new Int32Array(4);
  /** Index of the literal; LITERAL_UNKNOWN until it is asked for. */
  literals = new Int32Array(4);
  /** Decoded values: those that were asked for. */
  readonly scalars: (Scalar | undefined)[] = [];
  objects = 0;
  objectKinds = new Uint8Array(4);
  objectStarts = new Int32Array(4);
  objectEnds = new Int32Array(4);

  begin(turn: number): void {
    if (this.starts.length > KEPT_ROOM) this.#shrink();
    this.turn = turn;
    this.state = 'absent';
    this.count = 0;
    this.objects = 0;
    this.#walked = 0;
    this.scalars.length = 0;
  }

  /** `member`: it is a member of an array, so a null is a value and not the field's own null. */
  add(kind: TokenKind, start: number, end: number, member: boolean): void {
    if (kind === KIND.object || kind === KIND.kvlist) {
      if (this.objects === this.objectStarts.length) this.#growObjects();
      this.objectKinds[this.objects] = kind;
      this.objectStarts[this.objects] = start;
      this.objectEnds[this.objects] = end;
      this.objects++;
      this.markFound();
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
    this.literals[this.count] = LITERAL_UNKNOWN;
    this.count++;
    this.state = 'value';
  }

  /** The field is there, even if it holds only an empty array. */
  markFound(): void {
    if (this.state === 'absent') this.state = 'object';
  }

  /** Counts a member of a list through which the field's path leads. */
  countMember(): void {
    checkWalked(++this.#walked);
  }

  /** More values than rules may look at: no others need to be found. */
  get isFull(): boolean {
    return this.count > VALUES_MAX || this.objects > MEMBERS_MAX;
  }

  #shrink(): void {
    this.kinds = new Uint8Array(KEPT_ROOM);
    this.starts = new Int32Array(KEPT_ROOM);
    this.ends = new Int32Array(KEPT_ROOM);
    this.literals = new Int32Array(KEPT_ROOM);
  }

  #grow(): void {
    this.kinds = withDoubleRoom(this.kinds);
    this.starts = withDoubleRoom(this.starts);
    this.ends = withDoubleRoom(this.ends);
    this.literals = withDoubleRoom(this.literals);
  }

  #growObjects(): void {
    this.objectKinds = withDoubleRoom(this.objectKinds);
    this.objectStarts = withDoubleRoom(this.objectStarts);
    this.objectEnds = withDoubleRoom(this.objectEnds);
  }
}

export const LITERAL_UNKNOWN = -2;

/** Room for values that is kept from event to event. */
const KEPT_ROOM = 1024;

function withDoubleRoom<T extends Uint8Array | Int32Array>(old: T): T {
  const made = new (old.constructor as new (size: number) => T)(old.length * 2);
  made.set(old);
  return made;
}
