import { describe, expect, test } from 'vitest';
import { FACTS } from '../../../src/model/hit.ts';
import { aDetection, attribute, one } from './rendered.ts';

describe('facts about the request', () => {
  test.each([
    ['client.address', FACTS.client],
    ['client.geo.locality.name', FACTS.city],
    ['user.name', FACTS.user],
    ['user_agent.original', FACTS.agent],
    ['http.request.method', FACTS.method],
    ['http.response.status_code', FACTS.code],
    ['url.path', FACTS.path],
    ['sidewatch.k8s.verb', FACTS.verb],
    ['sidewatch.k8s.object.namespace', FACTS.namespace],
    ['sidewatch.k8s.object.resource', FACTS.resource],
    ['sidewatch.k8s.object.subresource', FACTS.subresource],
    ['sidewatch.k8s.object.name', FACTS.object],
    ['sidewatch.k8s.object.api_group', FACTS.apiGroup],
  ])('%s is left out where hits disagree, and where it is empty', (name, fact) => {
    const value = fact === FACTS.code ? '403' : 'list';
    expect(attribute(name, { values: { [fact]: [value] } })).toBeDefined();
    expect(attribute(name, { values: { [fact]: [value, '404'] } })).toBeUndefined();
    expect(attribute(name, { values: { [fact]: [value] }, truncated: [fact] })).toBeUndefined();
    expect(attribute(name, { values: { [fact]: [''] } })).toBeUndefined();
    expect(attribute(name, { values: { [fact]: [] } })).toBeUndefined();
  });

  test.each([
    ['51.5', '0', 51.5],
    ['', '', undefined],
    ['51.5', '', undefined],
    ['NaN', '1', undefined],
    ['Infinity', '1', undefined],
  ])('a place at %j, %j has latitude %s', (lat, lon, expected) => {
    const values = { [FACTS.lat]: [lat], [FACTS.lon]: [lon] };
    expect(attribute('client.geo.location.lat', { values })).toBe(expected);
  });

  test.each(['teapot', '4e2', '-1', '4.5'])('status code %j is none', (code) => {
    expect(attribute('http.response.status_code', { values: { [FACTS.code]: [code] } })).toBeUndefined();
  });

  test('how long a session lasted is a number, of a single hit', () => {
    const attributeOf = (count: number, ...seconds: string[]) =>
      attribute('sidewatch.session.seconds', { count, values: { [FACTS.seconds]: seconds } });
    expect(attributeOf(1, '10800')).toBe(10800);
    expect(attributeOf(2, '1')).toBeUndefined();
    expect(attributeOf(1)).toBeUndefined();
  });

  test('at most 20 Audit-IDs and 16 claimed addresses are sent', () => {
    const many = Array.from({ length: 30 }, (_, i) => `id-${i}`);
    const { attributes } = one(aDetection({ values: { [FACTS.auditId]: many, [FACTS.claimed]: many } }));
    expect(attributes['sidewatch.audit_ids']).toEqual(many.slice(0, 20));
    expect(attributes['sidewatch.client.claimed']).toHaveLength(16);
  });
});
