import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../../../src/audit/field-plan.ts';
import { read } from '../../../../src/audit/read.ts';
import type { EventReader } from '../../../../src/model/event.ts';
import { request } from '../../../support/events.ts';
import { readAll, toldOf } from '../told.ts';

/** Runs a test with the reader of one event, while it lives. */
function withReader(
  event: object,
  need: Parameters<typeof compilePlan>[0],
  test: (event: EventReader) => void,
) {
  let visits = 0;
  const text = JSON.stringify({ auditID: 'a', stage: 's', ...event });
  read(request(text, 'line'), compilePlan(need), (reader) => {
    visits++;
    test(reader);
  });
  expect(visits).toBe(1);
}

describe('state, count and scalars', () => {
  it.each([
    ['a missing key', {}, ['absent']],
    ['a null', { x: null }, ['null']],
    ['a string', { x: 'v' }, ['value', 'v']],
    ['an empty string', { x: '' }, ['value', '']],
    ['a number', { x: 403 }, ['value', 403]],
    ['a boolean', { x: false }, ['value', false]],
    ['an object', { x: { y: 1 } }, ['object']],
    ['an empty object', { x: {} }, ['object']],
    ['an empty array', { x: [] }, ['object']],
    ['an array of nothing but arrays', { x: [[], [[]]] }, ['object']],
    ['an array of objects', { x: [{ y: 1 }, {}] }, ['object']],
    ['an array of scalars', { x: ['a', 1, true] }, ['value', 'a', 1, true]],
    ['an array with a null', { x: [null] }, ['value', null]],
    ['a nested array', { x: ['a', ['b', [['c']]], 'd'] }, ['value', 'a', 'b', 'c', 'd']],
    ['scalars among objects', { x: [{ y: 1 }, 'a', null] }, ['value', 'a', null]],
  ])('%s', (_, event, told) => {
    expect(toldOf(event, 'x')).toEqual({ x: told });
  });
});

