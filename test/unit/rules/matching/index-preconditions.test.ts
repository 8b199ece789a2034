import { describe, expect, test } from 'vitest';
import type { Expression, Quantifier, TextTest } from '../../../../src/rules/detection/expression.ts';
import { containing, parsePattern } from '../../../../src/rules/detection/pattern.ts';
import { indexFields } from '../../../../src/rules/matching/index-fields.ts';
import {
  ALTERNATIVES_MAX,
  type Preconditions,
  preconditionAlternatives,
  preconditionsOf,
} from '../../../../src/rules/matching/index-preconditions.ts';

const equal = (field: string, ...texts: string[]): Expression => ({
  kind: 'field',
  field,
  any: texts.map((text) => ({ kind: 'equal', text })),
});
const all = (...of: Expression[]): Expression => ({ kind: 'all', of });
const any = (...of: Expression[]): Expression => ({ kind: 'any', of });
const not = (of: Expression): Expression => ({ kind: 'not', of });

type Listed = Record<string, (string | null)[]>;

const listed = (preconditions: Preconditions): Listed =>
  Object.fromEntries([...preconditions].map(([field, texts]) => [field, [...texts].sort()]));
const preconditions = (expression: Expression): Listed => listed(preconditionsOf(expression));
const alternatives = (expression: Expression): Listed[] => preconditionAlternatives(expression).map(listed);

describe('the preconditions of a rule', () => {
  test('equality does, with all values that are asked for', () => {
    expect(preconditions(equal('verb', 'get', 'list'))).toEqual({ verb: ['get', 'list'] });
  });

  test('equality with its case does by the folded text', () => {
    const any: TextTest[] = [
      { kind: 'cased-equal', text: 'Get' },
      { kind: 'equal', text: 'list' },
    ];
    expect(preconditions({ kind: 'field', field: 'verb', any })).toEqual({ verb: ['get', 'list'] });
  });

  test('nothing at all lets nothing through', () => {
    expect(preconditions({ kind: 'field', field: 'verb', any: [] })).toEqual({ verb: [] });
  });

  test.each<TextTest>([
    { kind: 'cased-pattern', pattern: containing(parsePattern('x')) },
    { kind: 'compare', op: 'gt', value: 5 },
    { kind: 'time', part: 'hour', op: 'eq', value: 5 },
    { kind: 'pattern', pattern: containing(parsePattern('x')) },
    { kind: 'regex', source: 'x', flags: 0 },
    { kind: 'cidr', network: '10.0.0.0/8' },
  ])('$kind does not, alone or beside equality', (test) => {
    expect(preconditions({ kind: 'field', field: 'verb', any: [test] })).toEqual({});
    expect(
      preconditions({ kind: 'field', field: 'verb', any: [{ kind: 'equal', text: 'get' }, test] }),
    ).toEqual({});
  });

  test('null does, beside other values too', () => {
    const none: Expression = { kind: 'null', field: 'verb' };
    expect(preconditions(none)).toEqual({ verb: [null] });
    expect(preconditions(any(none, equal('verb', 'get')))).toEqual({ verb: ['get', null] });
  });

  test('a negation, and a field that is computed here do not', () => {
    expect(preconditions({ kind: 'null', field: 'client.address' })).toEqual({});
    expect(preconditions(not(equal('verb', 'get')))).toEqual({});
    expect(preconditions(equal('client.geo.country.name', 'x'))).toEqual({});
  });

  test.each<Expression>([
    { kind: 'exists', field: 'verb' },
    { kind: 'reference', field: 'verb', other: 'a', head: false, tail: false, cased: false },
    { kind: 'keyword', any: [{ kind: 'equal', text: 'x' }] },
  ])('$kind does not', (expression) => {
    expect(preconditions(expression)).toEqual({});
  });

  test('a field that picks a member by its place does not', () => {
    expect(preconditions(equal('sourceIPs[0]', 'x'))).toEqual({});
    expect(preconditions(equal('a.b[-1].c', 'x'))).toEqual({});
    expect(preconditions(equal('a\\[0\\]', 'x'))).toEqual({ 'a\\[0\\]': ['x'] });
  });

  test('of an array block what is asked of scalars does, where some member is wanted', () => {
    const block = (quantifier: Quantifier, of: Expression, field = 'a'): Expression => ({
      kind: 'members',
      field,
      quantifier,
      of,
    });
    const self = all(equal('.', 'x', 'y'), not(equal('.', 'z')));
    expect(preconditions(block('any', self))).toEqual({ a: ['x', 'y'] });
    expect(preconditions(block('all', self))).toEqual({ a: ['x', 'y'] });
    expect(preconditions(block('none', self))).toEqual({});
    expect(preconditions(block('all_or_empty', self))).toEqual({});
    expect(preconditions(block('any', equal('b', 'x')))).toEqual({});
    expect(preconditions(block('any', block('any', self, 'b')))).toEqual({});
    expect(preconditions(block('any', self, 'a[0]'))).toEqual({});
  });

  test('every part of `all` does', () => {
    expect(preconditions(all(equal('verb', 'get'), not(equal('b', 'x')), all(equal('a', '1'))))).toEqual({
      verb: ['get'],
      a: ['1'],
    });
  });

  test('a field that `all` asks twice is guarded by the smaller set, in either order', () => {
    const small = equal('a', '3');
    const large = equal('a', '1', '2');
    expect(preconditions(all(large, small))).toEqual({ a: ['3'] });
    expect(preconditions(all(small, large))).toEqual({ a: ['3'] });
  });

  test('of `any` only the fields of all branches, with all of their values', () => {
    const one = all(equal('verb', 'get'), equal('a', '1'));
    const two = all(equal('a', '2', '3'), equal('b', '1'));
    expect(preconditions(any(one, two))).toEqual({ a: ['1', '2', '3'] });
    expect(preconditions(any(one, not(two)))).toEqual({});
  });
});

