import type { EventReader, FieldId, FieldPlan, Scalar } from '../../model/event.ts';
import { EMPTY_OBJECT, isObject, type JsonObject } from '../document/json.ts';
import { clusterName } from './cluster-name.ts';
import { type Base, type CompiledField, type CompiledFields, compiledFields } from './compiled-fields.ts';
import { walk } from './field-path.ts';
import { ParsedField } from './parsed-field.ts';
import { bareOrigin, type Origin } from './record-origin.ts';

const NO_ORIGIN = bareOrigin(0, {});

/**
 * Reads fields of a parsed audit event. Any faster reader must give the same answers.
 *
 * - A field's values are those at its path, as `walk` finds them. Each member of an array is a value; nested arrays are
 *   flattened. A field of the pod (see pod-fields.ts) has several paths; the first one that leads somewhere counts.
 * - `absent`: the path leads nowhere. `null`: it leads to a null, and there was no array on the way. `value`: there is a
 *   string, number or boolean, or a null in an array or found through one; `count` says how many, and is 0 in every other
 *   state. `object`: all other cases.
 * - `members` are the objects among the values, whatever the state. A member's fields are those with `within` set to the
 *   scope's path; they are read from the object as from an event. `resource.`, `record.` and k8s.cluster.name have no
 *   special meaning there.
 * - A scalar's text is the string, or what JSON prints for the number or boolean. null has no text, so it equals no literal.
 * - Reading a field of another scope, or an index that does not exist, is a bug and throws.
 *
 * One object for many events: `turn` moves it to the next event, and nothing of the last one is kept.
 */
export class ParsedReader implements EventReader {
  readonly #fields: CompiledFields;
  readonly #cells: ParsedField[] = [];
  #turn = 0;
  #event: JsonObject = EMPTY_OBJECT;
  #origin: Origin = NO_ORIGIN;

  private constructor(fields: CompiledFields) {
    this.#fields = fields;
  }

  static of(plan: FieldPlan): ParsedReader {
    return new ParsedReader(compiledFields(plan));
  }

  /** A reader of an object among a field's values. */
  static member({ inner }: CompiledField, object: JsonObject): ParsedReader {
    return new ParsedReader(inner).turn(object, NO_ORIGIN);
  }

  turn(event: JsonObject, origin: Origin): this {
    this.#turn++;
    this.#event = event;
    this.#origin = origin;
    return this;
  }

  state(field: FieldId): 'absent' | 'null' | 'value' | 'object' {
    return this.#cell(field).state;
  }

  count(field: FieldId): number {
    return this.#cell(field).scalars.length;
  }

  literal(field: FieldId, i: number): number {
    const cell = this.#cell(field);
    const scalar = scalarOf(cell, i);
    const known = cell.literals[i];
    if (known !== undefined) return known;
    const index =
      scalar === null ? -1 : (this.#field(field).literals.get(String(scalar).toLowerCase()) ?? -1);
    cell.literals[i] = index;
    return index;
  }

  isNull(field: FieldId, i: number): boolean {
    return this.scalar(field, i) === null;
  }

  scalar(field: FieldId, i: number): Scalar {
    return scalarOf(this.#cell(field), i);
  }

  mayHold(): boolean {
    return true;
  }

  memo(): undefined {
    return undefined;
  }

  members(scope: FieldId): number {
    return this.#cell(scope).objects.length;
  }

  member(scope: FieldId, i: number): EventReader {
    const { objects, members } = this.#cell(scope);
    const known = members[i];
    if (known) return known;
    const object = objects[i];
    if (!object) throw new RangeError(`there is no member ${i}`);
    const reader = ParsedReader.member(this.#field(scope), object);
    members[i] = reader;
    return reader;
  }

  someLeaf(test: (text: string) => boolean): boolean {
    const open: unknown[] = [this.#event];
    while (open.length > 0) {
      const value = open.pop();
      if (Array.isArray(value)) for (const member of value) open.push(member);
      else if (isObject(value)) for (const member of Object.values(value)) open.push(member);
      else if (value !== null && test(String(value))) return true;
    }
    return false;
  }

  #field(id: FieldId): CompiledField {
    const field = this.#fields[id];
    if (!field) throw new Error(`field ${id} is not read in this scope`);
    return field;
  }

  #cell(id: FieldId): ParsedField {
    let cell = this.#cells[id];
    if (cell?.filledInTurn === this.#turn) return cell;
    const field = this.#field(id);
    if (!cell) {
      cell = new ParsedField();
      this.#cells[id] = cell;
    }
    cell.clear(this.#turn);
    this.#fill(cell, field);
    return cell;
  }

  #fill(cell: ParsedField, { base, paths }: CompiledField): void {
    const { boundCluster } = this.#origin.clusters;
    if (base === 'cluster' && boundCluster !== undefined) {
      cell.add(boundCluster, false);
      return;
    }
    const root = this.#root(base);
    const found = (value: unknown, through: boolean) => cell.add(value, through);
    const member = () => cell.countMember();
    paths.some((path) => walk(path, root, found, member));
    if (base !== 'cluster' || cell.state === 'value') return;
    const cluster = clusterName(this.#origin);
    if (cluster === undefined) return;
    cell.clear(this.#turn);
    cell.add(cluster, false);
  }

  #root(base: Base): JsonObject {
    switch (base) {
      case 'event':
        return this.#event;
      case 'record':
        return this.#origin.attributes;
      case 'resource':
      case 'cluster':
        return this.#origin.resource;
    }
  }
}

function scalarOf(cell: ParsedField, i: number): Scalar {
  const scalar = cell.scalars[i];
  if (scalar === undefined) throw new RangeError(`there is no value ${i}`);
  return scalar;
}
