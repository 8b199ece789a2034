import { atOnce, eachInSteps, type Steps } from '../../lib/steps.ts';
import type { FieldNeed, FieldPlan } from '../../model/event.ts';
import type { Matcher } from '../../model/rule.ts';
import { isDerived, isRequestField } from '../../semantics/derived-field.ts';
import { sourcesOf } from '../../semantics/derived-sources.ts';
import { askedFields, type Expression, foldedTexts } from '../detection/expression.ts';
import { textTest } from '../detection/text-test.ts';
import { AlikeRows } from './alike-rows.ts';
import { alternativesOf } from './alternatives.ts';
import { eventFields } from './event-fields.ts';
import { INDEX_FIELDS_MAX } from './index-fields.ts';
import { makingPreconditions, type Preconditions, preconditionAlternatives } from './index-preconditions.ts';
import { type Predicate, predicate, type SubjectFields } from './predicate.ts';
import { literalsOf, makingScalarTests } from './reader-fields.ts';
import { type NumberedEvent, RememberedAnswers } from './remembered-answers.ts';
import { bitOf, RuleIndex, WORD_BITS, wordsFor } from './rule-index.ts';
import { bodiesRead, unseenBodies } from './unseen-bodies.ts';

/** The parts of a base rule that matching needs. */
interface MatchableRule {
  readonly id: string;
  /** The rule without its filters, and the filters that apply to it. Without them `expression` is the whole rule. */
  readonly ownExpression?: Expression;
  readonly filters?: readonly { readonly detection: { readonly expression: Expression } }[];
  /** True: matched only by `sampled`, not for each event. */
  readonly sampled?: boolean;
  /** The rule and its filters together. */
  readonly expression: Expression;
}

export interface CompiledMatcher extends Matcher {
  /**
   * Rules that read a body (requestObject, responseObject) that no candidate event had so far, by id, with the number of these
   * events. Under an audit policy without bodies such a rule cannot match.
   */
  unseen(): ReadonlyMap<string, number>;
  /** For the rules that are matched against one event of each resource in each request; undefined without such rules. */
  readonly sampled: Matcher | undefined;
}

/** Texts without repetition. Rules share lists of up to 100,000 of them, so that each list is looked at once. */
class LiteralSet {
  readonly texts = new Set<string>();
  readonly #lists = new Set<readonly string[]>();

