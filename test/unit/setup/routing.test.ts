import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import type { Detection } from '../../../src/model/hit.ts';
import type { RiskEvent } from '../../../src/model/risk.ts';
import { routing } from '../../../src/setup/routing.ts';
import { aRiskEvent } from '../export/loopback.ts';
import { good } from '../rules/loaded.ts';
import { base } from '../rules/tunable.ts';

const NAMES = ['siem', 'lake', 'pager'];

function routes(text: string) {
  const loaded = loadConfig({ path: 'sidewatch.yaml', text: `routes:\n${text}` }, {}, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  return routing(loaded.config, NAMES);
}

interface About {
  readonly score?: number;
  readonly level?: RiskEvent['rank']['level'];
  readonly rule?: string;
  readonly tags?: readonly string[];
  readonly pack?: string;
  readonly cluster?: string;
  readonly namespace?: string;
  readonly name?: RiskEvent['name'];
}

function event({ score = 50, level = 'medium', rule = 'id', name, ...about }: About): RiskEvent {
  const attributes = {
    ...(about.tags && { 'sidewatch.rule.tags': about.tags }),
    ...(about.pack && { 'security_rule.ruleset.name': about.pack }),
    ...(about.namespace && { 'sidewatch.k8s.object.namespace': about.namespace }),
  };
  return {
    ...aRiskEvent('a', attributes),
    ...(name && { name }),
    rank: { score, level },
    detection: { rule } as Detection,
    resource: about.cluster === undefined ? {} : { 'k8s.cluster.name': about.cluster },
  };
}

const to = (text: string, about: About = {}) => routes(text).route(event(about)).join(' ');

describe('an event goes', () => {
  test('to every destination without routes, or where no route matches', () => {
    expect(routing({ routes: [] }, NAMES).route(event({}))).toEqual(NAMES);
    expect(to('- {level: high, to: pager}')).toBe('siem lake pager');
  });

  test('to the default route where no other matches', () => {
    const text = '- {default: true, to: lake}\n- {level: high, to: [pager, siem]}';
    expect([to(text), to(text, { level: 'high' })]).toEqual(['lake', 'siem pager']);
  });

  test('to the destinations of all routes that match, each once', () => {
    const text = '- {min_score: 10, to: [siem, pager]}\n- {level: low, to: pager}\n- {level: high, to: lake}';
    expect(to(text)).toBe('siem pager');
  });

  test('by a route without conditions, always', () => {
    expect(to('- {to: lake}')).toBe('lake');
  });
});

describe('a condition holds', () => {
  const holds = (condition: string, about: About) => to(`- {${condition}, to: pager}`, about) === 'pager';

  test.each<[string, About, About]>([
    ['min_score: 50', { score: 50 }, { score: 49 }],
    ['level: high', { level: 'critical' }, { level: 'medium' }],
    ['rule: scan', { rule: 'scan' }, { rule: 'other' }],
    ['rule: [scan, exec]', { rule: 'exec' }, { rule: 'other' }],
    ['tag: attack.t1613', { tags: ['a', 'attack.t1613'] }, { tags: ['attack.t1613.1'] }],
    ['tag: ["attack.t16*", x]', { tags: ['attack.t1613'] }, {}],
    ['pack: escu', { pack: 'escu' }, { pack: 'sidewatch' }],
    ['cluster: "prod-*"', { cluster: 'prod-eu' }, { cluster: 'dev' }],
    ['cluster: "*"', { cluster: 'x' }, {}],
    ['namespace: kube-*', { namespace: 'kube-system' }, { namespace: 'default' }],
    ['kind: summary', { name: 'sidewatch.summary' }, { name: 'sidewatch.risk' }],
    ['kind: overflow', { name: 'sidewatch.overflow' }, { name: 'sidewatch.risk' }],
    ['kind: risk', { name: 'sidewatch.risk' }, { name: 'sidewatch.summary' }],
    ['level: low, min_score: 10', { level: 'low', score: 10 }, { level: 'low', score: 9 }],
  ])('%s', (condition, yes, no) => {
    expect([holds(condition, yes), holds(condition, no)]).toEqual([true, false]);
  });

  test('for the name of a rule as soon as it is known, also after the rule has gone', () => {
    const ours = routes('- {rule: scan, to: pager}\n- {rule: listed, to: lake}');
    const scan = event({ rule: 'id-of-scan' });
    expect(ours.route(scan)).toEqual(NAMES);
    expect(ours.use(good([base('scan', 'get'), base('listed', 'list')]))).toEqual([]);
    expect(ours.route(scan)).toEqual(['pager']);
    ours.use(good(base('listed', 'list')));
    expect(ours.route(scan)).toEqual(['pager']);
  });
});

test('names that no rule has are warned of, with the nearest', () => {
  const ours = routes(
    '- {rule: [scann, id-of-scan], to: pager}\n- {tag: [attack.scam, "attack.*"], to: lake}\n- {pack: yours, to: lake}',
  );
  expect(ours.use(good(base('scan', 'get')))).toEqual([
    'sidewatch.yaml:2  routes[0].rule[0]  no loaded rule or filter has the id or name "scann"; did you mean "scan"?',
    'sidewatch.yaml:3  routes[1].tag[0]   no rule that fires has the tag "attack.scam"; did you mean "attack.scan"?',
    'sidewatch.yaml:4  routes[2].pack[0]  no rule of a pack "yours" is loaded',
  ]);
});
