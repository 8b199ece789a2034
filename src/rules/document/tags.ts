import { didYouMean } from '../../lib/nearest.ts';
import type { FindingReport } from '../source/rule-findings.ts';

/** The namespaces of Sigma's tags. */
const NAMESPACES: ReadonlySet<string> = new Set([
  'attack',
  'car',
  'cve',
  'd3fend',
  'detection',
  'stp',
  'tlp',
]);

/** ATT&CK's tactics as tags write them: those of the specification and those that rules have used since. */
const TACTICS: ReadonlySet<string> = new Set([
  ...['reconnaissance', 'resource-development', 'initial-access', 'execution', 'persistence'],
  ...['privilege-escalation', 'defense-evasion', 'stealth', 'defense-impairment', 'credential-access'],
  ...['discovery', 'lateral-movement', 'collection', 'command-and-control', 'exfiltration', 'impact'],
]);

/** Techniques, groups, software, mitigations, data components, campaigns. */
const ATTACK_ID = /^(t\d{4}(\.\d{3})?|[gs]\d{4}|m\d{4}|ds\d{4}|c\d{4})$/;
const TAG = /^[a-z0-9_-]+\.[a-z0-9._-]+$/;

/** Lints tags that other tools would not understand. */
export function lintTags(tags: readonly string[], report: FindingReport): void {
  for (const [i, tag] of tags.entries()) {
    const fault = faultOf(tag);
    if (fault !== undefined) report.lint(['tags', i], `${tag} ${fault}`);
  }
}

function faultOf(tag: string): string | undefined {
  if (!TAG.test(tag)) return 'is not a tag; wants namespace.name in lower case';
  const dot = tag.indexOf('.');
  const [space, rest] = [tag.slice(0, dot), tag.slice(dot + 1)];
  if (!NAMESPACES.has(space))
    return `has a namespace that Sigma does not know${didYouMean(space, NAMESPACES) || ` (${[...NAMESPACES].join(', ')})`}`;
  if (space !== 'attack' || ATTACK_ID.test(rest)) return undefined;
  const tactic = rest.replaceAll('_', '-');
  if (!TACTICS.has(tactic))
    return /^t\d/.test(rest)
      ? 'is not a technique; wants attack.t1234 or attack.t1234.001'
      : `is not a tactic of ATT&CK${didYouMean(tactic, TACTICS)}`;
  return tactic === rest ? undefined : `is written attack.${tactic} since Sigma 2`;
}
