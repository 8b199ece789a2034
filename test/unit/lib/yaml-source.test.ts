import { describe, expect, test } from 'vitest';
import { readYaml, type YamlPath } from '../../../src/lib/yaml-source.ts';

const TEXT = `# a comment
rules:
  packs: [sidewatch]
  files:
    - a.yml
    - b.yml
client:
  ipv6_prefix: 64
`;

describe('a value has a line', () => {
  test.each([
    ['a map entry where its key is', ['rules'], 2],
    ['a key below it', ['rules', 'files'], 4],
    ['an item of a list', ['rules', 'files', 1], 6],
    ['an item of a list on one line', ['rules', 'packs', 0], 3],
    ['a scalar', ['client', 'ipv6_prefix'], 8],
    ['what is not there, where the nearest above it is', ['client', 'nothing', 'at', 'all'], 7],
    ['an item beyond the list', ['rules', 'files', 7], 4],
    ['a key below a scalar', ['client', 'ipv6_prefix', 'x'], 8],
    ['the document itself', [], 2],
  ] as [string, YamlPath, number][])('%s', (_, path, line) => {
    expect(readYaml(TEXT).documents[0]?.line(path)).toBe(line);
  });
});

describe('values', () => {
  test.each([
    ['a: 1', { a: 1 }],
    ['a: "1"', { a: '1' }],
    ['a: yes', { a: 'yes' }],
    ['a: true', { a: true }],
    ['a:', { a: null }],
    ['1: x', { 1: 'x' }],
    ['a: &x [1]\nb: *x', { a: [1], b: [1] }],
    ['text', 'text'],
  ])('of %j', (text, value) => {
    expect(readYaml(text).documents.map((document) => document.value)).toEqual([value]);
  });
});

describe('documents', () => {
  test.each([
    ['nothing', '', []],
    ['comments alone', '# one\n# two\n', []],
    ['two', 'a: 1\n---\na: 2\n', [{ a: 1 }, { a: 2 }]],
    ['a marker and comments', '---\n# one\n', []],
    ['a null that somebody wrote', '~', [null]],
    ['one between empty ones', '---\n---\na: 1\n---\n# end\n', [{ a: 1 }]],
  ])('%s', (_, text, values) => {
    const { documents, errors } = readYaml(text);
    expect(documents.map((document) => document.value)).toEqual(values);
    expect(errors).toEqual([]);
  });

  test('the second one knows its lines in the file', () => {
    expect(readYaml('a: 1\n---\nb: 2\nc: 3\n').documents[1]?.line(['c'])).toBe(4);
  });
});

describe('anchors', () => {
  test('<< merges maps, and the keys beside it go before', () => {
    const text = 'a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  <<: [*a, *b]\n  x: 5\n';
    const [document] = readYaml(text).documents;
    expect(document?.value).toMatchObject({ c: { x: 5, y: 2, z: 4 } });
    expect(document?.line(['c', 'x'])).toBe(5);
    expect(document?.line(['c', 'z'])).toBe(3);
  });
});

describe('errors', () => {
  test('a key that is there twice is reported with its line', () => {
    expect(readYaml('a: 1\nb: 2\na: 3\n').errors).toEqual([{ line: 3, message: 'Map keys must be unique' }]);
  });

  test('a document in error gives no value, its neighbour does', () => {
    const { documents, errors } = readYaml('a: [1\n---\nb: 2\n');
    expect(errors.length).toBeGreaterThan(0);
    expect(documents.map((document) => document.value)).toEqual([{ b: 2 }]);
  });

  test('aliases that multiply are refused', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++) lines.push(`a${i}: &a${i} [${new Array(10).fill(`*a${i - 1}`).join(', ')}]`);
    const { documents, errors } = readYaml(lines.join('\n'));
    expect(documents).toEqual([]);
    expect(errors[0]?.message).toMatch(/alias/);
  });
});
