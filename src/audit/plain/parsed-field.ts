import type { EventReader, Scalar } from '../../model/event.ts';
import { checkValues, checkWalked } from '../document/charge.ts';
import { isObject, type JsonObject } from '../document/json.ts';
import { flattened } from './field-path.ts';

/** The values of one field in the event of one turn. */
export class ParsedField {
  filledInTurn = 0;
  #walked = 0;
  state: 'absent' | 'null' | 'value' | 'object' = 'absent';
  readonly scalars: Scalar[] = [];
  readonly objects: JsonObject[] = [];
  /** Readers of the objects: those that were asked for. */
  readonly members: (EventReader | undefined)[] = [];
  /** By scalar: the index of its literal, where it was asked for. */
  readonly literals: (number | undefined)[] = [];

  clear(turn: number): void {
    this.filledInTurn = turn;
    this.#walked = 0;
    this.state = 'absent';
    this.scalars.length = 0;
    this.objects.length = 0;
    this.members.length = 0;
    this.literals.length = 0;
  }

  /** Counts a member of a list through which the field's path leads. */
  countMember(): void {
    checkWalked(++this.#walked);
  }

  /** `through`: the value was found through an array, so a null is a member and not the field's own null. */
  add(value: unknown, through: boolean): void {
    if (Array.isArray(value)) for (const member of flattened(value)) this.#put(member, true);
    else this.#put(value, through);
    checkValues(this.scalars.length, this.objects.length);
    if (this.state === 'absent') this.state = 'object';
  }

  #put(value: unknown, member: boolean): void {
    if (isObject(value)) this.objects.push(value);
    else if (value === null && !member) this.state = 'null';
    else {
      this.scalars.push(value as Scalar);
      this.state = 'value';
    }
  }
}
