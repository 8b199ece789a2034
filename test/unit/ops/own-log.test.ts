import { describe, expect, test } from 'vitest';
import { createLog, type Log, type LogFields, type LogOptions } from '../../../src/ops/own-log.ts';

/** What is written by `use`, call by call. */
function written(options: Partial<LogOptions>, use: (log: Log) => void): readonly string[] {
  const texts: string[] = [];
  use(createLog({ level: 'info', encoding: 'console', ...options }, { write: (text) => texts.push(text) }));
  return texts;
}

/** The one line for people, after its time. */
function line(text: string, fields?: LogFields): string {
  const [first = '', ...more] = written({}, (log) => log.info(text, fields));
  expect(more).toEqual([]);
  expect(first).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z {2}info {2}.*\n$/s);
  return first.slice('2026-11-25T11:00:00.000Z  info  '.length, -1);
}

describe('a line for people', () => {
  test.each([
    ['text alone', {}, 'text alone'],
    [
      'fields follow',
      { address: '127.0.0.1:4317', rules: 2 },
      'fields follow  address=127.0.0.1:4317 rules=2',
    ],
    ['text with spaces is quoted', { why: 'no route' }, 'text with spaces is quoted  why="no route"'],
    ['so is empty text', { why: '' }, 'so is empty text  why=""'],
    ['and text with = or "', { a: 'x=1', b: '"' }, 'and text with = or "  a="x=1" b="\\""'],
    [
      'other values are JSON',
      { ok: true, none: null, list: ['a', 1] },
      'other values are JSON  ok=true none=null list=["a",1]',
    ],
    ['nothing is left out', { gone: undefined }, 'nothing is left out'],
    ['an error is its message', { why: new Error('broken') }, 'an error is its message  why=broken'],
    [
      'pino’s own names keep their meaning',
      { level: 'high', time: 't', msg: 'm' },
      'pino’s own names keep their meaning  level_=high time_=t msg_=m',
    ],
  ])('%s', (text, fields, expected) => {
    expect(line(text, fields)).toBe(expected);
  });

  test('has its level', () => {
    const texts = written({}, (log) => {
      log.warn('w');
      log.error('e');
    });
    expect(texts.map((text) => text.split('  ').slice(1))).toEqual([
      ['warn', 'w\n'],
      ['error', 'e\n'],
    ]);
  });
});

describe('what a client sent does not steer the terminal', () => {
  test.each([
    ['a line break', 'a\nb', '"a\\nb"'],
    ['an escape sequence', '\u001b[2J', '\\u001b[2J'],
    ['the C1 form of it', '\u009b2J', '\\u009b2J'],
    ['a delete', 'a\u007f', 'a\\u007f'],
    ['text turned round', 'a\u202eb', 'a\\u202eb'],
    ['a line separator', 'a\u2028b', '"a\\u2028b"'],
  ])('%s in a field', (_, agent, expected) => {
    expect(line('request', { agent })).toBe(`request  agent=${expected}`);
  });

  test('nor in the text or a key', () => {
    expect(line('a\r\nfake line', { 'k\u001b': 1 })).toBe('a\\u000d\\u000afake line  k\\u001b=1');
  });

  test('nor in JSON, which stays the same JSON', () => {
    const [text = ''] = written({ encoding: 'json' }, (log) =>
      log.info('a\u009b\nb', { agent: '\u2028\u001b' }),
    );
    expect(text).toMatch(/^[\u0020-\u007e]+\n$/);
    expect(JSON.parse(text)).toMatchObject({ msg: 'a\u009b\nb', agent: '\u2028\u001b' });
  });
});

test('json has one object a line', () => {
  const [text = '', ...more] = written({ encoding: 'json' }, (log) => log.warn('late hits', { hits: 3 }));
  expect(more).toEqual([]);
  expect(text.endsWith('}\n')).toBe(true);
  expect(JSON.parse(text)).toEqual({
    level: 'warn',
    time: expect.stringMatching(/Z$/),
    msg: 'late hits',
    hits: 3,
  });
});

test.each([
  ['info', ['i', 'w', 'e']],
  ['warn', ['w', 'e']],
  ['error', ['e']],
] as const)('level %s writes %j', (level, expected) => {
  const texts = written({ level, encoding: 'json' }, (log) => {
    log.info('i');
    log.warn('w');
    log.error('e');
  });
  expect(texts.map((text) => JSON.parse(text).msg)).toEqual(expected);
});
