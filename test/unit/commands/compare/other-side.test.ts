import { describe, expect, test } from 'vitest';
import { sidewatchEvents } from '../../../../src/commands/compare/sidewatch-events.ts';
import { splunkExport } from '../../../../src/commands/compare/splunk-export.ts';
import { splunkTime } from '../../../../src/commands/compare/splunk-times.ts';
import { at } from '../../../support/events.ts';

describe('a time in an export', () => {
  test.each([
    ['1768471200', '2026-01-15T10:00:00Z'],
    ['1768471200.000000', '2026-01-15T10:00:00Z'],
    ['1768471200.25', '2026-01-15T10:00:00.25Z'],
    ['2026-01-15T11:00:00.000+0100', '2026-01-15T10:00:00Z'],
    ['2026-01-15T11:00:00.000+01:00', '2026-01-15T10:00:00Z'],
    ['2026-01-15 10:00:00.000 UTC', '2026-01-15T10:00:00Z'],
    ['2026-01-15 10:00:00Z', '2026-01-15T10:00:00Z'],
  ])('%s', (text, same) => expect(splunkTime(text)).toBe(at(same)));

  test.each(['2026-01-15 10:00:00', '01/15/2026 10:00:00', '2026-02-30T10:00:00Z', 'now', ''])(
    'is none without a zone, or in another form: "%s"',
    (text) => expect(splunkTime(text)).toBeUndefined(),
  );
});

describe('an export of the risk index', () => {
  test('is read with lists, prefixes and both columns of a list', () => {
    const text = [
      '_time,search_name,All_Risk.risk_object,risk_object_type,risk_score,info_min_time,info_max_time,verb,user.groups{},__mv_user.groups{}',
      '1768474860,ESCU - Kubernetes Access Scanning - Rule,system:anonymous,user,49,1768467000.000,1768470600.000,"get\nlist","a\nb","$a$;$b$$;c$"',
    ].join('\n');
    const { events } = splunkExport('risk.csv', text);
    expect(events).toEqual([
      expect.objectContaining({
        where: 'risk.csv:2',
        title: 'Kubernetes Access Scanning',
        object: 'system:anonymous',
        objectType: 'user',
        score: 49,
        at: at('2026-01-15T11:01:00Z'),
        window: [at('2026-01-15T08:50:00Z'), at('2026-01-15T09:50:00Z')],
      }),
    ]);
    expect(events[0]!.fields.get('verb')).toEqual(['get', 'list']);
    expect(events[0]!.fields.get('user.groups')).toEqual(['a', 'b$;c']);
  });

  test('may call the search by its source, and risk events of a Sidewatch are passed by', () => {
    const text =
      'source,risk_object\nSidewatch - Secret Read - Rule,bob\nMy App - Something Else - Rule,bob\nThreat,eve\n';
    const side = splunkExport('risk.csv', text);
    expect(side.passedBy).toBe(1);
    expect(side.events.map(({ title }) => title)).toEqual(['Something Else', undefined]);
  });

  test('a search without an end has no window', () => {
    const text = 'search_name,risk_object,info_min_time,info_max_time\ns,o,1768467000.000,+Infinity\n';
    expect(splunkExport('x.csv', text).events[0]!.window).toBeUndefined();
  });

  test('is refused where it is JSON', () => {
    expect(() => splunkExport('x.json', '{"preview":false,"result":{}}\n')).toThrow(
      'x.json  is JSON; wants CSV (docs/compare.md has the search)',
    );
  });

  test('is refused where it is none, and where a time has no zone', () => {
    expect(() => splunkExport('x.csv', '')).toThrow('x.csv  is empty');
    expect(() => splunkExport('x.csv', 'a,b\n1,2\n')).toThrow(
      'x.csv:1  is no export of the risk index: it has no column search_name or source, and none called risk_object or normalized_risk_object',
    );
    const rows = Array.from({ length: 12 }, () => 's,o,2026-01-15 10:00:00').join('\n');
    expect(() => splunkExport('x.csv', `search_name,risk_object,_time\n${rows}\n`)).toThrow(
      /^x\.csv:2 {2}_time wants seconds since 1970, or a time with its zone, has "2026-01-15 10:00:00"\n[\s\S]*x\.csv {2}and 2 more like these$/,
    );
  });
});

describe('risk events of another Sidewatch', () => {
  const line = (attributes: object, eventName = 'sidewatch.risk') =>
    `${JSON.stringify({ eventName, attributes })}\n`;

  test('are read with their ids; summaries are passed by', () => {
    const attributes = {
      'log.record.uid': 'u1',
      'security_rule.name': 'Kubernetes Access Scanning',
      'security_rule.uuid': 'r1',
      'sidewatch.risk.object': 'system:anonymous',
      'sidewatch.risk.object.type': 'user',
      'sidewatch.risk.score': 49,
      'sidewatch.first_seen': '2026-01-15T10:00:00.000000Z',
      'sidewatch.window.start': '2026-01-15T09:50:00.000000Z',
      'sidewatch.window.end': '2026-01-15T10:50:00.000000Z',
      'sidewatch.values.verb': ['get'],
      'sidewatch.values.truncated': ['verb'],
      'sidewatch.group.sourceIPs': '192.0.2.1',
    };
    const text = line(attributes) + line({ 'log.record.uid': 'u2' }, 'sidewatch.summary');
    const { events, passedBy } = sidewatchEvents('o.jsonl', text);
    expect(passedBy).toBe(1);
    expect(events).toEqual([
      expect.objectContaining({
        uid: 'u1',
        rule: 'r1',
        object: 'system:anonymous',
        at: at('2026-01-15T10:00:00Z'),
        window: [at('2026-01-15T09:50:00Z'), at('2026-01-15T10:50:00Z')],
      }),
    ]);
    expect([...events[0]!.fields]).toEqual([
      ['verb', ['get']],
      ['sourceIPs', ['192.0.2.1']],
    ]);
  });

  test.each(['x', '[]', '{"attributes": {}}', '{"attributes": []}'])(
    'a line that is none is refused: %s',
    (text) =>
      expect(() => sidewatchEvents('o.jsonl', `\n${text}\n`)).toThrow(/^o\.jsonl:2 {2}is no risk event/),
  );
});