  *adding(list: readonly string[]): Steps<void> {
    if (this.#lists.has(list)) return;
    this.#lists.add(list);
    yield* eachInSteps(list, (text) => this.texts.add(text));
  }
}

/**
 * The fields that the reader must read for these rules: each path once, with all literals that it is compared with. The
 * sources of the client's fields are in every plan anyway.
 */
export function fieldNeeds(bases: readonly MatchableRule[]): readonly FieldNeed[] {
  return atOnce(findingNeeds(bases));
}

/** `fieldNeeds` in steps. */
export function* findingNeeds(bases: readonly MatchableRule[]): Steps<readonly FieldNeed[]> {
  const scopes = new Map<string | undefined, Map<string, LiteralSet>>();
  const needs: { readonly path: string; readonly within?: string; readonly literals: LiteralSet }[] = [];
  const literalsOf = (path: string, within?: string): LiteralSet => {
    const paths = scopes.get(within) ?? new Map<string, LiteralSet>();
    scopes.set(within, paths);
    const known = paths.get(path);
    if (known !== undefined) return known;
    const literals = new LiteralSet();
    paths.set(path, literals);
    needs.push({ path, ...(within === undefined ? {} : { within }), literals });
    return literals;
  };
  for (const { expression } of bases) {
    for (const { field, within, tests } of askedFields(expression)) {
      if (within === undefined && isDerived(field)) {
        for (const source of isRequestField(field) ? sourcesOf(field) : []) {
          yield* literalsOf(source.path).adding(source.literals);
        }
        continue;
      }
      yield* literalsOf(field, within).adding(yield* foldedTexts.making(tests));
    }
    for (const body of bodiesRead(expression)) literalsOf(body);
    yield;
  }
  return needs.map((need) => ({ ...need, literals: [...need.literals.texts] }));
}

/**
 * Evaluates only the rules that an index over their tests for equality lets through, in their order. Nothing is allocated
 * for an event that none of them can match. `hit` and `filtered` must not call `match`, because scratch memory is shared.
 * `plan` must contain all of `fieldNeeds(bases)`; otherwise this throws.
 */
export function compileMatcher(
  bases: readonly MatchableRule[],
  plan: FieldPlan,
  indexFields = INDEX_FIELDS_MAX,
): CompiledMatcher {
  return atOnce(compilingMatcher(bases, plan, indexFields));
}

/** `compileMatcher` in steps. */
export function* compilingMatcher(
  bases: readonly MatchableRule[],
  plan: FieldPlan,
  indexFields = INDEX_FIELDS_MAX,
): Steps<CompiledMatcher> {
  const each = bases.filter(({ sampled }) => sampled !== true);
  const some = bases.filter(({ sampled }) => sampled === true);
  return {
    ...(yield* compilingEach(each, plan, indexFields, new RememberedAnswers())),
    // Without answers that are remembered: a value has one memo, which belongs to the other one.
    sampled: some.length > 0 ? yield* compilingEach(some, plan, indexFields) : undefined,
  };
}

function* compilingEach(
  bases: readonly MatchableRule[],
  plan: FieldPlan,
  indexFields: number,
  remembered?: RememberedAnswers,
): Steps<Omit<CompiledMatcher, 'sampled'>> {
  const fields: SubjectFields<NumberedEvent> = {
    ...eventFields(plan),
    ...(remembered && { remembered: (expression, make) => remembered.of(expression, make) }),
  };
  const current = { number: 0, generation: 0 } as {
    -readonly [key in keyof NumberedEvent]: NumberedEvent[key];
  };
  const once = oncePerEvent(fields, current);
  const ids = bases.map(({ id }) => id);
  const unfiltered: Predicate<NumberedEvent>[] = [];
  const filters: (readonly Predicate<NumberedEvent>[])[] = [];
  const entries: {
    readonly rule: number;
    readonly alternative: Expression;
    readonly preconditions: Preconditions;
  }[] = [];
  for (const [rule, { ownExpression, expression, filters: own = [] }] of bases.entries()) {
    // Without filters: events that a filter removes are counted.
    const unfilteredExpression = ownExpression ?? expression;
    yield* makingTests(expression, plan);
    unfiltered.push(predicate(unfilteredExpression, fields));
    filters.push(ownExpression === undefined ? [] : own.map(once));
    for (const alternative of alternativesOf(unfilteredExpression))
      for (const preconditions of preconditionAlternatives(alternative))
        entries.push({ rule, alternative, preconditions });
    yield;
  }
  const ruleOf = Int32Array.from(entries, ({ rule }) => rule);
  const index = yield* RuleIndex.making(
    entries.map(({ preconditions }) => preconditions),
    plan,
    indexFields,
  );
  const alternatives = entries.map(({ alternative }) => alternative);
  const rows = remembered && (yield* AlikeRows.making(alternatives, fields, remembered));
  const alike = new Int32Array(wordsFor(entries.length));
  const bodies = unseenBodies(bases, plan);
  return {
    match(event, derived, hit, filtered) {
      current.event = event;
      current.derived = derived;
      current.number++;
      current.generation = derived.generation;
      const rest = rows?.candidates(current, alike) ? rows.rest : undefined;
      const candidates = rest === undefined ? index.candidates(event) : alike;
      // The alternatives of a rule are adjacent.
      let observed = -1;
      let decided = -1;
      for (let word = 0; word < candidates.length; word++) {
        let left = candidates[word]!;
        while (left !== 0) {
          const entry = word * WORD_BITS + Math.clz32(left);
          left ^= bitOf(entry);
          const rule = ruleOf[entry]!;
          if (rule === decided) continue;
          if (rule !== observed) bodies.observe(event, rule);
          observed = rule;
          if (rest !== undefined && !rest[entry]!(current)) continue;
          decided = rule;
          if (rest === undefined && !unfiltered[rule]!(current)) continue;
          if (passesAll(filters[rule]!, current)) hit(ids[rule]!);
          else filtered?.(ids[rule]!);
        }
      }
    },
    unseen: () => new Map([...bodies.unseen()].map(([rule, events]) => [ids[rule]!, events])),
  };
}

/** Makes what the tests of an expression need in steps; `predicate` and preconditions then find it. */
function* makingTests(expression: Expression, plan: FieldPlan): Steps<void> {
  for (const { field, within, tests } of askedFields(expression)) {
    if (within === undefined && isDerived(field)) yield* textTest.making(tests);
    else {
      yield* makingScalarTests(literalsOf(plan, field, within), tests);
      yield* makingPreconditions(tests);
    }
  }
}

function passesAll(filters: readonly Predicate<NumberedEvent>[], current: NumberedEvent): boolean {
  for (let i = 0; i < filters.length; i++) if (!filters[i]!(current)) return false;
  return true;
}

/** Many rules share a filter: it is evaluated at most once for each event. */
function oncePerEvent(fields: SubjectFields<NumberedEvent>, current: { readonly number: number }) {
  const memo = new Map<Expression, Predicate<NumberedEvent>>();
  return ({ detection: { expression } }: { readonly detection: { readonly expression: Expression } }) => {
    const known = memo.get(expression);
    if (known !== undefined) return known;
    const passes = predicate(expression, fields);
    let evaluated = -1;
    let answer = false;
    const shared: Predicate<NumberedEvent> = (of) => {
      if (evaluated !== current.number) {
        evaluated = current.number;
        answer = passes(of);
      }
      return answer;
    };
    memo.set(expression, shared);
    return shared;
  };
}