describe('the fields to index', () => {
  const chosen = (...expressions: Expression[]) => indexFields(expressions.map(preconditionsOf));

  test('are those that take away the most rules, most first', () => {
    const verbs = ['get', 'list', 'create'].map((verb) => equal('verb', verb));
    expect(chosen(equal('a', '1'), ...verbs)).toEqual(['verb', 'a']);
  });

  test('a frequent value removes fewer rules than a rare one', () => {
    const rules = ['401', '403', '429'].map((code) =>
      all(equal('stage', 'responsecomplete'), equal('responseStatus.code', code)),
    );
    expect(chosen(...rules)).toEqual(['responseStatus.code', 'stage']);
  });

  test('have a bound', () => {
    const many = Array.from({ length: 20 }, (_, i) => equal(`f${i}`, 'x'));
    expect(indexFields(many.map(preconditionsOf), 3)).toEqual(['f0', 'f1', 'f2']);
  });

  test('there are none if no rule has a precondition', () => {
    expect(chosen(not(equal('a', '1')))).toEqual([]);
    expect(chosen()).toEqual([]);
  });
});

describe('alternatives', () => {
  const [a, b, c] = [equal('a', '1'), equal('b', '2'), equal('c', '3')] as const;

  test('an `or` over two fields has one for each', () => {
    expect(alternatives(any(a, b))).toEqual([{ a: ['1'] }, { b: ['2'] }]);
  });

  test('an `or` over one field has one', () => {
    expect(alternatives(any(a, equal('a', '2'), b))).toEqual([{ a: ['1', '2'] }, { b: ['2'] }]);
  });

  test('what is asked beside an `or` is asked of each', () => {
    expect(alternatives(all(any(a, b), c))).toEqual([
      { a: ['1'], c: ['3'] },
      { b: ['2'], c: ['3'] },
    ]);
  });

  test('one without preconditions makes the list useless', () => {
    expect(alternatives(any(a, not(b)))).toEqual([{}]);
  });

  test('above a number they are joined into one that lets more through', () => {
    const many = Array.from({ length: ALTERNATIVES_MAX + 1 }, (_, i) => all(c, equal(`f${i}`, 'x')));
    expect(alternatives(any(...many))).toEqual([{ c: ['3'] }]);
    expect(alternatives(any(...many.slice(1)))).toHaveLength(ALTERNATIVES_MAX);
    const pairs = Array.from({ length: 4 }, (_, i) => any(equal(`x${i}`, '1'), equal(`y${i}`, '1')));
    expect(alternatives(all(c, ...pairs)).length).toBeLessThanOrEqual(ALTERNATIVES_MAX);
  });

  test('what can never hold has none', () => {
    expect(alternatives(any())).toEqual([]);
    expect(alternatives(all(a, any()))).toEqual([]);
  });
});
