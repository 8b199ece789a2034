import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadRules } from '../../src/rules/assembly/load-rules.ts';
import { type Condition, parseCondition } from '../../src/rules/detection/condition-grammar.ts';
import { parsePattern, patternTest } from '../../src/rules/detection/pattern.ts';
import { runs } from '../support/property.ts';
import { load, matches } from '../unit/rules/loaded.ts';

describe('a wildcard pattern', () => {
  const piece = fc.constantFrom('a', 'b', 'ab', '*', '?', '\\', '\\*', '\\?', '\\\\', '😀');
  const letters = fc.constantFrom('a', 'b', '*', '?', '\\', '😀');

  /** Tries every split; escapes as in the specification, one character after the other. */
  function naive(pattern: readonly string[], text: readonly string[]): boolean {
    const [head, next, ...rest] = pattern;
    if (head === undefined) return text.length === 0;
    const tail = pattern.slice(1);
    if (head === '*') return text.some((_, i) => naive(tail, text.slice(i))) || naive(tail, []);
    if (head === '\\' && next !== undefined && '*?\\'.includes(next))
      return text[0] === next && naive(rest, text.slice(1));
    return text.length > 0 && (head === '?' || text[0] === head) && naive(tail, text.slice(1));
  }

  test('fits what the naive matcher says', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.array(letters, { maxLength: 8 }),
        (pieces, characters) => {
          const pattern = pieces.join('');
          const text = characters.join('');
          expect(patternTest(parsePattern(pattern))(text)).toBe(naive([...pattern], [...text]));
        },
      ),
      runs(3000),
    );
  });
});

describe('a condition', () => {
  const NAMES = ['a', 'a1', 'b', 'b1', '_c'];

  /** A condition's text, with as many parentheses and as much white space as it likes. */
  const { text } = fc.letrec<{ text: string }>((tie) => ({
    text: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.constantFrom(...NAMES),
      fc.constantFrom('1 of them', 'all of them', 'any of a*', 'all of b*', '1 of _*', 'all of *1'),
      fc.tuple(tie('text'), tie('text')).map(([a, b]) => `${a} and ${b}`),
      fc.tuple(tie('text'), tie('text')).map(([a, b]) => `${a} or ${b}`),
      tie('text').map((a) => `not ${a}`),
      tie('text').map((a) => `( ${a})`),
    ),
  }));

  const namesOf = (pattern: string) =>
    NAMES.filter(
      (name) =>
        (pattern === 'them' || new RegExp(`^${pattern.replace('*', '.*')}$`).test(name)) &&
        (name[0] !== '_' || pattern[0] === '_'),
    );

  /** JavaScript's own operators have the same precedence. */
  function naive(condition: string, holds: Readonly<Record<string, boolean>>): boolean {
    const script = condition
      .replaceAll(/(1|any|all) of (\S+?)(?=\s|\)|$)/g, (_, amount, pattern) => {
        const values = namesOf(pattern).map((name) => `holds.${name}`);
        return `(${values.join(amount === 'all' ? '&&' : '||')})`;
      })
      .replaceAll(/(?<![.\w])(?!and\b|or\b|not\b|holds\b)\w+/g, (name) => `holds.${name}`)
      .replaceAll(/\band\b/g, '&&')
      .replaceAll(/\bor\b/g, '||')
      .replaceAll(/\bnot\b/g, '!');
    return Boolean(new Function('holds', `return ${script}`)(holds));
  }

  test('holds where the naive evaluator says so', () => {
    fc.assert(
      fc.property(text, fc.tuple(...NAMES.map(() => fc.boolean())), (condition, values) => {
        const holds = Object.fromEntries(NAMES.map((name, i) => [name, values[i]!]));
        const selections = NAMES.map((name) => `${name}: {annotations.${name}: true}`).join('\n');
        expect(matches(`${selections}\ncondition: ${condition}`, { annotations: holds })).toBe(
          naive(condition, holds),
        );
      }),
      runs(500),
    );
  });

  test('of any text is a tree or a fault, never an exception', () => {
    const words = fc.constantFrom('a', 'and', 'or', 'not', '(', ')', 'of', '1', 'all', 'them', '|', '*', '$');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((all) => all.join(' ')),
        ),
        (condition) => {
          const parsed: Condition | { readonly fault: string } = parseCondition(condition);
          expect('fault' in parsed ? parsed.fault : parsed.kind).toMatch(/./);
        },
      ),
    );
  });
});

