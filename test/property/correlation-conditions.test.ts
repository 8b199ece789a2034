import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bound, Rule, Seen } from '../../src/model/rule.ts';
import { revocable } from '../../src/semantics/revocable.ts';
import { runs } from '../support/property.ts';
import { load } from '../unit/rules/loaded.ts';

const NAMES = ['a', 'a1', 'b', '_c'];

const file = (name: string, rest: object) => JSON.stringify({ title: name, id: `id-${name}`, name, ...rest });
const bases = NAMES.map((name) =>
  file(name, {
    logsource: { product: 'kubernetes', service: 'audit' },
    detection: { s: { verb: name }, condition: 's' },
  }),
);

/** The correlation, or what is wrong with it. */
function loaded(correlation: object): Rule | string {
  const found = load([file('it', { correlation: { timespan: '10m', ...correlation } }), ...bases]);
  if ('problems' in found) return found.problems.map(({ message }) => message).join('\n');
  return found.ruleSet.rules.find(({ id }) => id === 'id-it')!;
}

const SUBSETS = Array.from({ length: 2 ** NAMES.length }, (_, mask) =>
  NAMES.filter((_, i) => (mask >> i) & 1),
);

/** As the model defines it. */
function holds({ condition, seen }: Rule, names: readonly string[]): boolean {
  const ids = new Set(names.map((name) => `id-${name}`));
  const test = (part: Seen): boolean => {
    if (part.kind === 'input') return ids.has(part.id);
    if (part.kind === 'not') return !test(part.of);
    return part.kind === 'all' ? part.of.every(test) : part.of.some(test);
  };
  return seen === undefined ? condition.every((bound) => naively(ids.size, bound)) : test(seen);
}

function naively(figure: number, { op, value }: Bound): boolean {
  if (op === 'eq') return figure === value;
  if (op === 'neq') return figure !== value;
  if (figure === value) return op === 'gte' || op === 'lte';
  return figure > value === op.startsWith('g');
}

describe('a condition over names of rules', () => {
  const { text } = fc.letrec<{ text: string }>((tie) => ({
    text: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.constantFrom(...NAMES, 'id-a', '1 of them', 'all of them', 'any of a*', 'all of _*'),
      fc.tuple(tie('text'), tie('text')).map(([a, b]) => `${a} and ${b}`),
      fc.tuple(tie('text'), tie('text')).map(([a, b]) => `${a} or ${b}`),
      tie('text').map((a) => `not ${a}`),
      tie('text').map((a) => `(${a})`),
    ),
  }));

  /** JavaScript's own operators have the same precedence; `them` leaves out names that begin with _. */
  function naive(condition: string, seen: readonly string[]): boolean {
    const script = condition
      .replaceAll(/1 of them/g, '(has.a||has.a1||has.b)')
      .replaceAll(/all of them/g, '(has.a&&has.a1&&has.b)')
      .replaceAll(/any of a\*/g, '(has.a||has.a1)')
      .replaceAll(/all of _\*/g, '(has._c)')
      .replaceAll(/id-a/g, 'a')
      .replaceAll(/(?<![.\w])(?!and\b|or\b|not\b|has\b)\w+/g, (name) => `has.${name}`)
      .replaceAll(/\band\b/g, '&&')
      .replaceAll(/\bor\b/g, '||')
      .replaceAll(/\bnot\b/g, '!');
    const has = Object.fromEntries(NAMES.map((name) => [name, seen.includes(name)]));
    return Boolean(new Function('has', `return ${script}`)(has));
  }

  test('means what the naive evaluator says, or is refused for a reason that holds', () => {
    const met = { seen: 0, refused: 0, revocable: 0 };
    fc.assert(
      fc.property(text, (condition) => {
        const found = loaded({ type: 'temporal', rules: NAMES, condition });
        if (typeof found === 'string') {
          met.refused++;
          if (found.includes('is true without any match')) expect(naive(condition, [])).toBe(true);
          else if (found.includes('can never hold'))
            expect(SUBSETS.some((subset) => naive(condition, subset))).toBe(false);
          else expect(found).toMatch(/does not name/);
          return;
        }
        met.seen++;
        for (const subset of SUBSETS) expect(holds(found, subset)).toBe(naive(condition, subset));
        // What cannot be revoked holds for every larger set too.
        if (revocable(found)) met.revocable++;
        else
          for (const subset of SUBSETS)
            for (const name of NAMES)
              if (naive(condition, subset)) expect(naive(condition, [...subset, name])).toBe(true);
        expect(found.emit).toBe(revocable(found) ? 'close' : 'crossing');
      }),
      runs(600),
    );
    for (const count of Object.values(met)) expect(count).toBeGreaterThan(10);
  });
});

describe('bounds', () => {
  const op = fc.constantFrom<Bound['op']>('gt', 'gte', 'lt', 'lte', 'eq', 'neq');
  const several = fc.dictionary(op, fc.integer({ min: 0, max: 6 }), { minKeys: 1, maxKeys: 3 });
  const written = (condition: Readonly<Record<string, number>>) =>
    Object.entries(condition).map(([op, value]) => ({ op: op as Bound['op'], value }));
  const isRange = (condition: Readonly<Record<string, number>>) => {
    const ops = Object.keys(condition).sort().join(' ');
    return !ops.includes(' ') || /^gte? lte?$/.test(ops);
  };

  test('of a temporal correlation hold for the same numbers of rules, however they are kept', () => {
    fc.assert(
      fc.property(several, fc.integer({ min: 1, max: 4 }), (condition, rules) => {
        const found = loaded({ type: 'temporal', rules: NAMES.slice(0, rules), condition });
        const numbers = Array.from({ length: rules }, (_, i) => i + 1);
        const meant = numbers.filter((n) => written(condition).every((bound) => naively(n, bound)));
        const tooLarge = Object.values(condition).some((value) => value > rules);
        const isRefused = !isRange(condition) || meant.length === 0 || tooLarge || condition['gte'] === 0;
        expect([condition, typeof found === 'string']).toEqual([condition, isRefused]);
        if (typeof found === 'string') return;
        expect(numbers.filter((n) => found.condition.every((bound) => naively(n, bound)))).toEqual(meant);
      }),
      runs(600),
    );
  });

  test('of figures are refused where no number lies in them, and only then', () => {
    const half = fc.integer({ min: -6, max: 6 }).map((n) => n / 2);
    fc.assert(
      fc.property(fc.dictionary(op, half, { minKeys: 1, maxKeys: 2 }), (bounds) => {
        const condition = { ...bounds, field: 'responseStatus.code' };
        const found = loaded({ type: 'value_avg', rules: ['a'], condition });
        const quarters = Array.from({ length: 80 }, (_, i) => i / 4 - 10);
        const some = quarters.some((n) => written(bounds).every((bound) => naively(n, bound)));
        expect([bounds, typeof found === 'string']).toEqual([bounds, !isRange(bounds) || !some]);
      }),
      runs(400),
    );
  });
});
