import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../../src/audit/field-plan.ts';
import { atOnce } from '../../../src/lib/steps.ts';
import { readYaml } from '../../../src/lib/yaml-source.ts';
import { type AuditEvent, request } from '../../support/events.ts';
import { readNow } from '../audit/told.ts';
import { derivedAs, good, hits } from './loaded.ts';

interface Shape {
  readonly shape: string;
  readonly category?: string;
  readonly detection: unknown;
  readonly match: readonly AuditEvent[];
  readonly miss: readonly AuditEvent[];
  readonly captured: number;
}

const { documents, errors } = readYaml(readFileSync(new URL('public-shapes.yml', import.meta.url), 'utf8'));
if (errors.length > 0) throw new Error(JSON.stringify(errors));
const shapes = documents[0]!.value as readonly Shape[];

const CAPTURES = new URL('../../captures/request-response/', import.meta.url);
const captured = readdirSync(CAPTURES).flatMap((file) => {
  const bytes = readFileSync(new URL(file, CAPTURES));
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text.split('\n').filter((line) => line !== '');
});

const ruleSet = ({ category, detection }: Shape) =>
  good(
    [
      'title: Of a public shape',
      'id: 11111111-1111-4111-8111-111111111111',
      'status: test',
      'logsource:',
      ...(category === undefined ? [] : [`    category: ${category}`]),
      '    product: kubernetes',
      '    service: audit',
      `detection: ${JSON.stringify(detection)}`,
      'falsepositives: [Unknown]',
      'level: medium\n',
    ].join('\n'),
  );

describe.each(shapes.map((shape) => [shape.shape, shape] as const))('%s', (_, shape) => {
  test('loads as it is, and can match', () => {
    expect(ruleSet(shape).warnings).toEqual([]);
  });

  test('says yes and no', () => {
    for (const event of shape.match) expect([event, hits(ruleSet(shape), event).length]).toEqual([event, 1]);
    for (const event of shape.miss) expect([event, hits(ruleSet(shape), event).length]).toEqual([event, 0]);
  });

  test('finds its events in what a real API server logged', () => {
    const rules = ruleSet(shape);
    const plan = compilePlan(rules.needs);
    const matcher = atOnce(rules.compiling(plan));
    let found = 0;
    for (const line of captured)
      readNow(request(line, 'line'), plan, (reader) => matcher.match(reader, derivedAs({}), () => found++));
    expect(found).toBe(shape.captured);
  });
});