describe('the walk', () => {
  it.each([
    ['a plain path', { a: { b: { c: 1 } } }, ['value', 1]],
    ['a literal key', { 'a.b.c': 1 }, ['value', 1]],
    ['a literal key in an object', { a: { 'b.c': 1 } }, ['value', 1]],
    ['a literal key before an object', { 'a.b': { c: 1 } }, ['value', 1]],
    [
      'the whole literal key before any walk',
      { a: { b: { c: 3 }, 'b.c': 2 }, 'a.b': { c: 4 }, 'a.b.c': 1 },
      ['value', 1],
    ],
    [
      'the longer key nearest to the root first',
      { a: { 'b.c': 2, b: { c: 3 } }, 'a.b': { c: 1 } },
      ['value', 1],
    ],
    ['the longer key in an object before a deeper walk', { a: { b: { c: 2 }, 'b.c': 1 } }, ['value', 1]],
    ['back from a literal key that leads nowhere', { 'a.b': { d: 1 }, a: { b: { c: 2 } } }, ['value', 2]],
    ['back from a literal key with a scalar', { 'a.b': 'x', a: { 'b.c': 2 } }, ['value', 2]],
    ['back from an array where no member leads on', { 'a.b': [{ d: 1 }], a: { b: { c: 2 } } }, ['value', 2]],
    ['a null at the end of a literal key is found', { 'a.b.c': null, a: { b: { c: 2 } } }, ['null']],
    ['behind a null', { a: null }, ['absent']],
    ['behind a scalar', { a: 'b.c' }, ['absent']],
    ['through an array of objects', { a: [{ b: { c: 1 } }, { b: { c: 2 } }] }, ['value', 1, 2]],
    ['through nested arrays', { a: [[{ b: [{ c: 1 }] }], [[{ b: { c: [2, 3] } }]]] }, ['value', 1, 2, 3]],
    [
      'each member of an array by its own keys',
      { a: [{ 'b.c': 1 }, { b: { c: 2 } }, { d: 3 }, 4] },
      ['value', 1, 2],
    ],
    ['through an array without objects', { a: ['b', 'c'] }, ['absent']],
    ['through an empty array', { a: [] }, ['absent']],
    ['a null behind an array is a member', { a: [{ b: { c: null } }] }, ['value', null]],
    ['objects behind an array', { a: [{ b: { c: {} } }, { b: { c: [] } }] }, ['object']],
  ])('%s', (_, event, told) => {
    expect(toldOf(event, 'a.b.c')).toEqual({ 'a.b.c': told });
  });

  it('finds annotations by their dotted keys', () => {
    const field = 'annotations.authorization.k8s.io/decision';
    expect(toldOf({ annotations: { 'authorization.k8s.io/decision': 'forbid' } }, field)).toEqual({
      [field]: ['value', 'forbid'],
    });
  });

  it('does not take an index for a key', () => {
    expect(toldOf({ a: ['x'], b: 'xyz' }, 'a.0', 'a.length', 'b.0', 'b.length')).toEqual({
      'a.0': ['absent'],
      'a.length': ['absent'],
      'b.0': ['absent'],
      'b.length': ['absent'],
    });
  });

  it.each([
    ['a[0]', { a: ['x', 'y'] }, ['value', 'x']],
    ['a[-1]', { a: ['x', 'y'] }, ['value', 'y']],
    ['a[-3]', { a: ['x', 'y'] }, ['absent']],
    ['a[2]', { a: ['x', 'y'] }, ['absent']],
    ['a[0]', { a: 'x' }, ['absent']],
    ['a[0]', { a: { 0: 'x' } }, ['absent']],
    ['a[0]', { a: [null] }, ['null']],
    ['a[1]', { a: ['x', ['y', 'z']] }, ['value', 'y', 'z']],
    ['a[1][0]', { a: ['x', ['y', 'z']] }, ['value', 'y']],
    ['a[0].b', { a: [{ b: 1 }, { b: 2 }] }, ['value', 1]],
    ['a[0].b.c', { a: [{ 'b.c': 1 }, { b: 2 }] }, ['value', 1]],
    ['a.b[0]', { a: [{ b: [1, 2] }, { b: [3] }, { b: [] }] }, ['value', 1, 3]],
    ['a.b[0]', { 'a.b': 'x', a: { b: [2] } }, ['value', 2]],
    ['a[0].b', { a: { b: 1 } }, ['absent']],
    ['a\\[0\\]', { a: ['x'], 'a[0]': 'y' }, ['value', 'y']],
    ['a[0]', { 'a[0]': 'y' }, ['absent']],
    ['a[x].b', { 'a[x]': { b: 1 } }, ['value', 1]],
  ])('%s picks members by their place in %j', (path, event, told) => {
    expect(toldOf(event, path)).toEqual({ [path]: told });
  });

  it.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'user.__proto__',
    'user.constructor.name',
  ])('finds no %s that the event does not have', (field) => {
    expect(Object.entries(toldOf({ user: {} }, field))).toEqual([[field, ['absent']]]);
  });

  it('finds keys that are named like object properties', () => {
    const text = '{"auditID":"a","stage":"s","__proto__":{"x":1},"constructor":"c","hasOwnProperty":2}';
    expect(toldOf(text, '__proto__.x', 'x', 'constructor', 'hasOwnProperty')).toEqual({
      '__proto__.x': ['value', 1],
      x: ['absent'],
      constructor: ['value', 'c'],
      hasOwnProperty: ['value', 2],
    });
  });

  it('finds an empty key', () => {
    expect(toldOf({ '': { '': 1 }, a: { '': 2 } }, '.', 'a.')).toEqual({
      '.': ['value', 1],
      'a.': ['value', 2],
    });
  });
});

describe('JSON as it is written', () => {
  const told = (members: string, field = 'x') =>
    toldOf(`{"auditID":"a","stage":"s",${members}}`, field)[field];

  it.each([
    ['"x":1,"x":2', ['value', 2]],
    ['"x":{"y":1},"x":"z"', ['value', 'z']],
    ['"x":"z","x":null', ['null']],
    ['"x":[1,2],"x":[]', ['object']],
    ['"x":1,"\\u0078":2', ['value', 2]],
  ])('the same key twice, the last one wins: %s', (members, expected) => {
    expect(told(members)).toEqual(expected);
  });

  it('leaves nothing of an object whose key comes again', () => {
    expect(told('"u":{"name":"a","x":1},"u":{"name":"b"}', 'u.x')).toEqual(['absent']);
  });

  it.each([
    ['"\\u0078":"v"', ['value', 'v']],
    ['"x":"g\\u0065t"', ['value', 'get']],
    ['"x":"a\\u0026b\\u003c\\u003e"', ['value', 'a&b<>']],
    ['"x":"\\"\\\\\\/\\b\\f\\n\\r\\t"', ['value', '"\\/\b\f\n\r\t']],
    ['"x":"\\ud83d\\ude00"', ['value', '\u{1f600}']],
    ['"x":"\\ud83d"', ['value', '\ud83d']],
  ])('escapes are decoded in keys and values: %s', (members, expected) => {
    expect(told(members)).toEqual(expected);
  });
});

