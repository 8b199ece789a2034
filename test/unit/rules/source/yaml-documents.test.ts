import { describe, expect, test } from 'vitest';
import { good, hits, load } from '../loaded.ts';
import { lines } from '../tuned.ts';

const GLOBAL = `action: global
title: All
level: high
logsource: {product: kubernetes, service: audit}
detection:
  common: {objectRef.resource: secrets}
`;
const part = (title: string, verb: string, more = '') => `title: ${title}
id: id-${verb}
detection:
  s: {verb: ${verb}}
  condition: s and common
${more}`;
const file = (...documents: string[]) => documents.join('---\n');

const of = (verb: string) => ({ verb, objectRef: { resource: 'secrets' } });
const problemsOf = (text: string) => {
  const loaded = load(text);
  return 'problems' in loaded ? lines(loaded.problems) : [];
};

describe('action: global', () => {
  const ruleSet = good(file(GLOBAL, part('One', 'get'), part('Two', 'list')));

  test('goes into every rule after it, map by map', () => {
    expect(ruleSet.rules).toMatchObject([
      { id: 'id-get', level: 'high' },
      { id: 'id-list', level: 'high' },
    ]);
    expect(hits(ruleSet, of('get'))).toEqual(['id-get']);
    expect(hits(ruleSet, { verb: 'get', objectRef: { resource: 'pods' } })).toEqual([]);
  });

  test('goes over what a rule says itself, as pySigma has it', () => {
    expect(ruleSet.rules.map(({ title }) => title)).toEqual(['All', 'All']);
  });

  test('is no rule itself', () => {
    expect(good(GLOBAL).rules).toEqual([]);
  });

  test('takes the place of the one before', () => {
    const rules = good(
      file(GLOBAL, part('One', 'get'), GLOBAL.replace('high', 'low'), part('Two', 'list')),
    ).rules;
    expect(rules.map(({ level }) => level)).toEqual(['high', 'low']);
  });

  test('ends with action: reset', () => {
    const whole = part('Two', 'list', 'logsource: {product: kubernetes, service: audit}\n').replace(
      ' and common',
      '',
    );
    const rules = good(file(GLOBAL, part('One', 'get'), 'action: reset\n', whole)).rules;
    expect(rules.map(({ title, level }) => [title, level])).toEqual([
      ['All', 'high'],
      ['Two', 'medium'],
    ]);
  });

  test('leaves correlations and filters alone', () => {
    const many =
      'title: Many\nid: many\ncorrelation: {type: event_count, rules: [id-get], timespan: 1h, condition: {gte: 2}}\n';
    const known = `title: Known
id: known
logsource: {product: kubernetes, service: audit}
filter: {rules: [id-get], selection: {user.username: ci}, condition: not selection}
`;
    const { rules, documents } = good(file(GLOBAL, part('One', 'get'), many, known));
    expect(rules).toMatchObject([{ title: 'Many', level: 'medium' }]);
    expect(documents.map(({ kind, head }) => [kind, head.title])).toEqual([
      ['base', 'All'],
      ['correlation', 'Many'],
      ['filter', 'Known'],
    ]);
  });
});

describe('action: repeat', () => {
  test('is the rule before with its own parts over it', () => {
    const ruleSet = good(
      file(
        GLOBAL,
        part('One', 'get'),
        'action: repeat\nid: again\ntitle: Again\ndetection: {s: {verb: watch}}\n',
      ),
    );
    expect(ruleSet.rules.map(({ id, title, level }) => [id, title, level])).toEqual([
      ['id-get', 'All', 'high'],
      ['again', 'Again', 'high'],
    ]);
    expect(hits(ruleSet, of('watch'))).toEqual(['again']);
    expect(hits(ruleSet, of('get'))).toEqual(['id-get']);
  });

  test('repeats the repeated one', () => {
    const again = (id: string, more: string) => `action: repeat\nid: ${id}\n${more}`;
    const text = file(GLOBAL, part('One', 'get'), again('a', 'level: low\n'), again('b', 'status: test\n'));
    expect(good(text).rules.map(({ id, level }) => [id, level])).toEqual([
      ['id-get', 'high'],
      ['a', 'low'],
      ['b', 'low'],
    ]);
  });

  test('of a global alone makes it a rule', () => {
    const text = file(GLOBAL, 'action: repeat\nid: a\ndetection: {condition: common}\n');
    expect(hits(good(text), of('get'))).toEqual(['a']);
  });

  test('needs a rule before it', () => {
    expect(problemsOf('action: repeat\ntitle: T\n')).toEqual([
      'a.yml:1 action: there is no rule before this one to repeat',
    ]);
  });
});

