import type { Values } from '../model/hit.ts';
import { cost } from './collected-values.ts';
import type { HeldHit } from './held-hit.ts';

type List = readonly string[];

const PATTERN_COST = 300;
const FIELD_COST = 24;

/** The fields of some values, and the list of each. */
export interface FieldLists {
  readonly fields: readonly string[];
  readonly lists: readonly List[];
}

const SCRATCH: { readonly fields: string[]; readonly lists: List[] } = { fields: [], lists: [] };

/** To be used before the next call: the same arrays are filled again. */
export function fieldLists(values: Values): FieldLists {
  const { fields, lists } = SCRATCH;
  let n = 0;
  for (const field in values) {
    fields[n] = field;
    lists[n] = values[field]!;
    n++;
  }
  fields.length = n;
  lists.length = n;
  return SCRATCH;
}

/** The input and the values of one hit, from which those of similar hits are known by what differs. */
export class ValuePattern {
  /** Whose it is; only that is asked. */
  readonly packing: object;
  readonly input: string;
  readonly #fields: readonly string[];
  readonly #lists: readonly List[];
  /** By field: the first one with the same list, which may be itself. A fact is often a field that the rule collects. */
  readonly #same: readonly number[];
  readonly bytes: number;
  /** Hits that need it. */
  holders = 0;

  constructor(packing: object, { input, values }: HeldHit, { fields, lists }: FieldLists) {
    this.packing = packing;
    this.input = input;
    this.#fields = [...fields];
    this.#lists = [...lists];
    this.#same = lists.map((list) => lists.findIndex((other) => equal(other, list)));
    this.bytes = PATTERN_COST + FIELD_COST * fields.length + cost(values);
  }

  /** How many lists differ; Infinity for another input or other fields. */
  distance(input: string, { fields, lists }: FieldLists): number {
    if (input !== this.input || fields.length !== this.#fields.length) return Number.POSITIVE_INFINITY;
    let distance = 0;
    for (let i = 0; i < fields.length; i++) {
      if (fields[i] !== this.#fields[i]) return Number.POSITIVE_INFINITY;
      if (!equal(lists[i]!, this.#expected(i, lists))) distance++;
    }
    return distance;
  }

  /** What differs, as JSON: an index and a text, or a list of texts, in turn. '' where nothing does. */
  difference({ lists }: FieldLists): string {
    const parts: (number | string | List)[] = [];
    for (let i = 0; i < lists.length; i++) {
      const list = lists[i]!;
      if (!equal(list, this.#expected(i, lists))) parts.push(i, list.length === 1 ? list[0]! : list);
    }
    return parts.length === 0 ? '' : JSON.stringify(parts);
  }

  /** The values of a hit whose difference this is. */
  values(difference: string): Values {
    const parts: (number | string | List)[] = difference === '' ? [] : JSON.parse(difference);
    const lists: List[] = [];
    const values: Record<string, List> = {};
    let next = 0;
    for (let i = 0; i < this.#fields.length; i++) {
      let list = this.#expected(i, lists);
      if (parts[next] === i) {
        const own = parts[next + 1] as string | List;
        list = typeof own === 'string' ? [own] : own;
        next += 2;
      }
      lists.push(list);
      values[this.#fields[i]!] = list;
    }
    return values;
  }

  /** The list of a field where it does not differ. `lists`: those of the fields before it. */
  #expected(i: number, lists: readonly List[]): List {
    const first = this.#same[i]!;
    return first < i ? lists[first]! : this.#lists[i]!;
  }
}

function equal(a: List, b: List): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
