import { describe, expect, test } from 'vitest';
import { headers } from '../../../src/schema/network-shapes.ts';
import { parseValue } from '../../../src/schema/parse-value.ts';
import * as shapes from '../../../src/schema/shapes.ts';
import { timespan } from '../../../src/schema/time-shapes.ts';

const SCHEMA = shapes.closedMap({
  size: shapes.wholeNumber(1, 9).optional(),
  least: shapes.wholeNumber(1).optional(),
  level: shapes.oneOf(['low', 'high'], { middle: 'there is no middle' }).optional(),
  only: shapes.oneOf(['one']).optional(),
  names: shapes.textOrTexts('a name, or a list of names', 1).nullish(),
  after: timespan().optional(),
  headers: headers().optional(),
  section: shapes.section(shapes.closedMap({ on: shapes.flag().default(false) })),
  things: shapes.namedSections(shapes.closedMap({ name: shapes.text() }), 'a map of names to things'),
});

function faults(value: unknown, broughtIn?: () => string) {
  const parsed = parseValue(SCHEMA, value, broughtIn);
  return 'faults' in parsed ? parsed.faults.map(({ path, what }) => `${path.join('.')} ${what}`) : [];
}

test('a value that fits is what the schema makes of it', () => {
  expect(parseValue(SCHEMA, { names: 'a', after: '1s', section: null })).toEqual({
    value: { names: ['a'], after: 1_000_000, section: { on: false }, things: {} },
  });
});

describe('a fault says what is wanted, what is there and what was meant', () => {
  test.each([
    [5, ' wants a map, has 5'],
    [{ size: 0 }, 'size wants a whole number from 1 to 9, has 0'],
    [{ least: '5' }, 'least wants a whole number of at least 1, has "5"'],
    [{ level: 'hihg' }, 'level wants low or high, has "hihg"; did you mean "high"?'],
    [{ level: 'middle' }, 'level there is no middle'],
    [{ only: null }, 'only wants one, has nothing'],
    [{ names: [] }, 'names wants a name, or a list of names, has an empty list'],
    [{ names: ['a', ''] }, 'names.1 wants text, has ""'],
    [{ names: '' }, 'names.0 wants text, has ""'],
    [{ after: 'soon' }, 'after wants a length of time such as 90s, 10m, 1h or 2d, has "soon"'],
    [{ section: { no: true } }, 'section.no is not a key here; did you mean "on"?'],
    [{ section: { zzzz: true } }, 'section.zzzz is not a key here; the keys are on'],
    [{ section: [] }, 'section wants a map, has an empty list'],
    [{ things: { a: {} } }, 'things.a.name is missing; wants text'],
    [{ things: { 'a b': { name: 'x' } } }, 'things.a b wants a name of letters, digits and . _ / -'],
    [{ things: 'a' }, 'things wants a map of names to things, has "a"'],
  ])('%j', (value, fault) => {
    expect(faults(value)).toEqual([fault]);
  });

  test('and all of them come at once', () => {
    expect(faults({ size: 'x', level: 'x', siez: 1 })).toHaveLength(3);
  });
});

describe('a fault does not show', () => {
  test('a secret', () => {
    const hidden = 'has something else (not shown: it may be a secret)';
    expect(faults({ headers: 'a' })).toEqual([`headers wants a map of header names to texts, ${hidden}`]);
    expect(faults({ headers: { a: 'b\n' } })).toEqual([
      `headers.a wants text that an HTTP header can carry, ${hidden}`,
    ]);
  });

  test('what was brought in from elsewhere, nor what it is like', () => {
    expect(faults({ level: 'hihg' }, () => '${env:LEVEL}')).toEqual([
      'level wants low or high, has what "${env:LEVEL}" brings in',
    ]);
  });
});
