import { describe, expect, test } from 'vitest';
import { RuleFindings } from '../../../../src/rules/source/rule-findings.ts';
import {
  LIST_VALUES_MAX,
  mergedLists,
  parseLists,
  userLists,
} from '../../../../src/rules/source/value-lists.ts';
import { hits } from '../loaded.ts';
import { goodWith, lines } from '../tuned.ts';

const FILES: Readonly<Record<string, string>> = {
  '/lines': '# ours\n192.0.2.0/24\n\n  198.51.100.7  # the office\na#b\r\n',
  '/list': '# ours\n- 192.0.2.0/24\n- 5\n',
  '/flow': '[a, b]\n',
  '/list.yml': '---\n- a\n',
  '/empty': '# none yet\n',
  '/map.yml': 'a: b\n',
  '/broken.yml': '- a\n- {\n',
};
const read = (path: string) => {
  const text = FILES[path];
  if (text === undefined) throw new Error(`no such file: ${path}`);
  return text;
};
const own = (given: Record<string, unknown>) => userLists(given, read);

describe('lists of the configuration', () => {
  test('stand in it', () => {
    const { lists, problems } = own({ names: ['a', 5], none: [] });
    expect(Object.fromEntries(lists)).toEqual({ names: ['a', 5], none: [] });
    expect(problems).toEqual([]);
  });

  test.each([
    ['/lines', ['192.0.2.0/24', '198.51.100.7', 'a#b']],
    ['/list', ['192.0.2.0/24', 5]],
    ['/flow', ['a', 'b']],
    ['/list.yml', ['a']],
    ['/empty', []],
  ])('or in a file: %s', (file, values) => {
    expect(own({ x: { file } })).toEqual({ lists: new Map([['x', values]]), problems: [] });
  });

  test.each([
    [{ x: { file: '/gone' } }, 'rules.lists.x /gone cannot be read: no such file: /gone'],
    [{ x: { file: '/map.yml' } }, 'rules.lists.x /map.yml: wants a list of values, has a map'],
    [{ x: { file: '/broken.yml' } }, 'rules.lists.x /broken.yml:3 is not YAML: '],
    [{ x: { path: '/lines' } }, 'rules.lists.x.path is not a key here; the keys are file'],
    [{ x: { file: 5 } }, 'rules.lists.x.file wants a path, has 5'],
    [{ x: 'a' }, 'rules.lists.x wants a list of values, has "a"'],
    [{ x: ['a', { b: 'c' }] }, 'rules.lists.x[1] wants a text or a number, has a map'],
    [{ 'a b': [] }, 'rules.lists.a b wants a name of letters, digits and _ . -'],
    [
      { x: Array(LIST_VALUES_MAX + 1).fill('a') },
      `rules.lists.x has ${LIST_VALUES_MAX + 1} values; the limit is ${LIST_VALUES_MAX}`,
    ],
  ])('are refused: %#', (given, message) => {
    const { problems } = own(given as Record<string, unknown>);
    expect(lines(problems).join('\n')).toContain(message);
  });

  test('go before those of a pack', () => {
    const pack = new Map([
      ['a', ['1']],
      ['b', ['2']],
    ]);
    expect(Object.fromEntries(mergedLists(pack, own({ a: [] }).lists))).toEqual({ a: [], b: ['2'] });
  });
});

describe('lists of a pack', () => {
  const parse = (text: string) => {
    const findings = new RuleFindings();
    return {
      lists: Object.fromEntries(parseLists({ path: 'lists.yml', text }, findings)),
      faults: lines(findings.problems),
    };
  };

  test('are a map', () => {
    expect(parse('# ours\na: [x]\nb: []\n')).toEqual({ lists: { a: ['x'], b: [] }, faults: [] });
    expect(parse('# none\n')).toEqual({ lists: {}, faults: [] });
  });

  test('are refused by file and line', () => {
    expect(parse('a: [x]\nb: x\n').faults).toEqual(['lists.yml:2 b: wants a list of values, has "x"']);
    expect(parse('- a\n').faults).toEqual(['lists.yml:1 wants a map from names to lists, has a list']);
    expect(parse('a: [\n').faults).toEqual([expect.stringMatching(/^lists\.yml:\d not YAML: /)]);
  });
});

describe('a rule that asks for a list', () => {
  const files = {
    'a.yml': `title: T
id: t
logsource: {product: kubernetes, service: audit}
detection:
  s: {sourceIPs|cidr|expand: '%scanners%'}
  condition: s
`,
  };
  const lists = new Map([['scanners', ['192.0.2.0/24']]]);
  const from = (address: string) => ({ sourceIPs: [address] });

  test('has the pack’s values, or the user’s in their place', () => {
    expect(hits(goodWith(files, { lists }), from('192.0.2.7'))).toEqual(['t']);
    const userLists = new Map([['scanners', ['198.51.100.0/24']]]);
    expect(hits(goodWith(files, { lists, userLists }), from('192.0.2.7'))).toEqual([]);
    expect(hits(goodWith(files, { lists, userLists }), from('198.51.100.7'))).toEqual(['t']);
  });

  test('is another rule with other values: the hash of the set differs', () => {
    const other = new Map([['scanners', ['198.51.100.0/24']]]);
    expect(goodWith(files, { lists: other }).hash).not.toBe(goodWith(files, { lists }).hash);
  });

  test('is missed where a list of the user is asked for by none', () => {
    const userLists = new Map([['scaners', ['192.0.2.0/24']]]);
    expect(lines(goodWith(files, { lists, userLists }).warnings)).toEqual([
      'rules.lists.scaners no loaded rule uses this list; did you mean "scanners"?',
    ]);
  });
});
