import { describe, expect, test } from 'vitest';
import { foreignFile } from '../../../../src/rules/source/foreign-file.ts';
import { RuleFindings } from '../../../../src/rules/source/rule-findings.ts';

/** All that is said about a file of that text. */
function said(text: string): readonly string[] {
  const findings = new RuleFindings();
  findings.readYaml({ path: 'a.yml', text }, foreignFile);
  return findings.problems.map(({ where, message }) => `${where} ${message}`);
}

describe('a file of another kind is named in one sentence', () => {
  test.each([
    [
      'TOML, the form of rules of Elastic',
      '[metadata]\nmaturity = "production"\n\n[rule]\nlanguage = "kuery"\nquery = \'\'\'\nevent.dataset : "kubernetes.audit_logs"\n\'\'\'\n',
    ],
    [
      'a rules file of Falco',
      '- macro: kevt\n  condition: (ka.verb in (get))\n- rule: Exec Pod\n  condition: kevt\n  output: exec (user=%ka.user.name)\n  priority: NOTICE\n  source: k8s_audit\n',
    ],
    ['a rules file of Falco', '- list: images\n  items: [a, b]\n'],
    [
      'a detection of Splunk (a search in SPL); the pack "escu" has those for Kubernetes audit logs',
      "name: Kubernetes Access Scanning\nid: 2f4abe6d\ntype: Anomaly\ndata_source: [Kubernetes Audit]\nsearch: '`kubernetes_audit` | stats count'\nhow_to_implement: ask\n",
    ],
    [
      'a search of Splunk (SPL)',
      'index=kube sourcetype=kube:apiserver:audit verb=get | stats count by user\n',
    ],
    ['a search of Splunk (SPL)', '`kubernetes_audit` verb=create | where count > 5\n'],
    ['a rule of YARA or YARA-L', 'rule x {\n  events:\n    $e.a = "b"\n  condition: $e\n}\n'],
    ['a rule of Panther', 'AnalysisType: rule\nFilename: x.py\nRuleID: Kubernetes.X\n'],
    [
      'a rule of Microsoft Sentinel',
      'id: x\nname: y\nkind: Scheduled\nquery: |\n  AKSAudit\nqueryFrequency: 1h\n',
    ],
    ['a rule of Elastic', '{"rule_id": "x", "language": "kuery", "query": "a : b"}'],
    ['a Kubernetes object (ConfigMap)', 'apiVersion: v1\nkind: ConfigMap\ndata:\n  rule.yml: "title: x"\n'],
    [
      'an audit event',
      '{"kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "x", "stage": "Panic"}',
    ],
    [
      'a file of rule tests: give it a name that ends in .test.yml, and use rules test',
      'event: {verb: get}\ntests: [{name: a, events: [{}], fires: []}]\n',
    ],
    ['a configuration: use config check for it', 'receivers: {otlp: {}}\nrules: {packs: []}\n'],
  ])('%s', (what, text) => {
    expect(said(text)).toEqual([`a.yml:1 is no Sigma rule: it is ${what}`]);
  });

  test.each([
    ['a rule', 'title: a\nlogsource: {product: kubernetes}\ndetection: {s: {verb: get}, condition: s}\n'],
    [
      'a rule with a misspelt key',
      'title: a\nlogsource: {product: kubernetes}\ndetction: {s: {verb: get}}\n',
    ],
    ['a rule with a search among its keys', 'title: a\nsearch: x\nrba: {}\ndetection: {s: {verb: get}}\n'],
    ['a filter', 'title: a\nfilter: {rules: any, s: {verb: get}, condition: not s}\n'],
    ['nothing', '# nothing\n'],
  ])('%s is none', (_, text) => {
    expect(said(text)).toEqual([]);
  });

  test('a rule whose YAML is broken is none, and has one error', () => {
    expect(
      said('title: a\n id: x\nlogsource: {product: kubernetes}\ndetection:\n  s: {verb: |\n  [rule]\n'),
    ).toEqual([expect.stringMatching(/^a\.yml:\d+ not YAML: /)]);
  });

  test('every key that stands twice is an error of its own', () => {
    expect(said('a: 1\na: 2\nb: 1\nb: 2\n')).toEqual([
      'a.yml:2 not YAML: Map keys must be unique',
      'a.yml:4 not YAML: Map keys must be unique',
    ]);
  });
});
