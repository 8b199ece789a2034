import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { optionTable } from '../src/config/option-table.ts';
import type { Rule } from '../src/model/rule.ts';
import { loadRules, type RuleSet } from '../src/rules/assembly/load-rules.ts';
import { packFiles, packLists } from '../src/rules/source/files.ts';
import { ownFields } from '../src/semantics/rule-fields.ts';

// A risk event carries its rule's description to the person on call (docs/triage.md). Names in it stand in backticks.

const LONGEST = 700;
const SENTENCES = 5;

const FILES = packFiles(['sidewatch']);
const LISTS = packLists(['sidewatch']);

function load(overrides: readonly unknown[]): RuleSet {
  const loaded = loadRules(FILES, { lists: LISTS, overrides });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems, null, 1));
  return loaded.ruleSet;
}

const { rules, bases, documents } = load([]);
const NAMES = new Map(documents.map(({ head }) => [head.id, head.name ?? head.title]));
const FIRING = rules.filter(({ silent }) => !silent).map((rule) => ({ name: NAMES.get(rule.id)!, rule }));

/** The base rules whose matches a rule counts, by name. A rule that is a base itself has its own name here. */
function basesOf({ inputs }: Rule): readonly string[] {
  return inputs.flatMap((id) => {
    const counted = rules.find((rule) => rule.id === id);
    return bases.some((base) => base.id === id) ? [NAMES.get(id)!] : counted ? basesOf(counted) : [];
  });
}

/** The lists that a base rule, or a filter of it, reads. */
const LISTS_OF = new Map<string, Set<string>>();
for (const { text } of FILES)
  for (const parsed of parseAllDocuments(text)) {
    const document = parsed.toJS() as {
      name: string;
      detection?: unknown;
      filter?: { rules: readonly string[] };
    };
    for (const base of document.filter?.rules ?? [document.name]) {
      const known = LISTS_OF.get(base) ?? LISTS_OF.set(base, new Set()).get(base)!;
      for (const [, list] of JSON.stringify(document.filter ?? document.detection ?? '').matchAll(/%(\w+)%/g))
        known.add(list!);
    }
  }

const codes = (text: string): readonly string[] =>
  Array.from(text.matchAll(/`([^`]+)`/g), ([, code]) => code!);
const RISK_EVENT = new Set(codes(readFileSync(new URL('../docs/risk-event.md', import.meta.url), 'utf8')));
const CONFIG = new Set(optionTable().map(({ key }) => key));
/** What a description may name besides fields, lists, rules and keys. */
const OTHERS = new Set(['requestObject', 'system:anonymous', 'system:unauthenticated', '..']);

const fieldsIn = (rule: Rule) => codes(rule.description).filter((code) => ownFields(rule).includes(code));
const listsOf = (rule: Rule) => basesOf(rule).flatMap((base) => [...(LISTS_OF.get(base) ?? [])]);
const filtered = ({ description }: Rule) =>
  Array.from(
    description.matchAll(/Sigma filter for (`\w+`(?: and `\w+`)*|this rule)/g),
    ([, names]) => names!,
  );
const overridden = ({ description }: Rule) =>
  Array.from(description.matchAll(/override of `(\w+)`/g), ([, key]) => key!);

test('the pack has rules that fire', () => expect(FIRING.length).toBeGreaterThan(100));

/** The names of the rules for which that is not so. */
const unless = (holds: (rule: Rule, name: string) => boolean) =>
  FIRING.flatMap(({ name, rule }) => (holds(rule, name) ? [] : [name]));

test('each says what it means, when it is real, what to look at and how to tune, in this order', () => {
  const answers = /^.+ it is (real|harmless|.*everyday work|of interest)\b.* Look at .+ To tune: .+\.$/i;
  expect(unless(({ description }) => answers.test(description))).toEqual([]);
});

test('each is short', () => {
  const sentences = (text: string) => text.split(/[.?!](?=\s|$)/).length - 1;
  expect(unless(({ description }) => description.length <= LONGEST)).toEqual([]);
  expect(unless(({ description }) => sentences(description) <= SENTENCES)).toEqual([]);
});

test('each names a field that its risk events have', () => {
  expect(unless((rule) => fieldsIn(rule).length > 0)).toEqual([]);
});

test('all names in them exist', () => {
  const names = new Set(NAMES.values());
  const known = (rule: Rule) => [ownFields(rule), listsOf(rule), overridden(rule), [...OTHERS]].flat();
  const unknown = FIRING.flatMap(({ name, rule }) =>
    codes(rule.description)
      .filter((code) => !RISK_EVENT.has(code) && !CONFIG.has(code) && !names.has(code))
      .filter((code) => !known(rule).includes(code))
      .map((code) => `${name}: ${code}`),
  );
  expect(unknown).toEqual([]);
});

test('each is tuned by a list, a filter, an override or a key that has an effect on it', () => {
  expect(unless(({ description }) => /To tune: .*(list|`|this rule)/.test(description))).toEqual([]);
  const misses = unless((rule, name) =>
    filtered(rule)
      .flatMap((names) => (names === 'this rule' ? [name] : codes(names)))
      .every((wanted) => basesOf(rule).includes(wanted)),
  );
  expect(misses).toEqual([]);
});

test('every override that a description names fits its rule', () => {
  const values: Readonly<Record<string, unknown>> = {
    threshold: 1_000,
    timespan: '1d',
    level: 'low',
    enabled: false,
  };
  const overrides = FIRING.flatMap(({ name, rule }) =>
    overridden(rule).map((key) => ({ rule: name, [key]: values[key] })),
  );
  expect(overrides.length).toBeGreaterThan(0);
  expect(load(overrides).warnings).toEqual([]);
});

test('a description changes no fingerprint', () => {
  const described = FILES.map(({ text, ...file }) => ({
    ...file,
    text: text.replaceAll(/^description: >-\n/gm, 'description: >-\n    Other words.\n'),
  }));
  const loaded = loadRules(described, { lists: LISTS });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  const prints = (from: readonly Rule[]) => from.map(({ id, fingerprint }) => [id, fingerprint]);
  expect(loaded.ruleSet.rules.every(({ description }) => description.startsWith('Other words.'))).toBe(true);
  expect(prints(loaded.ruleSet.rules)).toEqual(prints(rules));
});
