import { describe, expect, test } from 'vitest';
import { type LiveEvent, parseLiveEvent } from '../../../../src/commands/tail/live-event.ts';
import { serverEvents } from '../../../../src/commands/tail/server-events.ts';
import { type TailFilters, tailChoice } from '../../../../src/commands/tail/tail-choice.ts';
import { tailJson, tailTable } from '../../../../src/commands/tail/tail-lines.ts';
import { textWidth } from '../../../../src/lib/text-width.ts';
import { COLOURS } from '../../../../src/report/terminal/colours.ts';

function one(attributes: Record<string, unknown> = {}, event: Partial<LiveEvent['event']> = {}): LiveEvent {
  return {
    rule: 'api_scanning',
    event: {
      timestamp: '2026-01-15T09:00:01.500000Z',
      eventName: 'sidewatch.risk',
      severityText: 'high',
      body: 'Somebody scans',
      attributes: {
        'sidewatch.detection.id': 'd1',
        'sidewatch.risk.score': 60,
        'sidewatch.count': 6,
        'sidewatch.count.exact': true,
        'security_rule.name': 'Kubernetes API Scanning',
        'security_rule.uuid': 'u-1',
        'sidewatch.values.verb': ['LIST', 'get'],
        ...attributes,
      },
      resource: { 'k8s.cluster.name': 'prod' },
      ...event,
    },
  };
}

describe('server-sent events', () => {
  async function read(...pieces: readonly string[]) {
    let heard = 0;
    const events = [];
    const body = (async function* () {
      for (const piece of pieces) yield Buffer.from(piece, 'latin1');
    })();
    for await (const event of serverEvents(body, () => heard++)) events.push(event);
    return { events, heard };
  }

  test('are read from any pieces, without comments', async () => {
    const whole = Buffer.from(
      'retry: 1\n\nevent: risk\ndata: {"a":"ä"}\n\n:\n\nevent: state\ndata: 2\n\n',
    ).toString('latin1');
    const expected = [
      { name: 'risk', data: '{"a":"ä"}' },
      { name: 'state', data: '2' },
    ];
    expect((await read(whole)).events).toEqual(expected);
    const cut = await read(...whole);
    expect(cut).toEqual({ events: expected, heard: whole.length });
  });

  test('one that breaks off is none', async () => {
    expect((await read('event: risk\ndata: 1\n')).events).toEqual([]);
  });
});

test('what is no risk event is passed by', () => {
  expect(parseLiveEvent(JSON.stringify(one()))).toEqual(one());
  for (const text of ['', '[]', 'null', '{"rule":"a"}', '{"rule":"a","event":{"timestamp":"x"}}'])
    expect(parseLiveEvent(text)).toBe(undefined);
});

describe('a filter', () => {
  const shows = (filters: TailFilters, event = one()) => tailChoice(filters)(event);
  test('without any, all is shown', () => expect(shows({})).toBe(true));
  test.each<[string, TailFilters, TailFilters]>([
    ['level', { minLevel: 'high' }, { minLevel: 'critical' }],
    ['score', { minScore: 60 }, { minScore: 60.5 }],
    ['name of a rule', { rule: ['x', 'api_scanning'] }, { rule: ['API_scanning'] }],
    ['title of a rule', { rule: ['Kubernetes API Scanning'] }, { rule: ['Kubernetes'] }],
    ['id of a rule', { rule: ['u-1'] }, { rule: [] }],
    ['text of the message', { match: 'SOMEBODY s' }, { match: 'nobody' }],
    ['text of a value', { match: 'list' }, { match: 'sidewatch.values' }],
    ['text of the resource', { match: 'prod' }, { match: 'production' }],
  ])('by %s', (_, yes, no) => {
    expect([shows(yes), shows(no)]).toEqual([true, false]);
    expect(shows({ ...yes, match: 'nobody' })).toBe(false);
  });
  test('by score leaves out what has none', () => {
    const overflow = one({ 'sidewatch.risk.score': undefined });
    expect([shows({ minScore: 0 }, overflow), shows({}, overflow)]).toEqual([false, true]);
  });
  test('a summary is shown with its detection', () => {
    const chosen = tailChoice({ minLevel: 'high' });
    const summary = one({}, { eventName: 'sidewatch.summary', severityText: 'informational' });
    expect([chosen(summary), chosen(one()), chosen(summary)]).toEqual([false, true, true]);
  });
});

describe('the table', () => {
  const terminal = (width?: number) => () => ({ width, colours: COLOURS.none });

  test('has one line for each detection, below one head', () => {
    const lines = tailTable(terminal());
    expect(lines(one()).split('\n')).toEqual([
      'TIME                 LEVEL          SCORE   COUNT  RULE                              MESSAGE',
      '2026-01-15 09:00:01  high              60       6  Kubernetes API Scanning           Somebody scans [prod]',
      '',
    ]);
    expect(lines(one({ 'sidewatch.risk.object': 'another' }))).toBe('');
    expect(lines(one({}, { eventName: 'sidewatch.summary' }))).toBe('');
    expect(lines(one({ 'sidewatch.detection.id': 'd2', 'sidewatch.count.exact': false }))).toContain(
      '      6+  ',
    );
  });

  test('shows the level in colour where there are colours', () => {
    const text = tailTable(() => ({ width: 130, colours: COLOURS.some }))(one());
    expect(text).toContain(`01  ${COLOURS.some.level('high         ', 'high')}     60`);
  });

  test('fits the terminal, and what clients write cannot control it', () => {
    const hostile = one(
      { 'security_rule.name': `\u001b[31m${'長'.repeat(40)}` },
      { body: 'a\u001b[2J\nb\u202ec' },
    );
    for (const [width, rule, message] of [
      [120, '\\u001b[31m長長長長長長長長長長…', 'a\\u001b[2J\\u000ab\\u202ec [prod]'],
      [60, 'high', 'a\\u001b[2J\\u000ab\\u202ec [p…'],
    ] as const) {
      const [, line = '', ...more] = tailTable(terminal(width))(hostile).split('\n');
      expect(more).toEqual(['']);
      expect(line).toContain(`${rule} `);
      expect(line.slice(line.lastIndexOf('  ') + 2)).toBe(message);
      expect(textWidth(line)).toBeLessThanOrEqual(width);
    }
  });

  test('leaves out and shortens on a narrow terminal, also when it became one', () => {
    let width = 120;
    const lines = tailTable(() => ({ width, colours: COLOURS.none }));
    lines(one());
    width = 80;
    expect(lines(one({ 'sidewatch.detection.id': 'd2' }, { severityText: 'informational' }))).toBe(
      '09:00:01  informational     60  Somebody scans [prod]\n',
    );
  });
});

test('JSON is that of replay, safe for a terminal', () => {
  const text = tailJson(one({}, { body: 'a\u009bb' }));
  expect(text).toContain('"body":"a\\u009bb"');
  expect(JSON.parse(text)).toEqual(one({}, { body: 'a\u009bb' }).event);
});
