import { compilePlan } from '../../../src/audit/field-plan.ts';
import { atOnce } from '../../../src/lib/steps.ts';
import type { Derived, Scalar } from '../../../src/model/event.ts';
import { loadRules, type Problem, type RuleSet } from '../../../src/rules/assembly/load-rules.ts';
import { type AuditEvent, request } from '../../support/events.ts';
import { readNow } from '../audit/told.ts';

const HEAD = `title: Test
id: 11111111-1111-4111-8111-111111111111
name: test_rule
logsource: {product: kubernetes, service: audit}
`;
/** The first line of what `rule(body)` adds. */
export const BODY = 5;

/** A rule document with a good head; `body` begins at line BODY. */
export const rule = (body: string): string => `${HEAD}${body}`;

export type Loaded = { readonly ruleSet: RuleSet } | { readonly problems: readonly Problem[] };

export function load(text: string | readonly string[], filters?: Record<string, unknown>): Loaded {
  const texts = typeof text === 'string' ? [text] : text;
  const files = texts.map((one, i) => ({
    path: i === 0 ? 'a.yml' : `a${i}.yml`,
    text: one,
    ruleset: 'mine',
  }));
  return loadRules(files, filters === undefined ? {} : { resultFilters: filters });
}

/** Throws with every problem where there is one. */
export function good(text: string | readonly string[], filters?: Record<string, unknown>): RuleSet {
  const loaded = load(text, filters);
  if ('problems' in loaded) throw new Error(lines(loaded.problems).join('\n'));
  return loaded.ruleSet;
}

/** Problems, one a line, as a person reads them. */
export function problems(text: string | readonly string[], filters?: Record<string, unknown>): string[] {
  const loaded = load(text, filters);
  return 'problems' in loaded ? lines(loaded.problems) : [];
}

export function warnings(text: string | readonly string[], filters?: Record<string, unknown>): string[] {
  return lines(good(text, filters).warnings);
}

const lines = (found: readonly Problem[]) => found.map(({ where, message }) => `${where} ${message}`);

let generations = 0;

/** Derived fields that a test states: no address is looked up, and one address may have other places each time. */
export function derivedAs(values: Readonly<Record<string, readonly (Scalar | undefined)[]>>): Derived {
  const generation = ++generations;
  return {
    generation,
    count: (field) => values[field]?.length ?? 0,
    value: (field, _event, i) => values[field]?.[i],
  };
}

/** The base rules that an event matches, through the audit stage's own reader. `more`: fields of the event. */
export function hits(ruleSet: RuleSet, more: AuditEvent, derived = derivedAs({})): string[] {
  const plan = compilePlan(ruleSet.needs);
  const matcher = atOnce(ruleSet.compiling(plan));
  const found: string[] = [];
  const event = { kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID: 'a', stage: 'Panic', ...more };
  const report = readNow(request(JSON.stringify(event), 'line'), plan, (reader) =>
    matcher.match(reader, derived, (id) => found.push(id)),
  );
  if ('malformed' in report || report.events !== 1) throw new Error('not one event');
  return found;
}

/** Whether an event matches a detection (YAML, not indented). */
export function matches(detection: string, more: AuditEvent, derived = derivedAs({})): boolean {
  const indented = detection.trim().replaceAll(/^/gm, '  ');
  return hits(good(rule(`detection:\n${indented}\n`)), more, derived).length > 0;
}
