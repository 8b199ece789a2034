import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { minutes } from '../../../src/lib/time-format.ts';
import { readYaml } from '../../../src/lib/yaml-source.ts';
import { PACKS } from '../../../src/model/packs.ts';
import { loadRules, type RuleSet } from '../../../src/rules/assembly/load-rules.ts';
import { packFiles, packLists } from '../../../src/rules/source/files.ts';
import { type AuditEvent, refused, TEN } from '../../support/events.ts';
import { hits } from './loaded.ts';

function pack(...names: string[]): RuleSet {
  const loaded = loadRules(packFiles(names), { lists: packLists(names) });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return loaded.ruleSet;
}

test.each(PACKS)('the pack %s loads without a problem or a warning', (name) => {
  expect(pack(name).warnings).toEqual([]);
});

test('both packs load together, with a warning that they count the same twice', () => {
  const { rules, warnings } = pack(...PACKS);
  expect(new Set(rules.map(({ ruleset }) => ruleset))).toEqual(new Set(PACKS));
  expect(warnings).toEqual([
    {
      where: 'rules.packs',
      message: 'escu and sidewatch are both loaded: they score the same behaviour twice',
    },
  ]);
});

test('Kubernetes Access Scanning is the seed detection to the letter', () => {
  const found = pack('escu').rules.find(({ title }) => title === 'Kubernetes Access Scanning');
  const { fingerprint: _, description, falsePositives, references, inputs, ...rule } = found!;
  expect(inputs).toHaveLength(1);
  expect(falsePositives).not.toEqual([]);
  expect(description).not.toBe('');
  expect(references).not.toEqual([]);
  expect(rule).toEqual({
    id: '0d339888-e0cd-4480-b60b-3f136d2df431',
    title: 'Kubernetes Access Scanning',
    level: 'medium',
    version: '2026-11-25',
    tags: ['attack.discovery', 'attack.t1046'],
    ruleset: 'escu',
    source: expect.stringMatching(/^rules\/escu\/kubernetes_access_scanning\.yml:\d+$/),
    kind: 'event_count',
    groupBy: ['sourceIPs', 'sourceIPs.geo.country.name', 'sourceIPs.geo.locality.name'],
    condition: [{ op: 'gt', value: 5 }],
    conditionFields: [],
    aliases: {},
    silent: false,
    carry: [],
    timespan: minutes(60),
    window: { kind: 'tumbling', offset: minutes(50), lateness: minutes(10), late: 'drop' },
    group: { multivalue: 'each', repeats: true, place: 'own', missing: 'drop' },
    dedupe: 'none',
    emit: 'close',
    time: 'event',
    risk: {
      score: 49,
      impact: 70,
      confidence: 70,
      message: 'Kubernetes scanning from ip $src_ip$',
      objects: [{ field: 'user.username', type: 'user' }],
      threats: [{ field: 'sourceIPs', type: 'ip_address' }],
      collect: [
        'userAgent',
        'user.username',
        'user.groups',
        'verb',
        'requestURI',
        'responseStatus.code',
        'responseStatus.message',
        'responseStatus.reason',
        'responseStatus.status',
      ],
      analyticStory: ['Kubernetes Security'],
    },
    rename: {
      sourceIPs: 'src_ip',
      'user.username': 'user',
      'sourceIPs.geo.country.name': 'Country',
      'sourceIPs.geo.locality.name': 'City',
    },
  });
});

describe('the pack escu', () => {
  const texts = packFiles(['escu'])
    .filter(({ path }) => !path.includes('/filters/'))
    .map(({ path, text }) => ({
      path,
      documents: readYaml(text).documents.map(({ value }) => value as Rule),
    }));
  interface Rule {
    readonly name: string;
    readonly related?: readonly { readonly id: string; readonly type: string }[];
    readonly escu?: { readonly id: string; readonly version: number };
    readonly references: readonly string[];
  }

  test('holds the 15 audit detections of ESCU, a file each, of which the second with one search is off', () => {
    expect(texts).toHaveLength(15);
    const { rules, off } = pack('escu');
    expect(rules.filter(({ silent }) => !silent)).toHaveLength(14);
    expect(off.map(({ name }) => name)).toEqual([
      'escu_unauthenticated_ip_address_forbidden',
      'escu_kubernetes_scanning_by_unauthenticated_ip_address',
    ]);
  });

  test.each(texts)(
    '$path: name, ESCU id and version agree with the file, and only the last document has them',
    ({ path, documents }) => {
      const rule = documents.at(-1)!;
      const stem = /([^/]+)\.yml$/.exec(path)![1];
      expect(rule.name).toBe(`escu_${stem}`);
      expect(rule.related).toEqual([{ id: rule.escu!.id, type: 'derived' }]);
      expect(rule.escu!.version).toBeGreaterThanOrEqual(3);
      expect(rule.references[0]).toBe(`https://research.splunk.com/cloud/${rule.escu!.id}/`);
      for (const base of documents.slice(0, -1)) expect(base).not.toHaveProperty('escu');
    },
  );

  test('follows 15 different detections', () => {
    expect(new Set(texts.map(({ documents }) => documents.at(-1)!.escu!.id)).size).toBe(15);
  });

  test('scores 49 = impact 70 x confidence 70 but for the experimental one, 25 = 50 x 50', () => {
    const scored = pack('escu').rules.filter(({ silent }) => !silent);
    for (const { title, risk, level } of scored) {
      const experimental = title === 'Kubernetes AWS detect suspicious kubectl calls';
      expect({ title, score: risk.score, impact: risk.impact, confidence: risk.confidence, level }).toEqual(
        experimental
          ? { title, score: 25, impact: 50, confidence: 50, level: 'low' }
          : { title, score: 49, impact: 70, confidence: 70, level: 'medium' },
      );
      expect(risk.analyticStory).toEqual(['Kubernetes Security']);
      expect(risk.objects).toEqual([{ field: 'user.username', type: 'user' }]);
      expect(risk.threats).toEqual(experimental ? [] : [{ field: 'sourceIPs', type: 'ip_address' }]);
    }
  });
});

