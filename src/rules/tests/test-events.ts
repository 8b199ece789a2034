import { formatTime, parseTime, seconds } from '../../lib/time-format.ts';
import type { Micros } from '../../model/time.ts';
import { deepMerge, isYamlMap, type YamlMap } from '../source/yaml-map.ts';
import type { TestStep } from './test-file.ts';

/** When the first event of every test happens. */
const BEGIN = parseTime('2026-01-15T10:00:00Z')!;
const STEP = seconds(1) * 1000;

/** The audit events of a test as an API server would log them, each with its time. */
export function testEvents(template: YamlMap, steps: readonly TestStep[]): readonly YamlMap[] {
  const events: YamlMap[] = [];
  let last: number | undefined;
  for (const step of steps) {
    for (let i = 0; i < step.repeat; i++) {
      const pause = i === 0 ? step.after : step.every;
      const at = (last === undefined ? BEGIN + (step.after ?? 0) : last + (pause ?? STEP)) as Micros;
      const written = deepMerge(template, step.event);
      const event = withoutNulls(deepMerge(defaults(written, at, events.length), written));
      events.push(event);
      const stamp = event['stageTimestamp'];
      last = (typeof stamp === 'string' ? parseTime(stamp) : undefined) ?? at;
    }
  }
  return events;
}

/** The fields that an event has without saying so. */
function defaults(event: YamlMap, at: Micros, made: number): YamlMap {
  const time = event['stageTimestamp'] ?? formatTime(at);
  const code = member(event['responseStatus'], 'code');
  const uri = requestUri(event['objectRef']);
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: `00000000-0000-4000-8000-${String(made + 1).padStart(12, '0')}`,
    stage: 'ResponseComplete',
    ...(uri === undefined ? {} : { requestURI: uri }),
    annotations: { 'authorization.k8s.io/decision': code === 403 ? 'forbid' : 'allow' },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
  };
}

/** `/apis/GROUP/VERSION/namespaces/NAMESPACE/RESOURCE/NAME/SUBRESOURCE`, with the parts that the reference has. */
function requestUri(reference: unknown): string | undefined {
  const part = (key: string) => {
    const value = member(reference, key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const resource = part('resource');
  if (resource === undefined) return undefined;
  const [group, namespace] = [part('apiGroup'), part('namespace')];
  return [
    group === undefined ? '/api' : `/apis/${group}`,
    part('apiVersion') ?? 'v1',
    ...(namespace === undefined || resource === 'namespaces' ? [] : ['namespaces', namespace]),
    resource,
    ...[part('name'), part('subresource')].filter((one) => one !== undefined),
  ].join('/');
}

/** A null removes a key. */
function withoutNulls(event: YamlMap): YamlMap {
  return Object.fromEntries(
    Object.entries(event)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, isYamlMap(value) ? withoutNulls(value) : value]),
  );
}

const member = (value: unknown, key: string): unknown => (isYamlMap(value) ? value[key] : undefined);
