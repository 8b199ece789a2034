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

  test('is one object for equal contents, whether the cluster is given or named by hits', () => {
    const resource = (given: Record<string, string>) => {
      const events = renderer([aRule()], given, counters);
      return (...clusters: string[]) =>
        events(aDetection({ values: { [FACTS.cluster]: clusters } }))[0]!.resource;
    };
    const withGiven = resource({ 'k8s.cluster.name': 'c' });
    expect(withGiven('c')).toBe(withGiven());
    expect(withGiven('a', 'b')).toBe(withGiven('x', 'y'));
    const without = resource({});
    expect(without('a', 'b')).toBe(without());
  });

  test('is kept for 1000 clusters; the one that was used longest ago is made again', () => {
    const many = renderer([aRule()], {}, counters);
    const resource = (cluster: string) =>
      many(aDetection({ values: { [FACTS.cluster]: [cluster] } }))[0]!.resource;
    const first = resource('first');
    for (let i = 0; i < 999; i++) resource(`c-${i}`);
    const second = resource('c-0');
    expect(resource('first')).toBe(first);
    for (let i = 1; i < 999; i++) resource(`c-${i}`);
    resource('one more');
    expect(resource('first')).toBe(first);
    expect(resource('c-0')).not.toBe(second);
    expect(resource('c-0')).toEqual(second);
  });
});
