import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePlan } from '../../src/audit/field-plan.ts';
import { readPlainly } from '../../src/audit/plain/read-plainly.ts';
import { read } from '../../src/audit/read.ts';
import { atOnce } from '../../src/lib/steps.ts';
import { loadRules, type RuleSet } from '../../src/rules/assembly/load-rules.ts';
import { request } from '../support/events.ts';
import { naive } from '../support/naive-sigma.ts';
import { runs } from '../support/property.ts';
import { derivedAs, rule } from '../unit/rules/loaded.ts';

const LISTS = {
  few: ['get', 'a*', 5],
  one: ['b'],
  none: [],
  nets: ['10.0.0.0/8', '192.0.2.0/24'],
  hours: [3, 22],
};

const word = fc.constantFrom('get', 'GET', 'a', 'b', 'ab', '', '5', 'a-b -b', 'a/b');
const glob = fc.constantFrom('get', 'GET', 'g*t', '?', '*', 'a*', '', 'b', 'a\\*', '\\\\', 'a\\b', 'a.b');
const plain = fc.constantFrom('get', 'GET', 'ab', 'a b', 'get all');
const number = fc.constantFrom(5, 4.5, -1, 0);
const values = <T>(one: fc.Arbitrary<T>) =>
  fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 3 })) as fc.Arbitrary<unknown>;

/** Chains that go together, each with values that it takes. */
const CHAINS: readonly (readonly [readonly string[], fc.Arbitrary<unknown>])[] = [
  [
    [
      '',
      'contains',
      'startswith',
      'endswith',
      'startswith|endswith',
      'cased',
      'cased|contains',
      'endswith|cased',
    ],
    values(fc.oneof(glob, number, fc.boolean())),
  ],
  [['all', 'contains|all', 'all|startswith', 'cased|all'], fc.array(glob, { minLength: 2, maxLength: 3 })],
  [
    ['windash', 'windash|contains', 'contains|windash|all', 'windash|cased'],
    values(fc.constantFrom('-b', 'a-b', '/b', 'x -b -a', '-*')),
  ],
  [
    ['re', 're|i', 're|m', 're|s|i', 're|startswith', 're|endswith', 're|contains', 're|i|m|endswith'],
    values(fc.constantFrom('^a', 'b$', 'a|b', 'g.t', '[a-c]{2}', '(?:get|ab)$', '')),
  ],
  [
    [
      'base64',
      'base64|contains',
      'base64offset|contains',
      'wide|base64',
      'utf16le|base64offset|contains',
      'utf16be|base64offset|contains',
      'base64|cased',
    ],
    values(plain),
  ],
  [['wide', 'utf16be|contains', 'utf16le|endswith'], values(fc.constantFrom('get', 'g*t', 'a'))],
  [['lt', 'lte', 'gt', 'gte'], values(number)],
  [['hour', 'day', 'hour|gte', 'week', 'week|gt', 'minute|lte'], values(fc.constantFrom(1, 3, 5, 10, 22))],
  [['cased'], values(fc.constantFrom('get', 'GET', 'ab'))],
  [['month', 'month|lt'], values(fc.constantFrom(3, 4, 12))],
  [['year', 'year|gt'], values(fc.constantFrom(2025, 2026))],
  [['cidr'], values(fc.constantFrom('10.0.0.0/8', '10.1.0.0/16', '192.0.2.1'))],
  [
    ['expand', 'expand|contains', 'endswith|expand', 'expand|all', 'expand|cased|all'],
    values(fc.constantFrom('%few%', '%one%', '%none%', 'a%one%', '%one%%few%', 'get')),
  ],
  [['expand|cidr', 'cidr|expand'], values(fc.constant('%nets%'))],
  [['hour|expand', 'expand|hour|lt'], values(fc.constantFrom('%hours%', '%none%'))],
];

const fieldOnly = /lt|gt|hour|day|month|week|minute|year/;
const negated = (chain: string, neq: boolean) => (neq ? (chain === '' ? 'neq' : `${chain}|neq`) : chain);
const chained = (chains: typeof CHAINS) =>
  fc
    .constantFrom(...chains)
    .chain(([names, value]) =>
      fc.tuple(
        fc.constantFrom(...names),
        value,
        fc.integer({ max: 4, min: 0 }).map((n) => n === 0),
      ),
    )
    .map(([chain, value, neq]) => [negated(chain, neq), value] as const);

