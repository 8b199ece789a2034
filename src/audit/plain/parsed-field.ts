import type { EventReader, Scalar } from '../../model/event.ts';
import { isObject, type JsonObject } from '../document/json.ts';
import { flat } from './field-path.ts';

/** What one field holds in the event of one turn. */
export class ParsedField {
  turn = 0;
  state: 'absent' | 'null' | 'value' | 'object' = 'absent';
  readonly scalars: Scalar[] = [];
  readonly objects: JsonObject[] = [];
  /** Readers of the objects, as far as they were asked for. */
  readonly members: (EventReader | undefined)[] = [];
  /** Indexes of literals, by scalar, as far as they were asked for. */
  readonly literals: (number | undefined)[] = [];

  clear(turn: number): void {
    this.turn = turn;
    this.state = 'absent';
    this.scalars.length = 0;
    this.objects.length = 0;
    this.members.length = 0;
    this.literals.length = 0;
  }

  /** `through`: a null met behind an array is a member, not the field's own null. */
  add(value: unknown, through: boolean): void {
    if (Array.isArray(value)) for (const member of flat(value)) this.#put(member, true);
    else this.#put(value, through);
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