test('our own rule counts requests by trusted client and cluster, at once', () => {
  const rules = pack('sidewatch').rules.filter(({ title }) => title === 'Kubernetes API Scanning');
  expect(rules).toMatchObject([
    {
      title: 'Kubernetes API Scanning',
      level: 'medium',
      tags: ['attack.discovery', 'attack.t1046'],
      groupBy: ['client.address', 'k8s.cluster.name'],
      condition: [{ op: 'gt', value: 5 }],
      timespan: minutes(60),
      window: { kind: 'sliding', quiet: minutes(60), lateness: minutes(10) },
      group: { multivalue: 'each', repeats: false, place: 'own', missing: 'keep' },
      dedupe: 'request',
      emit: 'both',
      risk: {
        score: 49,
        impact: 70,
        confidence: 70,
        message: 'Kubernetes scanning from ip $client.address$',
        objects: [{ field: 'client.address', type: 'system' }],
        threats: [{ field: 'client.address', type: 'ip_address' }],
        analyticStory: ['Kubernetes Security'],
      },
    },
  ]);
});

describe('which events count', () => {
  const sets = { escu: pack('escu'), sidewatch: pack('sidewatch') };
  const bases = {
    escu: 'a6c35ce3-cf43-43d2-ba9a-13dacf7debed',
    sidewatch: '37df6483-8800-43aa-8872-cd7e139e4261',
  };
  /** How often what the scanning rule counts matched. */
  const counted = (of: keyof typeof sets, event: AuditEvent) =>
    hits(sets[of], event).filter((id) => id === bases[of]).length;
  const nobody = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
  const status = (code: number | string) => ({ responseStatus: { code } });
  const probe = { requestURI: '/readyz', verb: 'get' };
  const router = { requestURI: '/', verb: 'head', userAgent: 'Go-http-client/1.1' };

  // [what, fields over a refused list of pods by nobody, counts for escu, counts for sidewatch]
  test.each([
    ['a 403', {}, true, true],
    ['a 403 whose code is a text', status('403'), true, true],
    ['a 403 in upper case', { user: { username: 'X', groups: ['SYSTEM:UNAUTHENTICATED'] } }, true, true],
    ['a 403 at ResponseStarted', { stage: 'ResponseStarted' }, true, true],
    ['a 403 of an anonymous user without groups', { user: { username: 'system:anonymous' } }, false, true],
    [
      'a 403 of a known user',
      { user: { username: 'alice', groups: ['system:authenticated'] } },
      false,
      false,
    ],
    ['a 404', status(404), false, true],
    ['a 429', status(429), false, true],
    ['a 200', status(200), false, false],
    ['a 401 without a user', { ...status(401), user: {} }, false, true],
    ['a 401 with an empty user name', { ...status(401), user: { username: '' } }, false, true],
    ['a 401 of a known user', { ...status(401), user: { username: 'alice' } }, false, false],
    ['an event without a response', { responseStatus: undefined }, false, false],
    ['a refused health probe', probe, true, false],
    ['a health probe with 401', { ...probe, ...status(401), user: {} }, false, false],
    ['a health probe with a query', { ...probe, requestURI: '/readyz?verbose' }, true, false],
    ['what is below a health path', { ...probe, requestURI: '/readyz/etcd?verbose' }, true, true],
    ['a POST to a health path', { ...probe, verb: 'post' }, true, true],
    ['a request by the agent of a prober', { userAgent: 'kube-probe/1.34' }, true, true],
    ['the OpenShift router', router, true, false],
    ['the router’s agent on another path', { ...router, requestURI: '/api' }, true, true],
    ['a GET of / by the router’s agent', { ...router, verb: 'get' }, true, true],
    ['a HEAD of / by another agent', { ...router, userAgent: 'zgrab/0.x' }, true, true],
  ])('%s', (_, more, escu, sidewatch) => {
    const event = refused(TEN, ['192.0.2.1'], { user: nobody, ...more });
    expect(counted('escu', event)).toBe(escu ? 1 : 0);
    expect(counted('sidewatch', event)).toBe(sidewatch ? 1 : 0);
  });

  test('in what a real API server logged', () => {
    const matched = (name: string, of: keyof typeof sets) => {
      const file = new URL(`../../captures/metadata/${name}.ndjson`, import.meta.url);
      const events = readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      return events.reduce((sum, line) => sum + counted(of, JSON.parse(line)), 0);
    };
    expect(matched('kube-hunter', 'escu')).toBe(6);
    expect(matched('watch', 'escu')).toBe(6);
    expect(matched('five', 'escu')).toBe(5);
    expect(matched('bearer', 'escu')).toBe(0);
    expect(matched('stolen', 'escu')).toBe(0);
    expect(matched('kube-hunter', 'sidewatch')).toBe(6);
    expect(matched('stolen', 'sidewatch')).toBe(0);
  });
});
