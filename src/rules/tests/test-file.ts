import { z } from 'zod';
import { didYouMean } from '../../lib/nearest.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import { LEVELS, type Level } from '../../model/rule.ts';
import type { Span } from '../../model/time.ts';
import { kind } from '../../schema/kinds.ts';
import { closedMap, list, oneOf, text, textOrEmpty, wholeNumber } from '../../schema/shapes.ts';
import { timespan } from '../../schema/time-shapes.ts';
import { warnOfUnknownField } from '../assembly/known-fields.ts';
import { checkValue } from '../source/check-value.ts';
import { type FindingReport, type Problem, RuleFindings } from '../source/rule-findings.ts';
import { isYamlMap, type YamlMap } from '../source/yaml-map.ts';

/** The most events for one entry of a test, so that a typing mistake cannot fill memory. */
const REPEAT_MAX = 10_000;

/** One entry of a test's events, or several of them. */
export interface TestStep {
  /** Merged over the file's event; a null removes a key. */
  readonly event: YamlMap;
  readonly repeat: number;
  /** Between the events of this entry. */
  readonly every: Span | undefined;
  /** Between the event before and the first of this entry. */
  readonly after: Span | undefined;
}

/** A risk event that must be sent. Missing keys are not compared. */
export interface ExpectedEvent {
  /** Id or name. */
  readonly rule: string;
  readonly message?: string | undefined;
  readonly score?: number | undefined;
  readonly level?: Level | undefined;
  readonly count?: number | undefined;
  readonly line: number;
}

export interface RuleTest {
  readonly name: string;
  readonly line: number;
  readonly cluster: string | undefined;
  readonly steps: readonly TestStep[];
  /** Exactly these, in any order. */
  readonly fires: readonly ExpectedEvent[];
}

/** The examples beside a rule: docs/rule-tests.md. */
export interface TestFile {
  readonly path: string;
  /** Defaults for every event. */
  readonly event: YamlMap;
  readonly tests: readonly RuleTest[];
}

const block = kind(z.custom<YamlMap>(isYamlMap), 'a map');

const EXPECTED = closedMap({
  rule: text(),
  message: textOrEmpty().optional(),
  score: wholeNumber(0).optional(),
  level: oneOf(LEVELS).optional(),
  count: wholeNumber(0).optional(),
});

const TEST = closedMap({
  name: text(),
  cluster: text().optional(),
  events: list(block, 'a list of at least one event', 1),
  fires: list(EXPECTED, 'a list of risk events, [] where nothing must fire'),
});

const FILE = closedMap({
  event: block.optional(),
  tests: list(TEST, 'a list of at least one test', 1),
});

const TIMED = closedMap({
  repeat: wholeNumber(1, REPEAT_MAX).default(1),
  every: timespan().optional(),
  after: timespan().optional(),
  with: block.default({}),
});

const TIMED_KEYS = ['repeat', 'every', 'after', 'with'];

/** The tests of a file, or all of its problems. */
export function parseTestFile(
  path: string,
  content: string,
): { readonly file: TestFile } | { readonly problems: readonly Problem[] } {
  const findings = new RuleFindings();
  const documents = findings.readYaml({ path, text: content });
  const [document, second] = documents;
  if (findings.problems.length > 0) return { problems: findings.problems };
  if (document === undefined || second !== undefined) {
    const has = document === undefined ? 'has none' : `has ${documents.length}`;
    const line = second?.line([]) ?? 1;
    return {
      problems: [{ where: `${path}:${line}`, message: `wants one document with the key tests, ${has}` }],
    };
  }
  const report = findings.report((at) => `${path}:${document.line(at)}`);
  const shape = checkValue(FILE, document.value, [], report);
  if (shape === undefined) return { problems: findings.problems };
  if (shape.event !== undefined) checkEvent(shape.event, ['event'], report);
  const tests = shape.tests.map((test, i) => ({
    name: test.name,
    line: document.line(['tests', i]),
    cluster: test.cluster,
    steps: test.events.flatMap((entry, j) => parseStep(entry, ['tests', i, 'events', j], report) ?? []),
    fires: test.fires.map((expected, j) => ({ ...expected, line: document.line(['tests', i, 'fires', j]) })),
  }));
  warnOfTwins(tests, report);
  if (findings.problems.length > 0) return { problems: findings.problems };
  return { file: { path, event: shape.event ?? {}, tests } };
}

/** An entry is an event, or a map with `with` (the event) and when and how often it happens. */
function parseStep(entry: YamlMap, path: YamlPath, report: FindingReport): TestStep | undefined {
  if (!TIMED_KEYS.some((key) => Object.hasOwn(entry, key))) {
    checkEvent(entry, path, report);
    return { event: entry, repeat: 1, every: undefined, after: undefined };
  }
  const { repeat, every, after, with: event } = checkValue(TIMED, entry, path, report) ?? {};
  if (repeat === undefined || event === undefined) return undefined;
  if (every !== undefined && repeat === 1) return report.problem([...path, 'every'], 'needs repeat');
  checkEvent(event, [...path, 'with'], report);
  return { event, repeat, every, after };
}

/** An event with a misspelt key would test nothing. */
function checkEvent(event: YamlMap, path: YamlPath, report: FindingReport): void {
  const strict: FindingReport = { ...report, warn: report.problem };
  for (const key of Object.keys(event)) {
    const [root = ''] = key.split('.', 1);
    if (root === key) warnOfUnknownField(key, [...path, key], strict);
    else
      report.problem(
        [...path, key],
        `is a path, and an event is nested${root === 'k8s' ? '; use the key "cluster" of the test' : `: write ${root}: {${key.slice(root.length + 1)}: ...}`}`,
      );
  }
}

function warnOfTwins(tests: readonly RuleTest[], report: FindingReport): void {
  const names = new Set<string>();
  for (const [i, test] of tests.entries()) {
    if (names.has(test.name)) report.problem(['tests', i, 'name'], 'another test of this file has this name');
    names.add(test.name);
  }
}

/** The problem of an unknown reference in `fires`. */
export function unknownRule(reference: string, known: readonly string[]): string {
  return `no rule of the file under test that can fire has the id or name "${reference}"${
    didYouMean(reference, known) || (known.length > 0 ? `; there are ${known.join(', ')}` : '')
  }`;
}
