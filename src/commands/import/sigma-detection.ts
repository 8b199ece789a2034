import {
  ALWAYS,
  allConditions,
  anyCondition,
  notCondition,
  type RowCondition,
  type RowTest,
} from './row-condition.ts';
import { UnreadablePart } from './unreadable-part.ts';

/** How rows of a search look here. */
export interface RowShape {
  /** Our name of a field; undefined where rows have no such field. */
  nameOf(field: string): string | undefined;
  /** Whether a field that is missing has the value 0 in the search. */
  readonly hasFillnull: boolean;
  /** Whether each row has a field, by our name. */
  isAlwaysThere(name: string): boolean;
  /**
   * one: a value in both; list: a list in both; spread: here a list, there a row for each of its values. By our name.
   */
  valuesOf(name: string): 'one' | 'list' | 'spread';
}

/** A Sigma detection: selections by name, and `condition`. */
export type SigmaBlock = Readonly<Record<string, unknown>>;

export interface Converted {
  /** The rows that stay; undefined where all do. */
  readonly block: SigmaBlock | undefined;
  /** What is the same except in rare cases, each with its place. */
  readonly notes: readonly string[];
}

/** A condition on the rows of a search as a Sigma detection over ours. Throws UnreadablePart where the two may differ. */
export function sigmaDetection(condition: RowCondition, shape: RowShape, where: string): Converted {
  const notes = new Set<string>();
  const here = onOurRows(condition, shape, true, notes);
  if (here.kind !== 'constant') return { block: blockOf(here), notes: [...notes] };
  if (!here.holds) throw new UnreadablePart(where, 'drops every row; turn the detection off instead');
  return { block: undefined, notes: [...notes] };
}

/** `isPlain`: not below a negation. */
function onOurRows(
  condition: RowCondition,
  shape: RowShape,
  isPlain: boolean,
  notes: Set<string>,
): RowCondition {
  switch (condition.kind) {
    case 'all':
      return allConditions(condition.of.map((part) => onOurRows(part, shape, isPlain, notes)));
    case 'any':
      return anyCondition(condition.of.map((part) => onOurRows(part, shape, isPlain, notes)));
    case 'not':
      return notCondition(onOurRows(condition.of, shape, !isPlain, notes));
    case 'constant':
      return condition;
    case 'exists': {
      const name = ourName(condition.field, shape, condition.where);
      return isThere(name, shape) ? ALWAYS : existsTest(name, condition.where);
    }
    case 'test':
      return here(condition.test, shape, isPlain, notes);
    case 'differs': {
      const { test } = condition;
      const name = ourName(test.field, shape, test.where);
      if (shape.valuesOf(name) === 'list')
        throw new UnreadablePart(test.where, `${test.field} is a list, for which != is not defined; use NOT`);
      const differs = notCondition(here(test, shape, !isPlain, notes));
      return isThere(name, shape) ? differs : allConditions([existsTest(name, test.where), differs]);
    }
  }
}

function here(test: RowTest, shape: RowShape, isPlain: boolean, notes: Set<string>): RowCondition {
  const name = ourName(test.field, shape, test.where);
  const values = shape.valuesOf(name);
  if (values === 'list' && test.modifiers.some((modifier) => modifier !== 'cidr'))
    throw new UnreadablePart(
      test.where,
      `${test.field} is a list, and only search compares each of its values`,
    );
  if (values === 'spread' && !isPlain)
    notes.add(
      `${test.where}  ${test.field} may have several values: Splunk then has a row for each and drops single ones, here the filter drops the whole event`,
    );
  const renamed: RowCondition = { kind: 'test', test: { ...test, field: name } };
  return shape.hasFillnull && test.zero ? anyCondition([renamed, nullTest(name, test.where)]) : renamed;
}

/** `fillnull` gives each row all fields. */
const isThere = (name: string, shape: RowShape): boolean => shape.hasFillnull || shape.isAlwaysThere(name);

function ourName(field: string, shape: RowShape, where: string): string {
  const name = shape.nameOf(field);
  if (name === undefined)
    throw new UnreadablePart(where, `the rows of this detection have no field ${field}`);
  return name;
}

const existsTest = (field: string, where: string): RowCondition => ({
  kind: 'test',
  test: { field, modifiers: ['exists'], values: [true], zero: false, where },
});

/** The mark of a test for a missing field. */
const MISSING = 'missing';

const nullTest = (field: string, where: string): RowCondition => ({
  kind: 'test',
  test: { field, modifiers: [MISSING], values: [], zero: false, where },
});

/** A selection: a map of items that must all match, or a list of maps of which any must. */
type Selection = SelectionMap | readonly SelectionMap[];
type SelectionMap = Readonly<Record<string, unknown>>;

function blockOf(condition: RowCondition): SigmaBlock {
  const selections = new Map<string, Selection>();
  const text = conditionText(condition, selections);
  return { ...Object.fromEntries(selections), condition: text };
}

function conditionText(condition: RowCondition, selections: Map<string, Selection>): string {
  const selection = selectionOf(condition);
  if (selection !== undefined) {
    const name = freeName(selection, selections);
    selections.set(name, selection);
    return name;
  }
  switch (condition.kind) {
    case 'not':
      return `not ${inParentheses(condition.of, selections)}`;
    case 'all':
      return condition.of.map((part) => inParentheses(part, selections)).join(' and ');
    case 'any':
      return condition.of.map((part) => inParentheses(part, selections)).join(' or ');
    default:
      throw new Error(`a condition of kind ${condition.kind} is left`);
  }
}

function inParentheses(condition: RowCondition, selections: Map<string, Selection>): string {
  const text = conditionText(condition, selections);
  return / (and|or) /.test(text) ? `(${text})` : text;
}

/** A condition without a negation, as one selection; undefined where it needs several. */
function selectionOf(condition: RowCondition): Selection | undefined {
  const map = mapOfTests(condition);
  if (map !== undefined || condition.kind !== 'any') return map;
  const maps = condition.of.map(mapOfTests);
  return maps.every((one) => one !== undefined) ? maps : undefined;
}

function mapOfTests(condition: RowCondition): SelectionMap | undefined {
  const tests = condition.kind === 'all' ? condition.of : [condition];
  const map: Record<string, unknown> = {};
  for (const part of tests) {
    if (part.kind !== 'test') return undefined;
    const { field, modifiers, values } = part.test;
    const isMissing = modifiers.includes(MISSING);
    const key = isMissing ? field : [field, ...modifiers].join('|');
    if (Object.hasOwn(map, key)) return undefined;
    map[key] = isMissing ? null : values.length === 1 ? values[0] : values;
  }
  return map;
}

/** `by_src_ip`, `by_src_ip_2`: after its first field. */
function freeName(selection: Selection, taken: ReadonlyMap<string, Selection>): string {
  const [first] = Array.isArray(selection) ? selection : [selection];
  const field = Object.keys(first)[0]!.replace(/\|.*$/, '');
  const name = `by_${field.replace(/\W+/g, '_')}`;
  for (let i = 1; ; i++) {
    const free = i === 1 ? name : `${name}_${i}`;
    if (!taken.has(free)) return free;
  }
}
