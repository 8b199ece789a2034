import { describe, expect, test } from 'vitest';
import { expandReferences } from '../../../src/config/expand-references.ts';

const SOURCES = {
  env: {
    HOST: '10.0.0.1',
    SIZE: '32',
    EMPTY: '',
    LIST: '[a, b]',
    TOKEN: 'a$$b${env:HOST}',
    QUOTED: '"x"',
    COLON: 'a: b: c',
    ZERO: '007',
  },
  readFile(path: string) {
    const text = { '/token': 's3cret\n', '/number': '5\r\n\n', '/lines': 'one\ntwo\n' }[path];
    if (text === undefined) throw new Error(`no such file: ${path}`);
    return text;
  },
};

const value = (text: unknown) => {
  const { value, references } = expandReferences(text, SOURCES);
  expect(references.filter((reference) => reference.error !== undefined)).toEqual([]);
  return value;
};

describe('a reference is replaced', () => {
  test.each([
    ['by a variable', '${env:HOST}', '10.0.0.1'],
    ['by a variable without a scheme', '${HOST}', '10.0.0.1'],
    ['within text', 'http://${env:HOST}:4318', 'http://10.0.0.1:4318'],
    ['twice in one text', '${HOST}-${env:SIZE}', '10.0.0.1-32'],
    ['by its default', '${env:NOPE:-localhost}', 'localhost'],
    ['by an empty default', 'a${env:NOPE:-}b', 'ab'],
    ['by the variable where both are there', '${env:HOST:-localhost}', '10.0.0.1'],
    ['by a default with :- in it', '${env:NOPE:-a:-b}', 'a:-b'],
    ['by a file, without its last line break', '${file:/token}', 's3cret'],
    ['by a file within text', 'Bearer ${file:/token}', 'Bearer s3cret'],
    ['by a file of several lines', '${file:/lines}', 'one\ntwo'],
  ])('%s: %s', (_, text, expected) => {
    expect(value(text)).toBe(expected);
  });
});

describe('a value that is one reference is read as YAML', () => {
  test.each([
    ['${env:SIZE}', 32],
    ['${file:/number}', 5],
    ['${env:NOPE:-true}', true],
    ['${env:LIST}', ['a', 'b']],
    ['${env:EMPTY}', null],
    ['${env:NOPE:-}', null],
    ['${env:QUOTED}', '"x"'],
    ['${env:COLON}', 'a: b: c'],
    ['x${env:SIZE}', 'x32'],
    ['${env:SIZE}0', '320'],
  ])('%s', (text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  test('and its text is kept, for where text is wanted', () => {
    expect(expandReferences({ a: '${env:ZERO}' }, SOURCES)).toEqual({
      value: { a: 7 },
      references: [{ path: ['a'], written: '${env:ZERO}', whole: '007' }],
    });
  });
});

describe('what is no reference stays', () => {
  test.each([
    ['$$', '$'],
    ['a$$b', 'a$b'],
    ['$${env:HOST}', '${env:HOST}'],
    ['$$${env:HOST}', '$10.0.0.1'],
    ['$HOST', '$HOST'],
    ['^a$', '^a$'],
    ['${env:HOST', '${env:HOST'],
    ['{env:HOST}', '{env:HOST}'],
  ])('%s is %s', (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  test('keys, numbers and nulls', () => {
    expect(value({ '${env:HOST}': [1, null, true] })).toEqual({ '${env:HOST}': [1, null, true] });
  });
});

test('what a reference brings in is not searched for references', () => {
  expect(value('${env:TOKEN}')).toBe('a$$b${env:HOST}');
  expect(value('x ${env:TOKEN}')).toBe('x a$$b${env:HOST}');
});

test('references are found in all texts', () => {
  const { value, references } = expandReferences({ a: [{ b: '${env:HOST}' }], c: 'x${env:SIZE}' }, SOURCES);
  expect(value).toEqual({ a: [{ b: '10.0.0.1' }], c: 'x32' });
  expect(references).toEqual([
    { path: ['a', 0, 'b'], written: '${env:HOST}', whole: '10.0.0.1' },
    { path: ['c'], written: 'x${env:SIZE}' },
  ]);
});

describe('an error', () => {
  test.each([
    [
      'an unset variable',
      '${env:NOPE}',
      'needs the environment variable NOPE, which is not set; ${env:NOPE:-} makes it optional',
    ],
    [
      'a file that is not there',
      '${file:/nope}',
      'cannot read the file of ${file:/nope}: no such file: /nope',
    ],
    ['another scheme', '${yaml:a}', 'has ${yaml:a}, but only env and file can be referred to'],
    [
      'a default without a scheme',
      '${NOPE:-x}',
      'has ${NOPE:-x}, but only env and file can be referred to; did you mean ${env:NOPE:-x}?',
    ],
    ['no name', '${}', 'has ${}, which names no environment variable'],
    ['a name that no variable has', '${env:A-B}', 'has ${env:A-B}, which names no environment variable'],
    [
      'a reference in a reference',
      '${env:NOPE:-${env:HOST}}',
      'has a reference inside a reference, which is not supported',
    ],
  ])('%s', (_, text, error) => {
    const { value, references } = expandReferences({ a: text }, SOURCES);
    expect(references).toEqual([{ path: ['a'], written: text, error }]);
    expect(value).toEqual({ a: undefined });
  });

  test('for each reference of one text', () => {
    const errors = expandReferences('${env:A}${env:B}', SOURCES).references.map(
      (reference) => reference.error,
    );
    expect(errors).toEqual([expect.stringContaining(' A,'), expect.stringContaining(' B,')]);
  });

  test('a list that holds itself', () => {
    const list: unknown[] = [];
    list.push(list);
    expect(expandReferences(list, SOURCES).references[0]?.error).toBe(
      'is an alias of a map or a list that contains it',
    );
  });

  test('but not one that is used twice', () => {
    const list = ['${env:HOST}'];
    expect(value({ a: list, b: list })).toEqual({ a: ['10.0.0.1'], b: ['10.0.0.1'] });
  });
});

test('the original is left as it is', () => {
  const original = { a: '${env:HOST}' };
  expandReferences(original, SOURCES);
  expect(original).toEqual({ a: '${env:HOST}' });
});
