import { describe, expect, test } from 'vitest';
import { hits } from '../loaded.ts';
import { base, counts, FILES, off, offOf, tuned } from '../tunable.ts';
import { goodWith, lines } from '../tuned.ts';

describe('turned off', () => {
  test('a rule does not match any more, and is listed with the reason', () => {
    const ruleSet = tuned({ rule: 'read', enabled: false });
    expect(hits(ruleSet, { verb: 'get' })).toEqual([]);
    expect(ruleSet.off).toEqual([
      {
        id: 'id-of-read',
        name: 'read',
        title: 'Title of read',
        source: 'pack/read.yml:1',
        why: 'rules.overrides[0]',
      },
    ]);
    expect(ruleSet.documents.map(({ head }) => head.name)).toContain('read');
    expect(ruleSet.warnings).toEqual([]);
  });

  test('a filter lets through what it took out', () => {
    const event = { verb: 'get', user: { username: 'ci' } };
    expect(hits(tuned(), event)).toEqual([]);
    expect(hits(tuned({ rule: 'known', enabled: false }), event)).toEqual(['id-of-read']);
    expect(off({ rule: 'known', enabled: false })).toEqual({ known: 'rules.overrides[0]' });
  });

  test('a correlation takes with it what only it counts', () => {
    expect(off({ rule: 'many', enabled: false })).toEqual({
      many: 'rules.overrides[0]',
      gone: 'only "Title of many" counts it, which is off',
    });
  });

  test('a rule takes with it what counts only it', () => {
    expect(off({ rule: 'gone', enabled: false })).toEqual({
      gone: 'rules.overrides[0]',
      many: 'it counts "Title of gone", which is off',
    });
  });

  test('a pack is off as a whole, until a later override names a rule', () => {
    expect(Object.keys(off({ pack: 'pack', enabled: false })).sort()).toEqual([
      'gone',
      'made',
      'many',
      'read',
      'tumbling',
    ]);
    const some = [
      { pack: 'pack', enabled: false },
      { rule: 'many', enabled: true },
    ];
    expect(tuned(...some).rules.map(({ id }) => id)).toEqual(['id-of-many', 'id-of-watched']);
    expect(hits(tuned(...some), { verb: 'delete' })).toEqual(['id-of-gone']);
  });

  test('a rule is on again by a later override', () => {
    expect(off({ rule: 'read', enabled: false }, { rule: 'read', enabled: true })).toEqual({});
  });

  test('one of two that a correlation counts, the other still counts', () => {
    const files = {
      'a.yml': [base('one', 'get'), base('two', 'list'), counts('both', 'one, two')].join('---\n'),
    };
    const ruleSet = goodWith(files, { overrides: [{ rule: 'two', enabled: false }] });
    expect(ruleSet.off.map(({ name }) => name)).toEqual(['two']);
    expect(ruleSet.rules).toMatchObject([{ id: 'id-of-both', inputs: ['id-of-one'] }]);
  });

  test('one of two that a temporal correlation wants takes all of it with it', () => {
    const correlation = counts('both', 'one, two', '', 'temporal').replace('  condition: {gte: 5}\n', '');
    const files = { 'a.yml': [base('one', 'get'), base('two', 'list'), correlation].join('---\n') };
    expect(offOf(files, { overrides: [{ rule: 'two', enabled: false }] })).toEqual({
      two: 'rules.overrides[0]',
      both: 'it counts "Title of two", which is off',
      one: 'only "Title of both" counts it, which is off',
    });
  });

  test('a correlation leaves alone what another counts, and what it says to generate', () => {
    const other = { ...FILES, 'b.yml': counts('other', 'gone') };
    expect(Object.keys(offOf(other, { overrides: [{ rule: 'many', enabled: false }] }))).toEqual(['many']);
    const generating = { 'a.yml': `${base('one', 'get')}---\n${counts('all', 'one')}generate: true\n` };
    expect(offOf(generating, { overrides: [{ rule: 'all', enabled: false }] })).toEqual({
      all: 'rules.overrides[0]',
    });
  });

  test('by its own file, a rule waits for an override', () => {
    const files = { 'a.yml': base('quiet', 'get', 'sidewatch: {enabled: false}\n') };
    expect(offOf(files, {})).toEqual({ quiet: 'sidewatch.enabled: false' });
    expect(offOf(files, { overrides: [{ rule: 'quiet', enabled: true }] })).toEqual({});
  });

  test('a rule is known to those that name it: filters, and result filters with a warning', () => {
    const block = { known: { verb: 'x' }, condition: 'not known' };
    const ruleSet = goodWith(FILES, {
      overrides: [{ rule: ['read', 'many'], enabled: false }],
      resultFilters: { many: block },
    });
    expect(lines(ruleSet.warnings)).toEqual(['rules.result_filters.many has no effect: this rule is off']);
  });
});
