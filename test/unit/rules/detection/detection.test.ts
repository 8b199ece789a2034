import { describe, expect, test } from 'vitest';
import { atOnce } from '../../../../src/lib/steps.ts';
import { derivedAs, good, hits, matches, problems, rule } from '../loaded.ts';

const one = (item: string) => `s: {${item}}\ncondition: s`;

describe('a value', () => {
  test.each([
    ['verb: get', { verb: 'get' }, true],
    ['verb: GET', { verb: 'get' }, true],
    ['verb: get', { verb: 'GeT' }, true],
    ['verb: get', { verb: 'gett' }, false],
    ['verb: get', {}, false],
    ['responseStatus.code: 403', { responseStatus: { code: 403 } }, true],
    ['responseStatus.code: 403', { responseStatus: { code: '403' } }, true],
    ["responseStatus.code: '403'", { responseStatus: { code: 403 } }, true],
    ['responseStatus.code: 403', { responseStatus: { code: 4030 } }, false],
    ['requestObject.hostNetwork: true', { requestObject: { hostNetwork: true } }, true],
    ['requestObject.hostNetwork: true', { requestObject: { hostNetwork: false } }, false],
    ['verb: [get, list]', { verb: 'list' }, true],
    ['verb: [get, list]', { verb: 'watch' }, false],
    ["verb: ''", { verb: '' }, true],
    ["verb: ''", { verb: 'get' }, false],
    ["verb: ''", {}, false],
    ["verb: ''", { verb: null }, false],
    ['verb: null', {}, true],
    ['verb: null', { verb: null }, true],
    ['verb: null', { verb: '' }, false],
    ["verb: 'null'", { verb: null }, false],
    ['user: null', { user: {} }, false],
    ['user.username: null', { user: {} }, true],
    ["verb: '*'", { verb: '' }, true],
    ["verb: '*'", { verb: null }, false],
    ["verb: '*'", {}, false],
    ["requestURI: '/api/*/pods'", { requestURI: '/API/v1/Pods' }, true],
    ["requestURI: '/api/??/pods'", { requestURI: '/api/v1/pods' }, true],
    ["requestURI: '/api/\\*'", { requestURI: '/api/v1' }, false],
    ["requestURI: '/api/\\*'", { requestURI: '/api/*' }, true],
  ])('%s on %j: %j', (item, event, expected) => {
    expect(matches(one(item), event)).toBe(expected);
  });

  test.each([
    ['requestURI|contains: Pods', { requestURI: '/api/v1/pods?x' }, true],
    ['requestURI|contains: pods', { requestURI: '/api/v1/nodes' }, false],
    ['requestURI|startswith: /API', { requestURI: '/api/v1' }, true],
    ['requestURI|startswith: api', { requestURI: '/api/v1' }, false],
    ['requestURI|endswith: PODS', { requestURI: '/api/v1/pods' }, true],
    ['requestURI|endswith: api', { requestURI: '/api/v1' }, false],
    ["requestURI|contains: 'v?/p*s/x'", { requestURI: '/api/v1/pods/x/log' }, true],
    ['requestURI|contains: [secrets, pods]', { requestURI: '/api/v1/pods' }, true],
    ['requestURI|contains|all: [api, pods]', { requestURI: '/api/v1/pods' }, true],
    ['requestURI|contains|all: [secrets, pods]', { requestURI: '/api/v1/pods' }, false],
    ['user.groups|all: [a, b]', { user: { groups: ['B', 'A', 'c'] } }, true],
    ['user.groups|all: [a, b]', { user: { groups: ['a', 'c'] } }, false],
    ['responseStatus.code|startswith: 4', { responseStatus: { code: 403 } }, true],
    ['sourceIPs|cidr: 10.0.0.0/8', { sourceIPs: ['192.0.2.1', '10.1.2.3'] }, true],
    ['sourceIPs|cidr: 10.0.0.0/8', { sourceIPs: ['192.0.2.1', 'nonsense'] }, false],
    ["sourceIPs|cidr: ['10.0.0.0/8', '2001:db8::/32']", { sourceIPs: ['2001:db8::1'] }, true],
    ["sourceIPs|cidr: '192.0.2.1'", { sourceIPs: ['::ffff:192.0.2.1'] }, true],
    ["userAgent|re: 'kube-(hunter|bench)'", { userAgent: 'x kube-hunter y' }, true],
    ["userAgent|re: 'KUBE'", { userAgent: 'kube' }, false],
    ["userAgent|re: '^.{3}'", { userAgent: 'abc' }, true],
    ["userAgent|re: '^.{3}'", { userAgent: 'ab' }, false],
    ["userAgent|re: '^.{3}'", { userAgent: 'a\nbc' }, false],
    ["userAgent|re: '.{3,}$'", { userAgent: 'a\nbcd' }, true],
    ["userAgent|re: '.{3}x?'", { userAgent: 'abc' }, true],
    ["userAgent|re: ['.{3}', '^a']", { userAgent: 'a' }, true],
    ["userAgent|re|i: 'KUBE'", { userAgent: 'kube' }, true],
    ["userAgent|re|ignorecase: 'KUBE'", { userAgent: 'kube' }, true],
    ["userAgent|re: '^b'", { userAgent: 'a\nb' }, false],
    ["userAgent|re|m: '^b'", { userAgent: 'a\nb' }, true],
    ["userAgent|re: 'a.b'", { userAgent: 'a\nb' }, false],
    ["userAgent|re|s: 'a.b'", { userAgent: 'a\nb' }, true],
    ["userAgent|re: '^a\\*b$'", { userAgent: 'a*b' }, true],
    ["responseStatus.code|re: '^40[13]$'", { responseStatus: { code: 401 } }, true],
  ])('%s on %j: %j', (item, event, expected) => {
    expect(matches(one(item), event)).toBe(expected);
  });
});

