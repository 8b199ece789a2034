import { describe, expect, test } from 'vitest';
import type { ResultRow } from '../../../../src/model/rule.ts';
import { good, problems, rule, warnings } from '../loaded.ts';

const BASE = rule('detection:\n  s: {verb: get}\n  condition: s\n');
const MANY = `title: Many Requests
id: many-id
name: many
correlation: {type: event_count, rules: [test_rule], group-by: [sourceIPs], timespan: 1h, condition: {gte: 2}}
sidewatch:
  risk: {collect: [user.username, userAgent]}
  rename: {sourceIPs: src_ip, user.username: user}
  emit: close
`;
const FILES = [MANY, BASE];
const SINGLE = BASE.replace(/^id.*\nname.*$/m, 'id: single');
const where = 'rules.result_filters.many';

function keeps(detection: Record<string, unknown>, row: ResultRow, name = 'many'): boolean {
  const [found] = good(FILES, { [name]: detection }).rules;
  return found!.keep!(row);
}

describe('a result filter', () => {
  const row: ResultRow = { src_ip: '192.0.2.1', user: ['Alice', 'bob'], count: 7 };

  test.each([
    [{ src_ip: '192.0.2.1' }, true],
    [{ 'src_ip|cidr': '192.0.2.0/24' }, true],
    [{ src_ip: '198.51.100.1' }, false],
    [{ user: 'alice' }, true],
    [{ user: 'BOB' }, true],
    [{ user: 'eve' }, false],
    [{ 'user|all': ['alice', 'bob'] }, true],
    [{ count: 7 }, true],
    [{ count: '7' }, true],
    [{ count: 8 }, false],
    [{ userAgent: null }, true],
    [{ userAgent: '*' }, false],
    [{ user: null }, false],
    [{ user: 'a*' }, true],
    [{ 'user|cased': 'alice' }, false],
    [{ 'user|re': '^b' }, true],
    [{ 'user|neq': 'eve' }, true],
    [{ 'user|exists': true }, true],
    [{ 'userAgent|exists': true }, false],
    [{ 'count|gte': 7 }, true],
    [{ 'count|lt': 7 }, false],
    [{ 'user|fieldref': 'user' }, true],
    [{ 'user|fieldref': 'src_ip' }, false],
  ])('over %j keeps where it says so: %j', (selection, expected) => {
    expect(keeps({ s: selection, condition: 's' }, row)).toBe(expected);
    expect(keeps({ s: selection, condition: 'not s' }, row)).toBe(!expected);
  });

  test.each([['many'], ['many-id'], ['Many Requests']])('finds its rule by %s', (name) => {
    expect(keeps({ s: { src_ip: '192.0.2.1' }, condition: 'not s' }, row, name)).toBe(false);
  });

  test('is asked of its rule only', () => {
    const other = BASE.replace(/^id.*\nname.*$/m, 'id: other\nname: other');
    const { rules } = good([...FILES, other], { many: { s: { count: 1 }, condition: 'not s' } });
    expect(rules.map(({ id, keep }) => [id, keep !== undefined])).toEqual([
      ['many-id', true],
      ['other', false],
    ]);
  });

  test('does not change what windows hold', () => {
    const filtered = good(FILES, { many: { s: { count: 1 }, condition: 'not s' } }).rules[0]!;
    expect(filtered.fingerprint).toBe(good(FILES).rules[0]!.fingerprint);
  });

  test.each([
    [
      { s: { src_pi: 'x' }, condition: 'not s' },
      `${where} src_pi is not a field of the result; did you mean "src_ip"?`,
    ],
    [{ s: { sourceIPs: 'x' }, condition: 'not s' }, `${where} sourceIPs is called src_ip in the result`],
    [
      { s: { src_ip: 'x' }, condition: 's' },
      `${where}.condition the filter keeps only matching rows; most filters need "not"`,
    ],
  ])('%j brings a warning', (detection, message) => {
    expect(warnings(FILES, { many: detection })).toEqual([message]);
  });
});

describe('is refused: a result filter', () => {
  const fine = { s: { src_ip: 'x' }, condition: 'not s' };

  test.each([
    [
      'of no rule',
      { mnay: fine },
      'rules.result_filters.mnay no loaded rule has this id, name or title; did you mean "many"?',
    ],
    [
      'of a rule that does not fire',
      { test_rule: fine },
      'rules.result_filters.test_rule this rule does not fire by itself; filter the correlation that counts it',
    ],
    ['that is no detection', { many: 5 }, `${where} wants a map of selections and a condition, has 5`],
    [
      'with a bad condition',
      { many: { ...fine, condition: 'not x' } },
      `${where}.condition "x" is no selection; did you mean "s"?`,
    ],
    [
      'with a bad modifier',
      { many: { s: { 'count|gte': 'five' }, condition: 'not s' } },
      `${where}.s.count|gte gte wants a number, has "five"`,
    ],
    [
      'on the count of a rule for each event',
      { single: { s: { count: 1 }, condition: 'not s' } },
      'rules.result_filters.single count is always 1: the rule fires for each event; count them in a correlation',
    ],
    [
      'with keywords',
      { many: { s: ['known'], condition: 'not s' } },
      `${where}.s a result has no keywords; name one of its fields`,
    ],
    [
      'with an array block',
      { many: { s: { 'src_ip[any]': 'x' }, condition: 'not s' } },
      `${where}.s.src_ip[any] a result has no arrays of objects; a field matches if any of its values does`,
    ],
    [
      'with an index',
      { many: { s: { 'src_ip[0]': 'x' }, condition: 'not s' } },
      `${where}.s.src_ip[0] a result has no arrays of objects; a field matches if any of its values does`,
    ],
    [
      'that is the second of a rule',
      { many: fine, 'many-id': fine },
      'rules.result_filters.many-id is a second filter for Many Requests; combine the two',
    ],
  ])('%s', (_, filters, message) => {
    expect(problems([...FILES, SINGLE], filters)).toEqual([message]);
  });

  test.each(['crossing', 'both'])('on a count that is not final: emit %s', (emit) => {
    const rising = MANY.replace('emit: close', `emit: ${emit}`);
    expect(problems([rising, BASE], { many: { s: { 'count|gte': 10 }, condition: 's' } })).toEqual([
      `${where} count is not final when this rule fires (emit: ${emit}): raise its threshold with an override, or let it wait with emit: close`,
    ]);
  });

  test('under a title that two rules have', () => {
    const twin = MANY.replace('many-id', 'twin-id').replace('name: many', 'name: twin');
    expect(problems([...FILES, twin], { 'Many Requests': fine })).toEqual([
      'rules.result_filters.Many Requests is the title of 2 rules; use an id or a name',
    ]);
  });

  test('together with what is wrong in rules', () => {
    expect(problems([MANY, BASE.replace('condition: s', 'condition: t')], { nobody: fine })).toHaveLength(2);
  });
});