describe('what a rule has from the one before', () => {
  const repeated = file(
    GLOBAL,
    part('One', 'get', 'name: one\n'),
    'action: repeat\ndetection: {s: {verb: watch}}\n',
    'action: repeat\ndetection: {s: {verb: list}}\n',
  );

  test('is not its id and name, which stay those of the first', () => {
    const { rules, documents } = good(repeated);
    expect(rules[0]!.id).toBe('id-get');
    expect(new Set(rules.map(({ id }) => id)).size).toBe(3);
    expect(documents.map(({ head }) => head.name)).toEqual(['one', undefined, undefined]);
  });

  test('is the same id each time the file is read', () => {
    expect(good(repeated).rules.map(({ id }) => id)).toEqual(good(repeated).rules.map(({ id }) => id));
  });

  test('and a rule that should have its own is reported', () => {
    const [first, second] = good(repeated).rules.slice(1);
    expect(lines(good(repeated).lints).filter((lint) => lint.includes('of another rule'))).toEqual([
      `a.yml:15 has the id of another rule (line 9), so its id here is ${first!.id}; give it an id of its own`,
      'a.yml:15 has the name of another rule (line 13), so it has no name here',
      `a.yml:18 has the id of another rule (line 9), so its id here is ${second!.id}; give it an id of its own`,
      'a.yml:18 has the name of another rule (line 13), so it has no name here',
    ]);
    expect(first!.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });
});

describe('a fault is reported at its place', () => {
  test('in the global document', () => {
    const broken = GLOBAL.replace('objectRef.resource: secrets', 'objectRef.resource|contians: secrets');
    expect(problemsOf(file(broken, part('One', 'get')))).toEqual([
      'a.yml:6 detection.common.objectRef.resource|contians: "contians" is not a modifier; did you mean "contains"?',
    ]);
  });

  test('in the rule itself', () => {
    expect(problemsOf(file(GLOBAL, part('One', 'get').replace('verb:', 'verb|x:')))).toEqual([
      expect.stringContaining('a.yml:11 detection.s.verb|x: '),
    ]);
  });

  test('in the document that repeats', () => {
    const text = file(
      GLOBAL,
      part('One', 'get'),
      'action: repeat\nid: a\ndetection:\n  s: {verb|x: watch}\n',
    );
    expect(problemsOf(text)).toEqual([expect.stringContaining('a.yml:17 detection.s.verb|x: ')]);
  });

  test('where something is missing, at the rule', () => {
    const text = file(GLOBAL.replace(/^logsource.*\n/m, ''), part('One', 'get'));
    expect(problemsOf(text)).toEqual(['a.yml:7 logsource: is missing']);
  });

  test('for a reset that says more', () => {
    expect(problemsOf(`action: reset\n${part('One', 'get')}`)).toEqual([
      'a.yml:1 action: a reset has no rule; its detection would be lost',
    ]);
  });

  test('for an action that there is not', () => {
    expect(problemsOf(file('action: globall\ntitle: T\n', 'action: [x]\n'))).toEqual([
      'a.yml:1 action: wants one of global, reset, repeat, has "globall"',
      'a.yml:4 action: wants one of global, reset, repeat, has a list',
    ]);
  });
});