describe('a selection', () => {
  test('as a map wants all of its items', () => {
    const both = one('verb: get, userAgent: curl');
    expect(matches(both, { verb: 'get', userAgent: 'curl' })).toBe(true);
    expect(matches(both, { verb: 'get' })).toBe(false);
  });

  test('as a list of maps wants any of them', () => {
    const either = 's:\n  - verb: get\n    userAgent: curl\n  - verb: list\ncondition: s';
    expect(matches(either, { verb: 'list' })).toBe(true);
    expect(matches(either, { verb: 'get', userAgent: 'curl' })).toBe(true);
    expect(matches(either, { verb: 'get' })).toBe(false);
  });

  test('matches an array if any member does, and a null member is null', () => {
    const groups = (...members: unknown[]) => ({ user: { groups: members } });
    expect(matches(one('user.groups: b'), groups('a', 'B'))).toBe(true);
    expect(matches(one('user.groups: b'), groups('a', ['b']))).toBe(true);
    expect(matches(one('user.groups: b'), groups())).toBe(false);
    expect(matches(one('user.groups: null'), groups('a', null))).toBe(true);
    expect(matches(one('user.groups: null'), groups('a'))).toBe(false);
    expect(matches(one('user.groups: null'), groups())).toBe(false);
  });

  test('reads keys that hold dots', () => {
    const decision = one('annotations.authorization.k8s.io/decision: forbid');
    expect(matches(decision, { annotations: { 'authorization.k8s.io/decision': 'forbid' } })).toBe(true);
  });

  test('may name a field like a part of JavaScript', () => {
    const text = 'constructor: {annotations.constructor: x}\ncondition: constructor';
    expect(matches(text, { annotations: { constructor: 'x' } })).toBe(true);
    expect(matches(text, { annotations: {} })).toBe(false);
  });
});

describe('a derived field', () => {
  const places = derivedAs({
    'client.address': ['192.0.2.1'],
    'sourceIPs.geo.country.name': [undefined, 'Netherlands'],
    'sourceIPs.geo.locality.name': ['', undefined],
  });

  test.each([
    ['client.address|cidr: 192.0.2.0/24', true],
    ['client.address: 192.0.2.2', false],
    ['sourceIPs.geo.country.name: netherlands', true],
    ['sourceIPs.geo.country.name|endswith: LANDS', true],
    ['sourceIPs.geo.country.name: null', false],
    ["sourceIPs.geo.locality.name: ''", true],
    ['client.geo.country.name: null', true],
    ["client.geo.country.name: '*'", false],
  ])('%s is %j', (item, expected) => {
    expect(matches(one(item), {}, places)).toBe(expected);
  });

  test('about the request makes what it is made from a need', () => {
    const ruleSet = good(rule('detection:\n  s: {request.outcome: allowed, verb: get}\n  condition: s\n'));
    expect(ruleSet.needs).toEqual([
      { path: 'responseStatus.code', literals: [] },
      { path: 'verb', literals: ['get'] },
    ]);
  });

  test('is no need of the reader', () => {
    const ruleSet = good(rule('detection:\n  s: {client.address: 192.0.2.1, verb: GET}\n  condition: s\n'));
    expect(ruleSet.needs).toEqual([{ path: 'verb', literals: ['get'] }]);
  });
});