const PATHS = ['x', 'y', 'x.y', 'x.y.z', 'x[0]', 'x[-1]', 'x.y[1]', 'x[0].y', 'y[1][0]', 'x\\[0\\]'];
const QUANTIFIERS = ['any', 'all', 'all_or_empty', 'none'];
const path = fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...PATHS) }, fc.constant('x'));
const quantified = fc
  .tuple(
    path,
    fc.constantFrom(...QUANTIFIERS),
    fc.constantFrom('', '.y', '.x.y', '.x[0]', '.x[any]', '.y[none].z'),
  )
  .map(([before, quantifier, after]) => `${before}[${quantifier}]${after}`);
const key = (name: string, chain: string) => (chain === '' ? name : `${name}|${chain}`);

type Entry = readonly [string, unknown];

/** `inside`: in a block, where the dot is the member. */
const entry = (inside: boolean): fc.Arbitrary<Entry> => {
  const field = fc.oneof(
    { weight: 6, arbitrary: path },
    { weight: 2, arbitrary: quantified },
    { weight: inside ? 3 : 0, arbitrary: fc.constant('.') },
  );
  return fc.oneof(
    {
      weight: 12,
      arbitrary: fc
        .tuple(field, chained(CHAINS))
        .map(([name, [chain, value]]) => [key(name, chain), value] as Entry),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(field, fc.boolean())
        .map(([name, neq]) => [key(name, neq ? 'neq' : ''), null] as Entry),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(field, fc.boolean()).map(([name, is]) => [`${name}|exists`, is] as Entry),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          field,
          fc.constantFrom('', '|contains', '|cased', '|endswith|cased', '|startswith|neq', '|all'),
          values(path),
        )
        .map(([name, more, value]) => [`${name}|fieldref${more}`, value] as Entry),
    },
    {
      weight: 1,
      arbitrary: chained(CHAINS.filter(([names]) => !fieldOnly.test(names[0]!))).map(
        ([chain, value]) => [`|${chain || 'contains'}`, value] as Entry,
      ),
    },
  );
};

const map = (depth: number, inside: boolean): fc.Arbitrary<Record<string, unknown>> => {
  const plainly = entry(inside);
  const blocks =
    depth === 0
      ? plainly
      : fc.oneof(
          { weight: 2, arbitrary: plainly },
          {
            weight: 3,
            arbitrary: fc.tuple(
              fc.oneof(
                fc.tuple(path, fc.constantFrom(...QUANTIFIERS)).map(([name, one]) => `${name}[${one}]`),
                fc.constantFrom('x[0]', 'y[-1]'),
              ),
              body(depth - 1),
            ) as fc.Arbitrary<Entry>,
          },
        );
  return fc.array(blocks, { minLength: 1, maxLength: 2 }).map(Object.fromEntries);
};

const CONDITIONS = [
  's',
  'not s',
  's and t',
  's or not t',
  'not (s or t)',
  '1 of them',
  'all of *',
  's and 1 of t*',
];
const block = (one: fc.Arbitrary<unknown>) =>
  fc.record({ s: one, t: one, condition: fc.constantFrom(...CONDITIONS) });
const body = (depth: number): fc.Arbitrary<unknown> => {
  const one = map(depth, true);
  return fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 2 }), block(one));
};
const selection = fc.oneof(
  { weight: 6, arbitrary: map(2, false) },
  { weight: 1, arbitrary: fc.array(fc.oneof(map(1, false), glob, number), { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: glob },
);

const b64 = fc
  .tuple(fc.constantFrom('', 'x', 'xx'), plain)
  .map(([before, text]) => btoa(`${before}${text}!`));
const wide64 = fc
  .tuple(fc.constantFrom('', 'x'), plain)
  .map(([before, text]) => Buffer.from(`${before}${text}`, 'utf16le').toString('base64'));
const leaf = fc.oneof(
  { weight: 6, arbitrary: word },
  { weight: 2, arbitrary: fc.constantFrom(5, 4.5, 0, true, null, null) },
  fc.constantFrom(
    '2026-03-05T03:04:05Z',
    '2025-12-29T22:00:00Z',
    '2025-12-29T22:59:00.5+01:00',
    '10.1.2.3',
    '192.0.2.1',
    '-5',
    '1e1',
  ),
  fc.constantFrom('g\0e\0t\0', 'a*', 'a\\b', '\\', 'x /b –a', 'ab\nget'),
  b64,
  wide64,
);
const { node } = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 7, arbitrary: leaf },
    { weight: 3, arbitrary: fc.array(tie('node'), { maxLength: 3 }) },
    {
      weight: 3,
      arbitrary: fc.dictionary(fc.constantFrom('x', 'y', 'z', 'x.y', 'y.z', 'x[0]'), tie('node'), {
        maxKeys: 3,
      }),
    },
  ),
}));
const event = fc.dictionary(fc.constantFrom('x', 'y', 'x', 'x.y', 'x[0]'), node, { minKeys: 1, maxKeys: 3 });