describe('literals', () => {
  const literals = ['get', '403', 'true', 'null', '', '0', '1e+21', '0.1', 'straße', 'élan'];
  const index = (x: unknown) => {
    let found: number | undefined;
    withReader({ x }, [{ path: 'x', literals }], (event) => {
      found = event.literal(0 as never, 0);
    });
    return found;
  };

  it.each([
    ['get', 0],
    ['GET', 0],
    ['gEt', 0],
    ['get ', -1],
    [403, 1],
    ['403', 1],
    [403.5, -1],
    [true, 2],
    ['TRUE', 2],
    ['', 4],
    [0, 5],
    [-0, 5],
    [1e21, 6],
    [0.1, 7],
    ['STRAßE', 8],
    ['ÉLAN', 9],
    ['none of them', -1],
  ])('the text of %j is literal %i', (x, expected) => {
    expect(index(x)).toBe(expected);
  });

  it('a number is compared as JSON prints it, however it is written', () => {
    const seen: number[] = [];
    const plan = compilePlan([{ path: 'x', literals: ['403'] }]);
    for (const number of ['403', '403.0', '4.03e2', '40300e-2'])
      read(request(`{"auditID":"a","stage":"s","x":${number}}`, 'line'), plan, (event) =>
        seen.push(event.literal(plan.id('x'), 0)),
      );
    expect(seen).toEqual([0, 0, 0, 0]);
  });

  it('a null member is no literal, not even of the text null', () => {
    expect(index([null])).toBe(-1);
  });

  it('each member has its own, and asking twice gives the same', () => {
    withReader({ x: ['b', 'A', 'c'] }, [{ path: 'x', literals: ['a', 'b'] }], (event) => {
      const ask = () => [0, 1, 2].map((i) => event.literal(0 as never, i));
      expect(ask()).toEqual([1, 0, -1]);
      expect(ask()).toEqual([1, 0, -1]);
    });
  });
});

describe('members', () => {
  const fields = ['containers', 'containers[].name', 'containers[].securityContext.privileged'];

  it('are the objects of an array, each with fields of its own', () => {
    const containers = [
      { name: 'a', securityContext: { privileged: true } },
      'junk',
      [{ name: ['b', 'c'] }],
      null,
    ];
    expect(toldOf({ containers, name: 'outer' }, ...fields)).toEqual({
      containers: [
        'value',
        'junk',
        null,
        [
          { name: ['value', 'a'], 'securityContext.privileged': ['value', true] },
          { name: ['value', 'b', 'c'], 'securityContext.privileged': ['absent'] },
        ],
      ],
    });
  });

  it('are one where the field is one object', () => {
    expect(toldOf({ containers: { name: 'a' } }, ...fields)).toEqual({
      containers: ['object', [{ name: ['value', 'a'], 'securityContext.privileged': ['absent'] }]],
    });
  });

  it.each([[{}], [{ containers: null }], [{ containers: [] }], [{ containers: ['a', 1] }]])(
    'are none in %j',
    (event) => {
      withReader(event, [{ path: 'containers', literals: [] }], (reader) => {
        expect(reader.members(0 as never)).toBe(0);
        expect(() => reader.member(0 as never, 0)).toThrow(RangeError);
      });
    },
  );

  it('have members themselves', () => {
    expect(toldOf({ a: [{ b: [{ c: 1 }, { c: 2 }] }] }, 'a', 'a[].b', 'b[].c')).toEqual({
      a: ['object', [{ b: ['object', [{ c: ['value', 1] }, { c: ['value', 2] }]] }]],
    });
  });

  it('can be held beside each other', () => {
    const need = [
      { path: 'a', literals: [] },
      { path: 'b', within: 'a', literals: [] },
    ];
    withReader({ a: [{ b: 1 }, { b: 2 }] }, need, (reader) => {
      const [first, second] = [0, 1].map((i) => reader.member(0 as never, i));
      expect([first!.scalar(1 as never, 0), second!.scalar(1 as never, 0)]).toEqual([1, 2]);
    });
  });
});

