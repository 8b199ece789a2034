import { plainText } from '../../lib/plain-text.ts';
import type { ExpectedEvent } from '../../rules/tests/test-file.ts';
import { COMPARED, differences, type Fired } from './compare-expected.ts';
import { type FileOutcome, type Outcome, passed, type TestRun } from './run-tests.ts';

/** One line per test; below a failed test, what was expected and what fired. */
export function testText(run: TestRun): string {
  const lines: string[] = [];
  for (const file of run.files) {
    for (const { where, message } of file.problems) lines.push(`FAIL  ${where}  ${message}`);
    for (const test of file.tests) {
      lines.push(`${passed(test) ? 'ok  ' : 'FAIL'}  ${test.where}  ${test.name}`);
      lines.push(...failureLines(test, file).map((line) => `      ${line}`));
    }
  }
  for (const { where, message } of run.problems) lines.push(`FAIL  ${where}  ${message}`);
  lines.push(summary(run));
  return lines.map((line) => `${plainText(line)}\n`).join('');
}

/** Why a test failed, in lines for people; none for a test that passed. */
export function failureLines(test: Outcome, { rules }: FileOutcome): readonly string[] {
  if (test.broken !== undefined) return [test.broken];
  const title = (id: string) => rules.find((rule) => rule.id === id)?.title ?? id;
  const extra = new Set(test.extra);
  const lines: string[] = [];
  for (const expected of test.missing) {
    const of = test.ids.get(expected.rule);
    const near = [...extra].find(({ rule }) => rule === of);
    if (near === undefined) {
      lines.push(`did not fire: ${expected.rule}${figures(expected)}`);
      lines.push(...(test.hints.get(expected.rule) ?? []).map((line) => `  ${line}`));
      continue;
    }
    extra.delete(near);
    for (const key of differences(expected, near))
      lines.push(
        `${expected.rule}: ${key} expected ${quoted(expected[key])}`,
        `${' '.repeat(expected.rule.length + 2)}${' '.repeat(key.length)} has      ${quoted(near[key])}`,
      );
  }
  const more = Map.groupBy(extra, (one) => `must not fire: ${title(one.rule)}${figures(one)}`);
  for (const [line, alike] of more) lines.push(alike.length > 1 ? `${line}, ${alike.length} times` : line);
  return lines;
}

const quoted = (value: unknown): string => (typeof value === 'string' ? `"${value}"` : String(value));

function figures(of: Partial<Fired> | ExpectedEvent): string {
  const parts = COMPARED.filter((key) => of[key] !== undefined).map((key) => `${key} ${quoted(of[key])}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function summary({ files, problems }: TestRun): string {
  const tests = files.flatMap((file) => file.tests);
  const bad = tests.filter((test) => !passed(test)).length;
  const broken = files.filter((file) => file.problems.length > 0).length + problems.length;
  const parts = [
    `${tests.length} ${tests.length === 1 ? 'test' : 'tests'} in ${files.length} ${files.length === 1 ? 'file' : 'files'}`,
  ];
  parts.push(bad === 0 ? 'none failed' : `${bad} failed`);
  if (broken > 0) parts.push(`${broken} could not be run`);
  return parts.join(', ');
}
