import { plainText } from '../../lib/plain-text.ts';
import type { Attribute } from '../../model/risk.ts';
import type { Rule } from '../../model/rule.ts';
import { tacticId, tacticName, tactics, techniqueName, techniques } from '../../semantics/attack.ts';
import { actorText, type EvidentFinding } from '../findings.ts';
import { actorName } from '../overview.ts';
import type { PageFinding, PageLink, PageRule, PageValues } from './page-data.ts';

/** Values of one field that the page holds, and the length of all values of a finding together: clients decide what they are. */
const VALUES_MAX = 200;
const VALUES_LENGTH_MAX = 20_000;
/** The longest text that is not a value of the rule's fields. */
const TEXT_MAX = 4_096;
const ATTACK = 'https://attack.mitre.org';
const VALUES = 'sidewatch.values.';
const AUDIT_IDS = 'sidewatch.audit_ids';

/** Attributes that the page shows in another way: of the rule, figures, and the risk object of one event of several. */
const SHOWN_ELSEWHERE =
  /^(security_rule\.|sidewatch\.rule\.|sidewatch\.count|sidewatch\.(first|last)_seen$|sidewatch\.time\.fallback$|sidewatch\.risk\.(object|score)|sidewatch\.detection\.id$|sidewatch\.audit_ids$)/;

export function pageFinding(finding: EvidentFinding, rule: number): PageFinding {
  const { level, score, message, who, objects, count, exact, alerts, seen, fallback, ids } = finding;
  const attributes = { ...finding.risk.attributes, ...finding.summary?.attributes };
  return {
    rule,
    level,
    ...(score === undefined ? {} : { score }),
    message: cut(plainText(message)),
    who: plainText(actorText(who)),
    actor: plainText(actorName(who)),
    cluster: plainText(who.cluster ?? ''),
    objects: objects.map(({ type, value }) => plainText(`${type} ${value}`.trim())),
    count,
    exact,
    alerts,
    seen: [seen[0] / 1000, seen[1] / 1000],
    fallback,
    auditIds: texts(attributes[AUDIT_IDS]),
    values: valuesOf(attributes),
    facts: Object.entries(attributes)
      .filter(([name]) => !isValues(name) && !SHOWN_ELSEWHERE.test(name))
      .map(([name, value]) => [plainText(name), cut(texts(value).join(', '))]),
    ids,
  };
}

/** The first values of each field, as long as there is room. */
function valuesOf(attributes: EvidentFinding['risk']['attributes']): readonly PageValues[] {
  let room = VALUES_LENGTH_MAX;
  return Object.entries(attributes)
    .filter(([name]) => isValues(name))
    .map(([name, value]) => {
      const all = texts(value);
      const values = all.slice(0, VALUES_MAX).filter((one) => {
        room -= one.length;
        return room >= 0;
      });
      return { name: plainText(name.slice(VALUES.length)), values, more: all.length - values.length };
    });
}

const isValues = (name: string): boolean => name.startsWith(VALUES) && name !== `${VALUES}truncated`;

const cut = (text: string): string => (text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - 1)}…`);

const texts = (value: Attribute | undefined): readonly string[] =>
  value === undefined
    ? []
    : (typeof value === 'object' ? value : [value]).map((one) => plainText(String(one)));

export function pageRule(rule: Rule): PageRule {
  const { id, title, level, description, falsePositives, references, ruleset, source } = rule;
  return {
    id: plainText(id),
    title: plainText(title),
    level,
    description: paragraphs(description),
    falsePositives: falsePositives.map(plainText),
    attack: [...techniques(rule.tags).map(techniqueLink), ...tactics(rule.tags).map(tacticLink)],
    references: references.map(referenceLink),
    ruleset: plainText(ruleset),
    source: plainText(source),
  };
}

/** Its line feeds stay. */
const paragraphs = (text: string): string => text.split('\n').map(plainText).join('\n').trim();

function techniqueLink(id: string): PageLink {
  const text = [...new Set([id, techniqueName(id)])].join(' ');
  return { text, url: `${ATTACK}/techniques/${id.replace('.', '/')}/` };
}

const tacticLink = (tactic: string): PageLink => ({
  text: `${tacticName(tactic)} (tactic)`,
  url: `${ATTACK}/tactics/${tacticId(tactic)}/`,
});

/** A rule is text from elsewhere: only an address of the web is a link. */
function referenceLink(reference: string): PageLink {
  const text = plainText(reference);
  const { protocol } = URL.parse(reference) ?? {};
  return protocol === 'https:' || protocol === 'http:' ? { text, url: reference } : { text };
}