describe('a compiled rule', () => {
  type Value = string | number | boolean | null;
  type Item = readonly [modifier: string, values: readonly Value[]];

  const word = fc.constantFrom('get', 'GET', 'list', 'li', '', '403', 'a*', '?et');
  const value: fc.Arbitrary<Value> = fc.oneof(word, fc.constantFrom(403, 4, true));
  const item: fc.Arbitrary<Item> = fc.tuple(
    fc.constantFrom('', '|contains', '|startswith', '|endswith', '|all', '|contains|all'),
    fc.array(value, { minLength: 1, maxLength: 3 }),
  );
  const leaf: fc.Arbitrary<Value> = fc.oneof(value, fc.constant(null));
  const field = fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), fc.constant({ inner: 'x' }));

  /** Straight from the specification, with a regular expression for each value. */
  function naive([modifier, values]: Item, found: unknown): boolean {
    const members = (Array.isArray(found) ? found : [found]).filter(
      (member) => member !== null && typeof member !== 'object',
    );
    const wanted = values.map((one) => {
      const body = String(one).replaceAll('*', '[^]*').replaceAll('?', '[^]');
      const before = /contains|endswith/.test(modifier) ? '[^]*' : '';
      const after = /contains|startswith/.test(modifier) ? '[^]*' : '';
      return new RegExp(`^${before}${body}${after}$`, 'i');
    });
    const some = (regex: RegExp) => members.some((member) => regex.test(String(member)));
    return modifier.includes('all') ? wanted.every(some) : wanted.some(some);
  }

  test('equals a slow interpreter, for one field and for two', () => {
    fc.assert(
      fc.property(item, item, field, field, fc.boolean(), (one, two, first, second, both) => {
        const key = (name: string, [modifier]: Item) => JSON.stringify(`requestObject.${name}${modifier}`);
        const part = (name: string, made: Item) => `{${key(name, made)}: ${JSON.stringify(made[1])}}`;
        const text = `x: ${part('x', one)}\ny: [${part('y', two)}]\ncondition: x ${both ? 'and' : 'or'} not y`;
        const left = naive(one, first);
        const right = !naive(two, second);
        expect(matches(text, { requestObject: { x: first, y: second } })).toBe(
          both ? left && right : left || right,
        );
      }),
      runs(500),
    );
  });
});

describe('loading', () => {
  test('never throws, for any content of a file or a result filter', () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    const block = fc.dictionary(
      fc.constantFrom(
        ...['title', 'id', 'name', 'level', 'tags', 'logsource', 'detection', 'correlation', 'filter'],
        ...['sidewatch', 'selection', 'condition', 'rules', 'type', 'window', 'risk', 'group', '__proto__'],
      ),
      fc.oneof(
        json,
        fc.dictionary(fc.constantFrom('selection', 'condition', 'rules', 'window', 'risk'), json),
      ),
    );
    const text = fc.oneof(
      fc.string(),
      block.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 3 }), block, (texts, filters) => {
        const loaded = load(texts, filters);
        if ('problems' in loaded) {
          for (const { where, message } of loaded.problems) {
            expect(where).toMatch(/^(a\d?\.yml:\d+$|rules\.result_filters\.\w)/);
            expect(message).not.toMatch(/Invalid input|another value|undefined|\[object/);
          }
        }
      }),
      runs(500),
    );
  });

  test('does not depend on the order of files', () => {
    const files = ['a', 'b', 'c'].map((name) => ({
      path: `${name}.yml`,
      ruleset: name,
      text: `title: ${name}
id: ${name}
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: ${name}}, condition: s}
`,
    }));
    const many = {
      path: 'm.yml',
      ruleset: 'm',
      text: 'title: M\nid: m\ncorrelation: {type: event_count, rules: [a, b], timespan: 1h, condition: {gt: 1}}\n',
    };
    const prints = (all: typeof files) => {
      const loaded = loadRules(all);
      if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
      return loaded.ruleSet.rules.map(({ id, fingerprint }) => `${id} ${fingerprint}`).sort();
    };
    const plain = prints([...files, many]);
    expect(plain).toHaveLength(2);
    fc.assert(
      fc.property(fc.shuffledSubarray([...files, many], { minLength: 4 }), (shuffled) => {
        expect(prints(shuffled)).toEqual(plain);
      }),
    );
  });
});