describe('someLeaf', () => {
  const leaves = (event: object, plan: Parameters<typeof compilePlan>[0] = []) => {
    const texts: string[] = [];
    withReader(event, plan, (reader) => {
      expect(
        reader.someLeaf((text) => {
          texts.push(text);
          return false;
        }),
      ).toBe(false);
    });
    return texts.sort();
  };

  it('is asked of every string, number and boolean as text, at any depth; not of keys and nulls', () => {
    expect(leaves({ a: 'x', b: [1, [true, { c: 'y', d: null }]], e: {}, f: '' })).toEqual(
      ['a', 's', 'x', '1', 'true', 'y', ''].sort(),
    );
  });

  it('stops at the first', () => {
    let asked = 0;
    withReader({ x: ['a', 'b', 'c'] }, [], (reader) => {
      expect(reader.someLeaf(() => ++asked > 0)).toBe(true);
    });
    expect(asked).toBe(1);
  });

  it('of a member is asked of that member alone', () => {
    withReader({ x: [{ y: 'in' }, { y: 'other' }] }, [{ path: 'x', literals: [] }], (reader) => {
      expect(reader.member(0 as never, 0).someLeaf((text) => text !== 'in')).toBe(false);
    });
  });
});

describe('the reader', () => {
  it('is lent: nothing of the last event remains', () => {
    const items = [{ x: [1, 2, { y: 3 }] }, {}, { x: null }, { x: 'b' }];
    const list = JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items });
    const { seen } = readAll(request(list, 'event-list'), 'x', 'x.y', 'x[].y');
    expect(seen.map(({ told }) => told)).toEqual([
      { x: ['value', 1, 2, [{ y: ['value', 3] }]], 'x.y': ['value', 3] },
      { x: ['absent'], 'x.y': ['absent'] },
      { x: ['null'], 'x.y': ['absent'] },
      { x: ['value', 'b'], 'x.y': ['absent'] },
    ]);
  });

  it('forgets the literals of the last event', () => {
    const items = [{ x: 'a' }, { x: 'b' }, {}, { x: ['c', 'a'] }];
    const list = JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items });
    const plan = compilePlan([{ path: 'x', literals: ['a', 'b'] }]);
    const found: number[][] = [];
    read(request(list, 'event-list'), plan, (event) => {
      const x = plan.id('x');
      found.push(Array.from({ length: event.count(x) }, (_, i) => event.literal(x, i)));
    });
    expect(found).toEqual([[0], [1], [], [-1, 0]]);
  });

  it('throws for a field of another scope and for a value that is not there', () => {
    const need = [
      { path: 'a', literals: [] },
      { path: 'b', within: 'a', literals: [] },
    ];
    withReader({ a: [{ b: 1 }], b: 1 }, need, (reader) => {
      expect(() => reader.state(1 as never)).toThrow('scope');
      expect(() => reader.member(0 as never, 0).state(0 as never)).toThrow('scope');
      expect(() => reader.scalar(0 as never, 0)).toThrow(RangeError);
      expect(() => reader.literal(0 as never, 0)).toThrow(RangeError);
    });
  });

  it('reads an event nested deeper than any stack', () => {
    const depth = 100_000;
    const text = `{"auditID":"a","stage":"s","x":${'['.repeat(depth)}{"y":"deep"}${']'.repeat(depth)}}`;
    expect(toldOf(text, 'x.y', 'x')).toEqual({ 'x.y': ['value', 'deep'], x: ['object'] });
    let found = false;
    read(request(text, 'line'), compilePlan([]), (event) => {
      found = event.someLeaf((leaf) => leaf === 'deep');
    });
    expect(found).toBe(true);
  });
});
