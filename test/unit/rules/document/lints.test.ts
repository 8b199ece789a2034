import { describe, expect, test } from 'vitest';
import { good } from '../loaded.ts';
import { lines } from '../tuned.ts';

const rule = (detection: string, title = 'T', id = '11111111-1111-4111-8111-111111111111') =>
  `title: ${title}\nid: ${id}\nlevel: low\nlogsource: {product: kubernetes, service: audit}\ndetection:\n${detection.trim().replaceAll(/^/gm, '  ')}\n`;
const lints = (detection: string) => lines(good(rule(detection)).lints);
const ofItem = (item: string) => lints(`s:\n  ${item}\ncondition: s`);

describe('wildcards that a modifier says better', () => {
  test.each([
    ["userAgent: '*curl*'", 'userAgent: "*curl*" is better written with |contains'],
    ["userAgent: 'curl*'", 'userAgent: "curl*" is better written with |startswith'],
    ["userAgent: '*curl'", 'userAgent: "*curl" is better written with |endswith'],
    ["userAgent: ['*a*', '*b*']", 'userAgent: "*a*", "*b*" are better written with |contains'],
    ["userAgent|all: ['*a*', '*b*']", 'userAgent|all: "*a*", "*b*" are better written with |contains'],
  ])('%s', (item, message) => {
    expect(ofItem(item)).toEqual([`a.yml:7 detection.s.${message}`]);
  });

  test.each([
    ["userAgent: '*'"],
    ['userAgent: curl'],
    ["userAgent: 'c*l'"],
    ["userAgent: '*c*l*'"],
    ["userAgent: 'c?rl*'"],
    ["userAgent: 'curl\\*'"],
    ["userAgent: ['curl*', wget]"],
    ["userAgent: ['curl*', '*wget']"],
    ["userAgent|re: '.*curl.*'"],
    ["userAgent|contains: 'a*b'"],
  ])('are not %s', (item) => {
    expect(ofItem(item)).toEqual([]);
  });

  test('are found in lists of maps', () => {
    expect(lints("s:\n  - verb: get\n  - userAgent: 'a*'\ncondition: s")).toEqual([
      'a.yml:8 detection.s[1].userAgent: "a*" is better written with |startswith',
    ]);
  });

  test('are not keywords', () => {
    expect(lints("s: ['*a*', '*b*']\ncondition: s")).toEqual([]);
  });
});

describe('a star that is a wildcard beside one that is escaped', () => {
  const line = (field: string, wild: string, beside: string) =>
    `${field}: the star of "${wild}" is a wildcard, beside "${beside}"; write \\* for the star itself`;

  test.each([
    [
      "requestObject.verbs: ['pods/*', '\\*', x]",
      `a.yml:7 detection.s.${line('requestObject.verbs', 'pods/*', '\\*')}`,
    ],
    [
      "requestObject.rules[any]: {resources: [pods/exec, pods/*], verbs: [create, '\\*']}",
      `a.yml:7 detection.s.requestObject.rules[any].${line('resources', 'pods/*', '\\*')}`,
    ],
    [
      "requestObject.rules[any]: {resources: ['pods/*', x], nonResourceURLs: '/api/\\*'}",
      `a.yml:7 detection.s.requestObject.rules[any].${line('resources', 'pods/*', '/api/\\*')}`,
    ],
  ])('%s', (item, message) => {
    expect(ofItem(item)).toEqual([message]);
  });

  test.each([
    ["requestObject.rules[any]: {resources: ['pods/\\*', x], verbs: [create, '\\*']}"],
    ["requestObject.rules[any]: {resources: ['pods/*', x], verbs: [create]}"],
    ["requestObject.rules[any]: {resources: '*', verbs: '\\*'}"],
    ["requestObject.value: ['a\\**', x]"],
    ["{requestObject.verbs: '\\*', userAgent: ['curl*', '*wget']}"],
    ["requestObject.value|contains: ['a*b', '\\*']"],
  ])('is not in %s', (item) => {
    expect(ofItem(item)).toEqual([]);
  });
});

describe('a number in quotes', () => {
  test.each([
    ["responseStatus.code: '403'", 'responseStatus.code', '"403"'],
    ["responseStatus.code: [401, '403']", 'responseStatus.code', '"403"'],
    ["requestObject.spec.replicas: '0'", 'requestObject.spec.replicas', '"0"'],
  ])('%s', (item, field, value) => {
    expect(ofItem(item)).toEqual([
      `a.yml:7 detection.s.${field}: ${value} is a number in quotes; ${field} holds numbers`,
    ]);
  });

  test.each([
    ['responseStatus.code: 403'],
    ["responseStatus.code|re: '403'"],
    ["responseStatus.code: '40*'"],
    ["objectRef.name: '403'"],
  ])('is not %s', (item) => {
    expect(ofItem(item).filter((line) => line.includes('in quotes'))).toEqual([]);
  });
});

describe('a stage that cannot carry the field', () => {
  const MESSAGE = (field: string) =>
    `a.yml:5 detection: the rule asks only for stage RequestReceived, where an event has no ${field} yet`;

  test.each([
    ['s: {stage: RequestReceived, responseStatus.code: 403}\ncondition: s', 'responseStatus.code'],
    [
      's: {stage: requestreceived, requestObject.spec.nodeName: a}\ncondition: s',
      'requestObject.spec.nodeName',
    ],
    ['a: {stage: RequestReceived}\nb: {responseObject.kind: Pod}\ncondition: a and b', 'responseObject.kind'],
    [
      'a: {stage: RequestReceived}\nb: {annotations.authorization.k8s.io/decision: allow}\ncondition: b and (a)',
      'annotations.authorization.k8s.io/decision',
    ],
    [
      'a: {stage: RequestReceived, responseStatus.code: 1}\nb: {verb: get}\ncondition: a or b',
      'responseStatus.code',
    ],
  ])('%s', (detection, field) => {
    expect(lints(detection)).toEqual([MESSAGE(field)]);
  });

  test.each([
    ['s: {stage: ResponseComplete, responseStatus.code: 403}\ncondition: s'],
    ['s: {stage: [RequestReceived, ResponseComplete], responseStatus.code: 403}\ncondition: s'],
    ['s: {stage: RequestReceived, verb: get, objectRef.resource: pods}\ncondition: s'],
    ['s: {stage: RequestReceived, responseStatus.code: null}\ncondition: s'],
    ['a: {stage: RequestReceived}\nb: {responseStatus.code: 403}\ncondition: a or b'],
    ['a: {stage: RequestReceived}\nb: {responseStatus.code: 403}\ncondition: b and not a'],
    [
      'a: {stage: RequestReceived, verb: x}\nb: {responseStatus.code: 403, verb: y}\nc: {user.username: a}\ncondition: (a or b) and c',
    ],
  ])('is none in %s', (detection) => {
    expect(lints(detection)).toEqual([]);
  });
});

test('two rules with one title are reported at the second', () => {
  const detection = 's: {verb: get}\ncondition: s';
  const other = rule(detection, 'T', '22222222-2222-4222-8222-222222222222');
  expect(lines(good([rule(detection), other]).lints)).toEqual(['a1.yml:1 title: a.yml:1 has the same title']);
});
