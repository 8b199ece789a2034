import { expect, test } from 'vitest';
import { OPERATIONS_MAX, PATCH_DEPTH_MAX, withPatch } from '../../../src/audit/document/json-patch.ts';

/** What the operations add, without the operations. */
function added(...operations: unknown[]): unknown[] {
  const event = { verb: 'patch', requestObject: operations };
  const before = JSON.stringify(event);
  const { requestObject } = withPatch(event) as { requestObject: unknown[] };
  expect(requestObject.slice(0, operations.length)).toEqual(operations);
  expect(JSON.stringify(event)).toBe(before);
  return requestObject.slice(operations.length);
}

const add = (path: unknown, value: unknown) => ({ op: 'add', path, value });
const replace = (path: unknown, value: unknown) => ({ op: 'replace', path, value });

test('operations are read until their paths have too many keys', () => {
  const path = `/${Array(63).fill('a').join('/')}`;
  const many = Array.from({ length: 2 ** 15 / 64 }, (_, i) => add(`${path}/k${i}`, 1));
  const [first] = added(...many, add('/b', 1)) as [{ b?: number }];
  expect(JSON.stringify(first)).toContain('"k511":1');
  expect(first.b).toBeUndefined();
});

test('a value is at its path', () => {
  expect(
    added(add('/spec/template/spec/hostNetwork', true), replace('/metadata/labels', { a: 'b' })),
  ).toEqual([{ spec: { template: { spec: { hostNetwork: true } } }, metadata: { labels: { a: 'b' } } }]);
});

test('what is added to a list is a member of one', () => {
  expect(added(add('/rules/-', { verbs: ['*'] }), add('/rules/-', { verbs: ['get'] }))).toEqual([
    { rules: [{ verbs: ['*'] }, { verbs: ['get'] }] },
  ]);
  expect(added(add('/rules/0/verbs/-', 'escalate'))).toEqual([{ rules: [{ verbs: ['escalate'] }] }]);
});

test('operations on one member of a list meet in one member', () => {
  expect(
    added(
      add('/spec/containers/1/image', 'x'),
      add('/spec/containers/0/image', 'y'),
      replace('/spec/containers/1/securityContext', { privileged: true }),
    ),
  ).toEqual([
    { spec: { containers: [{ image: 'x', securityContext: { privileged: true } }, { image: 'y' }] } },
  ]);
});

test('a member that is inserted moves those behind it', () => {
  expect(
    added(add('/rules/0/a', 1), add('/rules/0', { b: 2 }), add('/rules/1/c', 3), add('/rules/0/d', 4)),
  ).toEqual([
    {
      rules: [
        { a: 1, c: 3 },
        { b: 2, d: 4 },
      ],
    },
  ]);
});

test('in a list that the patch brings itself every place is known', () => {
  expect(
    added(
      replace('/rules', [{ a: 1 }, { b: 2 }]),
      add('/rules/0', { c: 3 }),
      add('/rules/2/d', 4),
      add('/rules/-', { e: 5 }),
      replace('/rules/3', { f: 6 }),
    ),
  ).toEqual([{ rules: [{ c: 3 }, { a: 1 }, { b: 2, d: 4 }, { f: 6 }] }]);
});

test('~1 is a slash and ~0 a tilde', () => {
  expect(added(add('/metadata/annotations/a.io~1b~01', 'x'))).toEqual([
    { metadata: { annotations: { 'a.io/b~1': 'x' } } },
  ]);
});

test('a whole document is one', () => {
  expect(added(replace('', { kind: 'Pod' }), add('/spec/a', 1))).toEqual([{ kind: 'Pod', spec: { a: 1 } }]);
});

test('where operations contradict each other, each is seen', () => {
  expect(added(add('/spec/template/0', 'x'), add('/spec/template/spec/hostPID', true))).toEqual([
    { spec: { template: ['x'] } },
    { spec: { template: { spec: { hostPID: true } } } },
  ]);
});

test('what is replaced is gone', () => {
  expect(added(add('/spec/a/b', 1), add('/spec', { c: 2 }))).toEqual([{ spec: { c: 2 } }]);
});

test('in a list too long to keep its places nothing is overwritten', () => {
  const long = Array.from({ length: 300 }, (_, i) => ({ i }));
  expect(
    added(add('/rules', long), add('/rules/0', 'first'), replace('/rules/5', 'x'), add('/rules/6/i', 'y')),
  ).toEqual([{ rules: [...long, 'first', 'x', { i: 'y' }] }]);
});

test('keys that mean something to an object are keys', () => {
  const [made] = added(add('/__proto__/a', 1), add('/constructor', 2)) as [object];
  expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
  expect(Object.entries(made)).toEqual([
    ['__proto__', { a: 1 }],
    ['constructor', 2],
  ]);
});

test.each([
  [
    'other operations',
    [
      { op: 'remove', path: '/a' },
      { op: 'test', path: '/a', value: 1 },
    ],
  ],
  [
    'a move or a copy',
    [
      { op: 'copy', from: '/a', path: '/b', value: 1 },
      { op: 'move', from: '/a', path: '/c' },
    ],
  ],
  ['an operation without a value', [{ op: 'add', path: '/a' }]],
  ['a path that is not a JSON pointer', [add('a', 1), add(5, 1), add(undefined, 1)]],
  ['members that are no operations', ['add', null, 5, [add('/a', 1)]]],
  ['a path deeper than any object', [add('/a'.repeat(PATCH_DEPTH_MAX + 1), 1)]],
])('%s adds nothing', (_, operations) => {
  expect(added(...operations)).toEqual([]);
});

test('a path as deep as the bound, and as many operations as an API server takes', () => {
  const deep = '/a'.repeat(PATCH_DEPTH_MAX);
  const many = Array.from({ length: OPERATIONS_MAX - 1 }, (_, i) => add('/b/-', i));
  const [made] = added(...many, add(deep, 'end'), add('/b/-', 'more')) as [{ a: unknown; b: unknown[] }];
  expect(JSON.stringify(made.a)).toContain('end');
  expect(made.b).toEqual(many.map(({ value }) => value));
});

test.each([
  ['another verb', { verb: 'create', requestObject: [add('/a', 1)] }],
  ['a merge patch', { verb: 'patch', requestObject: { op: 'add', path: '/a', value: 1 } }],
  ['no body', { verb: 'patch' }],
])('%s is left as it is', (_, event) => {
  expect(withPatch(event)).toBe(event);
});
