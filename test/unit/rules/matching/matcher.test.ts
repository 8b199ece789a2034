import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { compilePlan } from '../../../../src/audit/field-plan.ts';
import { atOnce } from '../../../../src/lib/steps.ts';
import { derivedAs, good, rule } from '../loaded.ts';
import { stubReader } from '../stub-reader.ts';

/** Whether the event, of which strings cannot be had, is matched without asking for one. */
function decided(detection: string, values: Readonly<Record<string, readonly number[]>>): boolean {
  const ruleSet = good(rule(`detection: {${detection}}\n`));
  const plan = compilePlan(ruleSet.needs);
  const matcher = atOnce(ruleSet.compiling(plan));
  try {
    matcher.match(stubReader(plan, values), derivedAs({}), () => {});
    return true;
  } catch {
    return false;
  }
}

test('an event that no rule can match is asked for no string', () => {
  const detection = 's: {userAgent|contains: curl, verb: [get, list]}, condition: s';
  expect(decided(detection, { verb: [-1], userAgent: [-1] })).toBe(true);
  expect(decided(detection, { userAgent: [-1] })).toBe(true);
  expect(decided(detection, { verb: [-1, 1], userAgent: [-1] })).toBe(false);
});

test('equality is tried before anything that wants a string', () => {
  const detection = 's: {userAgent|contains: curl}, t: {verb: get}, condition: not s and not t';
  expect(decided(detection, { verb: [0], userAgent: [-1] })).toBe(true);
  expect(decided(detection, { verb: [-1], userAgent: [-1] })).toBe(false);
});

test('keywords and members are asked for last', () => {
  const detection = 's: [x, y], t: {verb: get}, condition: s and t';
  expect(decided(detection, { verb: [-1] })).toBe(true);
  const block =
    's: {"f[any]": {a: 1}}, t: {verb: get}, u: {userAgent|contains: x}, condition: s and (t or u)';
  expect(decided(block, { verb: [-1], f: [] })).toBe(true);
});

test('a block of scalars that are compared whole is asked for no string', () => {
  const detection = 's: {"user.groups[any]": [a, b]}, condition: s';
  expect(decided(detection, { 'user.groups': [-1, 0] })).toBe(true);
});

test('a value equal to one of a list is tried before the list’s patterns', () => {
  const detection = "s: {verb: ['g*', get]}, condition: s";
  expect(decided(detection, { verb: [-1, 0] })).toBe(true);
});

test('matching allocates nothing for an event that no rule matches', () => {
  const script = new URL('../allocation.ts', import.meta.url).pathname;
  const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const { control, matching } = JSON.parse(
    execFileSync(process.execPath, [...flags, script], { encoding: 'utf8' }),
  );
  expect(control).toBeGreaterThan(20);
  expect(matching).toBeLessThan(1);
});