function loaded(detection: unknown): RuleSet {
  const text = rule(`detection: ${JSON.stringify(detection)}\n`);
  const made = loadRules([{ path: 'a.yml', ruleset: 'a', text }], { lists: new Map(Object.entries(LISTS)) });
  if ('problems' in made) throw new Error(JSON.stringify(made.problems));
  return made.ruleSet;
}

/** Counts, so that a property which hardly ever holds (or fails to) is noticed. */
function compare(
  detection: Record<string, unknown>,
  events: readonly object[],
  tally: { held: number; asked: number },
) {
  const ruleSet = loaded(detection);
  const plan = compilePlan(ruleSet.needs);
  const matcher = atOnce(ruleSet.compiling(plan));
  for (const one of events) {
    const whole = { ...one, auditID: 'q', stage: 'q' };
    const expected = naive(detection, whole, LISTS);
    for (const reader of [read, readPlainly]) {
      let hits = 0;
      reader(request(JSON.stringify(whole), 'line'), plan, (turn) =>
        matcher.match(turn, derivedAs({}), () => hits++),
      );
      expect([one, hits > 0]).toEqual([one, expected]);
    }
    tally.asked++;
    if (expected) tally.held++;
  }
}

test('a compiled item is what the naive interpreter says, whichever reader it is asked of', () => {
  const tally = { held: 0, asked: 0 };
  fc.assert(
    fc.property(entry(false), fc.array(event, { minLength: 6, maxLength: 12 }), ([name, value], events) => {
      compare({ s: { [name]: value }, condition: 's' }, events, tally);
    }),
    runs(1200),
  );
  expect(tally.held / tally.asked).toBeGreaterThan(0.15);
});

test('a compiled detection is what the naive interpreter says, whichever reader it is asked of', () => {
  const tally = { held: 0, asked: 0 };
  fc.assert(
    fc.property(block(selection), fc.array(event, { minLength: 2, maxLength: 4 }), (detection, events) => {
      compare(detection, events, tally);
    }),
    runs(600),
  );
  expect(tally.held / tally.asked).toBeGreaterThan(0.2);
  expect(tally.held / tally.asked).toBeLessThan(0.8);
});

test('no item makes the loader throw, or what it made', () => {
  const part = fc.constantFrom(
    ...[
      'f',
      '.',
      '[any]',
      '[none]',
      '[0]',
      '[-1]',
      '[',
      ']',
      '\\[',
      '\\',
      '|',
      '|contains',
      '|re',
      '|all',
      '|neq',
      '|expand',
    ],
    ...[
      '|cased',
      '|windash',
      '|base64offset',
      '|wide',
      '|fieldref',
      '|cidr',
      '|hour',
      '|gte',
      '|exists',
      '|i',
      'x y',
      '😀',
    ],
  );
  const value = fc.oneof(
    glob,
    number,
    fc.constantFrom('%few%%none%', '(', '10.0.0.0/8', true),
    fc.jsonValue({ maxDepth: 3 }),
  );
  const item = fc.tuple(
    fc.array(part, { maxLength: 5 }).map((parts) => parts.join('')),
    value,
  );
  const some = fc.array(item, { minLength: 1, maxLength: 2 }).map((items) => Object.fromEntries(items));
  fc.assert(
    fc.property(
      fc.oneof(
        some,
        some.map((inner) => ({ 'f[any]': inner })),
        value,
      ),
      event,
      (selected, one) => {
        const text = rule(`detection: ${JSON.stringify({ s: selected, condition: 's' })}\n`);
        const made = loadRules([{ path: 'a.yml', ruleset: 'a', text }], {
          lists: new Map(Object.entries(LISTS)),
        });
        if ('problems' in made) {
          for (const { message } of made.problems) expect(message).not.toMatch(/undefined|\[object|NaN/);
          return;
        }
        const plan = compilePlan(made.ruleSet.needs);
        const matcher = atOnce(made.ruleSet.compiling(plan));
        read(request(JSON.stringify({ ...one, auditID: 'q', stage: 'q' }), 'line'), plan, (turn) =>
          matcher.match(turn, derivedAs({}), () => {}),
        );
      },
    ),
    runs(800),
  );
});
