import type { FieldNeed, FieldPlan } from '../../model/event.ts';
import type { Matcher } from '../../model/rule.ts';
import { isDerived, isRequestField } from '../../semantics/derived-field.ts';
import { sourcesOf } from '../../semantics/derived-sources.ts';
import { askedFields, type Expression, foldedTexts } from '../detection/expression.ts';
import { eventFields, type Turn } from './event-fields.ts';
import { INDEX_FIELDS_MAX } from './index-fields.ts';
import { alternativesOf } from './index-preconditions.ts';
import { type Predicate, predicate, type SubjectFields } from './predicate.ts';
import { bitOf, RuleIndex, WORD_BITS } from './rule-index.ts';
import { bodies, bodiesOf } from './unseen-bodies.ts';

/** What matching needs of a base rule. */
interface Condition {
  readonly id: string;
  /** What the rule alone asks for, and the filters that name it; without them `expression` is all. */
  readonly own?: Expression;
  readonly filters?: readonly { readonly detection: { readonly expression: Expression } }[];
  /** True: not asked of each event, but by `sampled`. */
  readonly sampled?: boolean;
  /** All together. */
  readonly expression: Expression;
}

export interface CompiledMatcher extends Matcher {
  /**
   * Rules that read a body (requestObject, responseObject) which no event that they could have matched had so far, by id:
   * how many such events there were. An audit policy that logs no bodies blinds them.
   */
  unseen(): ReadonlyMap<string, number>;
  /** For the rules that one event of each resource in each request is enough for; undefined where there are none. */
  readonly sampled: Matcher | undefined;
}

/**
 * What the reader must know to match these rules: each path once, with all that it is compared with. What the fields of the
 * client are made from is in every plan anyway.
 */
export function fieldNeeds(bases: readonly Condition[]): readonly FieldNeed[] {
  const scopes = new Map<string | undefined, Map<string, Set<string>>>();
  const needs: { readonly path: string; readonly within?: string; readonly literals: Set<string> }[] = [];
  const literalsOf = (path: string, within?: string): Set<string> => {
    const paths = scopes.get(within) ?? new Map<string, Set<string>>();
    scopes.set(within, paths);
    const known = paths.get(path);
    if (known !== undefined) return known;
    const literals = new Set<string>();
    paths.set(path, literals);
    needs.push({ path, ...(within === undefined ? {} : { within }), literals });
    return literals;
  };
  for (const { expression } of bases) {
    for (const { field, within, tests } of askedFields(expression)) {
      if (within === undefined && isDerived(field)) {
        for (const source of isRequestField(field) ? sourcesOf(field) : []) {
          const literals = literalsOf(source.path);
          for (const text of source.literals) literals.add(text);
        }
        continue;
      }
      const literals = literalsOf(field, within);
      for (const text of foldedTexts(tests)) literals.add(text);
    }
    for (const body of bodiesOf(expression)) literalsOf(body);
  }
  return needs.map((need) => ({ ...need, literals: [...need.literals] }));
}

/**
 * Evaluates only the rules that an index over their tests for equality lets through, in their order. Nothing is allocated
 * for an event that none of them can match. Neither `hit` nor `filtered` may call `match`: scratch is shared.
 * `plan` must hold all of `fieldNeeds(bases)`; one that does not is a bug, and throws.
 */
export function compileMatcher(
  bases: readonly Condition[],
  plan: FieldPlan,
  indexFields = INDEX_FIELDS_MAX,
): CompiledMatcher {
  const each = bases.filter(({ sampled }) => sampled !== true);
  const some = bases.filter(({ sampled }) => sampled === true);
  return {
    ...compileEach(each, plan, indexFields),
    sampled: some.length > 0 ? compileEach(some, plan, indexFields) : undefined,
  };
}

function compileEach(
  bases: readonly Condition[],
  plan: FieldPlan,
  indexFields: number,
): Omit<CompiledMatcher, 'sampled'> {
  const fields = eventFields(plan);
  const turn = { number: 0 } as { -readonly [key in keyof Turn]: Turn[key] } & { number: number };
  const once = onceATurn(fields, turn);
  const ids = bases.map(({ id }) => id);
  const owns = bases.map(({ own, expression }) => predicate(own ?? expression, fields));
  const filters = bases.map((base) => (base.own === undefined ? [] : (base.filters ?? []).map(once)));
  // Of the rule alone: what a filter takes out is counted.
  const entries = bases.flatMap(({ own, expression }, rule) =>
    alternativesOf(own ?? expression).map((guards) => ({ rule, guards })),
  );
  const ruleOf = Int32Array.from(entries, ({ rule }) => rule);
  const index = new RuleIndex(
    entries.map(({ guards }) => guards),
    plan,
    indexFields,
  );
  const body = bodies(bases, plan);
  return {
    match(event, derived, hit, filtered) {
      const candidates = index.candidates(event);
      turn.event = event;
      turn.derived = derived;
      turn.number++;
      // The alternatives of a rule stand beside each other.
      let last = -1;
      for (let word = 0; word < candidates.length; word++) {
        let left = candidates[word]!;
        while (left !== 0) {
          const entry = word * WORD_BITS + Math.clz32(left);
          left ^= bitOf(entry);
          const rule = ruleOf[entry]!;
          if (rule === last) continue;
          last = rule;
          body.look(event, rule);
          if (!owns[rule]!(turn)) continue;
          if (passesAll(filters[rule]!, turn)) hit(ids[rule]!);
          else filtered?.(ids[rule]!);
        }
      }
    },
    unseen: () => new Map([...body.unseen()].map(([rule, events]) => [ids[rule]!, events])),
  };
}

function passesAll(filters: readonly Predicate<Turn>[], turn: Turn): boolean {
  for (let i = 0; i < filters.length; i++) if (!filters[i]!(turn)) return false;
  return true;
}

/** Filters are shared by many rules: each is asked at most once an event. */
function onceATurn(fields: SubjectFields<Turn>, turn: { readonly number: number }) {
  const made = new Map<Expression, Predicate<Turn>>();
  return ({ detection: { expression } }: { readonly detection: { readonly expression: Expression } }) => {
    const known = made.get(expression);
    if (known !== undefined) return known;
    const passes = predicate(expression, fields);
    let asked = -1;
    let answer = false;
    const shared: Predicate<Turn> = (of) => {
      if (asked !== turn.number) {
        asked = turn.number;
        answer = passes(of);
      }
      return answer;
    };
    made.set(expression, shared);
    return shared;
  };
}

/** Tries every rule on every event: what the indexed matcher must agree with. */
export function compilePlainMatcher(bases: readonly Condition[], plan: FieldPlan): Matcher {
  const fields = eventFields(plan);
  const compiled = bases.map(({ id, expression }) => ({ id, matches: predicate(expression, fields) }));
  return {
    match(event, derived, hit) {
      const turn = { event, derived };
      for (const { id, matches } of compiled) if (matches(turn)) hit(id);
    },
  };
}
