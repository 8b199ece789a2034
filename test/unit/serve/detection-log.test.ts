import { expect, test } from 'vitest';
import type { Detection } from '../../../src/model/hit.ts';
import type { RiskEvent } from '../../../src/model/risk.ts';
import type { Rule } from '../../../src/model/rule.ts';
import type { Micros } from '../../../src/model/time.ts';
import type { LogFields } from '../../../src/ops/own-log.ts';
import { detectionLog, LINES_MAX } from '../../../src/serve/detection-log.ts';

type Line = [level: string, text: string, fields?: LogFields];

function logged(level: 'info' | 'warn' = 'info') {
  const lines: Line[] = [];
  const to = (own: string) => (text: string, fields?: LogFields) =>
    void lines.push(fields === undefined ? [own, text] : [own, text, fields]);
  const log = { info: to('info'), warn: to('warn'), error: to('error') };
  const { detected, minute } = detectionLog(log, level, (id) => `name of ${id}`);
  return {
    lines,
    minute,
    detect(id: string, given: Partial<Detection> = {}, client?: string, event: Partial<RiskEvent> = {}) {
      const detection = { at: 1_768_471_200_000_000 as Micros, count: 6, exact: true, ...given };
      const attributes = client === undefined ? {} : { 'client.address': client };
      detected(
        { id } as Rule,
        detection as Detection,
        { body: 'a scan', severityText: 'high', attributes, resource: {}, ...event } as unknown as RiskEvent,
      );
    },
  };
}

test('a detection is one line with its rule by name, its level, client and count', () => {
  const { lines, detect } = logged();
  detect('a', {}, '192.0.2.1');
  detect('b', { exact: false });
  expect(lines).toEqual([
    [
      'info',
      'detection: a scan',
      {
        rule: 'name of a',
        rule_level: 'high',
        client: '192.0.2.1',
        count: 6,
        at: '2026-01-15T10:00:00.000000Z',
      },
    ],
    [
      'info',
      'detection: a scan',
      { rule: 'name of b', rule_level: 'high', count: '6+', at: '2026-01-15T10:00:00.000000Z' },
    ],
  ]);
});

test('a line names the cluster, where the records do', () => {
  const { lines, detect } = logged();
  detect('a', {}, undefined, { resource: { 'k8s.cluster.name': 'prod-eu-1' } });
  expect(lines[0]?.[2]).toMatchObject({ cluster: 'prod-eu-1' });
});

test('a flood of lower levels takes no line away from high and critical', () => {
  const { lines, detect } = logged();
  for (let i = 0; i < 500; i++) detect('noise', {}, undefined, { severityText: 'informational' });
  detect('scan', {}, undefined, { severityText: 'critical' });
  expect(lines).toHaveLength(LINES_MAX + 1);
  expect(lines.at(-1)?.[2]).toMatchObject({ rule: 'name of scan', rule_level: 'critical' });
});

test('detections are logged at the level that is configured', () => {
  const { lines, detect } = logged('warn');
  detect('a');
  expect(lines[0]?.[0]).toBe('warn');
});

test('lines of a minute are bounded; the others share one line, by rule', () => {
  const { lines, detect, minute } = logged('warn');
  for (let i = 0; i < LINES_MAX; i++) detect('a');
  for (let i = 0; i < 9; i++) detect('b');
  for (const id of ['c', 'd', 'e', 'f', 'g', 'h', 'h']) detect(id);
  expect(lines).toHaveLength(LINES_MAX);
  minute();
  expect(lines.at(-1)).toEqual([
    'warn',
    'detections without a line of their own in the last minute: 16 (name of b 9, name of h 2, name of c 1, name of d 1, name of e 1, and 2 more rules)',
  ]);
  minute();
  expect(lines).toHaveLength(LINES_MAX + 1);
  detect('a');
  expect(lines).toHaveLength(LINES_MAX + 2);
});