test('a field that several rules name is one need with all of their literals', () => {
  const ruleSet = good([
    rule("detection:\n  a: {verb: [Get, 'l*'], userAgent: null}\n  condition: a\n"),
    'title: Other\nlogsource: {product: kubernetes, service: audit}\ndetection:\n  a: {verb: [list, get]}\n  condition: a\n',
  ]);
  expect(ruleSet.needs).toEqual([
    { path: 'verb', literals: ['get', 'list'] },
    { path: 'userAgent', literals: [] },
  ]);
  expect(hits(ruleSet, { verb: 'LIST' })).toHaveLength(2);
  expect(hits(ruleSet, { verb: 'get', userAgent: 'curl' })).toHaveLength(1);
});

test('an array block needs its field, and fields of its members', () => {
  const detection =
    "detection:\n  a: {'user.groups[any]': [x, Y], 'r.c[all]': {image: Z, 'p[any].n': 1, .|cased: Q}}\n  condition: a\n";
  expect(good(rule(detection)).needs).toEqual([
    { path: 'user.groups', literals: ['x', 'y'] },
    { path: 'r.c', literals: ['q'] },
    { path: 'image', within: 'r.c', literals: ['z'] },
    { path: 'p', within: 'r.c', literals: [] },
    { path: 'n', within: 'p', literals: ['1'] },
  ]);
});

test('array blocks have a depth', () => {
  const nested = (depth: number): string => (depth === 0 ? '{a: 1}' : `{"f[any]": ${nested(depth - 1)}}`);
  expect(problems(rule(`detection:\n  a: ${nested(10)}\n  condition: a\n`))).toEqual([]);
  expect(problems(rule(`detection:\n  a: ${nested(11)}\n  condition: a\n`))).toEqual([
    expect.stringMatching(/has more than 10 nested array blocks$/),
  ]);
  const flat = `${'f[any].'.repeat(11)}a`;
  expect(problems(rule(`detection:\n  a: {"${flat}": 1}\n  condition: a\n`))).toEqual([
    expect.stringMatching(/has more than 10 nested array blocks$/),
  ]);
});

test('a reader without the literals of the rules is a bug, and throws', () => {
  const ruleSet = good(rule('detection:\n  a: {verb: get}\n  condition: a\n'));
  const plan = { needs: [{ path: 'verb', literals: [] }], id: () => 0 as never };
  expect(() => atOnce(ruleSet.compiling(plan))).toThrow('the plan lacks the literal get');
});

describe('all faults are reported at once', () => {
  test('in one detection', () => {
    expect(
      problems(
        rule(`detection:
  a:
    verb|contians: x
    sourceIPs|cidr: 10.0.0.0/40
    userAgent|re: '(['
    user.groups: [a, null]
  b: []
  c: {}
  condition: a or d
level: hgih
`),
      ),
    ).toEqual([
      'a.yml:14 level: wants informational, low, medium, high or critical, has "hgih"; did you mean "high"?',
      'a.yml:7 detection.a.verb|contians: "contians" is not a modifier; did you mean "contains"?',
      'a.yml:8 detection.a.sourceIPs|cidr: wants a network in CIDR form, has "10.0.0.0/40"',
      expect.stringMatching(/^a\.yml:9 detection\.a\.userAgent\|re: .*missing closing \]/),
      'a.yml:10 detection.a.user.groups[1]: null cannot be part of a list',
      'a.yml:11 detection.b: is empty',
      'a.yml:12 detection.c: is empty',
      'a.yml:13 detection.condition: "d" is no selection; did you mean "a"?',
    ]);
  });

  test('in several files, also in one that is no YAML', () => {
    expect(
      problems([
        rule('detection: 5\n'),
        'title: [',
        '- a list',
        'title: No kind\nlogsource: {product: kubernetes, service: audit}\ndetections: {}\n',
      ]).map((line) => line.slice(0, 60)),
    ).toEqual([
      'a.yml:5 detection: wants a map of selections and a condition',
      expect.stringMatching(/^a1\.yml:1 not YAML: /),
      'a2.yml:1 wants a Sigma document (a map), has a list',
      'a3.yml:3 detections: is not a key here; did you mean "detect',
    ]);
  });
});
