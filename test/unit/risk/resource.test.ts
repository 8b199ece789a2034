import { describe, expect, test } from 'vitest';
import { FACTS } from '../../../src/model/hit.ts';
import { renderer } from '../../../src/risk/render.ts';
import { aDetection, aRule, counters, render } from './rendered.ts';

describe('the resource', () => {
  const of = (clusters: readonly string[], given: Record<string, string>) =>
    render(aDetection({ values: { [FACTS.cluster]: clusters } }), aRule(), given)[0]!.resource;

  test.each([
    ['the cluster that hits agree on', ['prod'], {}, { 'k8s.cluster.name': 'prod' }],
    ['no cluster where they disagree', ['a', 'b'], { 'k8s.cluster.name': 'c' }, {}],
    ['the given cluster where they name none', [], { 'k8s.cluster.name': 'c' }, { 'k8s.cluster.name': 'c' }],
    [
      'the hits’ cluster before the given one',
      ['prod'],
      { 'k8s.cluster.name': 'c' },
      { 'k8s.cluster.name': 'prod' },
    ],
    ['what is given', [], { 'deployment.environment.name': 'x' }, { 'deployment.environment.name': 'x' }],
  ])('has %s', (_, clusters, given, expected) => {
    expect(of(clusters, given as Record<string, string>)).toEqual({
      'service.name': 'sidewatch',
      ...expected,
    });
  });

  test('has the given service.name, as with any OpenTelemetry service', () => {
    expect(of([], { 'service.name': 'mine' })).toEqual({ 'service.name': 'mine' });
  });

  test('is one object for equal contents, whatever the rule', () => {
    const both = renderer([aRule(), aRule({ id: 'other' })], {}, counters);
    const resource = (rule: string, cluster: string) =>
      both(aDetection({ rule, values: { [FACTS.cluster]: [cluster] } }))[0]!.resource;
    expect(resource('4f1c', 'a')).toBe(resource('other', 'a'));
    expect(resource('4f1c', 'a')).not.toBe(resource('4f1c', 'b'));
  });

  test('is kept for so many clusters; the oldest is made anew', () => {
    const many = renderer([aRule()], {}, counters);
    const resource = (cluster: string) =>
      many(aDetection({ values: { [FACTS.cluster]: [cluster] } }))[0]!.resource;
    const first = resource('first');
    for (let i = 0; i < 999; i++) resource(`c-${i}`);
    expect(resource('first')).toBe(first);
    resource('one more');
    expect(resource('first')).not.toBe(first);
    expect(resource('first')).toEqual(first);
  });
});
