import type { Path } from '../lib/yaml.ts';
import { DERIVED_FIELDS } from '../model/event.ts';
import type { Rule } from '../model/rule.ts';
import type { Report } from './report.ts';
import { hint } from './shapes.ts';

/** Fields that every risk event tells where its hits agree on them, beside those that a rule groups by or collects. */
const ALWAYS = [
  ...DERIVED_FIELDS.filter((field) => field.startsWith('client.')),
  'k8s.cluster.name',
  'user.username',
  'userAgent',
  'verb',
  'requestURI',
  'responseStatus.code',
  'count',
];

/** The names that a rule's result has: group-by and collected fields under their own and their renamed names. */
export function resultFields(rule: Rule): ReadonlySet<string> {
  const own = [...rule.groupBy, ...rule.risk.collect, ...ALWAYS];
  return new Set(own.flatMap((field) => [field, rule.rename[field] ?? field]));
}

/** `$field$` in a message. */
export function placeholders(message: string): readonly string[] {
  return [...message.matchAll(/\$([^$\s]+)\$/g)].map((match) => match[1]!);
}

/** Warns of names that would be empty in every risk event: a misspelling, most likely. */
export function warnOfUnknownFields(rule: Rule, report: Report): void {
  const { message, objects, threats } = rule.risk;
  const used: readonly (readonly [string, Path])[] = [
    ...placeholders(message).map((field) => [field, ['message']] as const),
    ...objects.map(({ field }, i) => [field, ['objects', i]] as const),
    ...threats.map(({ field }, i) => [field, ['threats', i]] as const),
  ];
  const known = resultFields(rule);
  for (const [field, path] of used) {
    if (!known.has(field))
      report.warn(
        ['sidewatch', 'risk', ...path],
        `${field} is neither in group-by nor in collect${hint(field, known)}`,
      );
  }
  for (const [i, field] of rule.groupBy.entries())
    warnOfNoDerived(field, ['correlation', 'group-by', i], report);
}

/** `client.` and `sourceIPs.geo.` are computed here; no event has others of them. */
export function warnOfNoDerived(field: string, path: Path, report: Report): void {
  const computed = field.startsWith('client.') || field.startsWith('sourceIPs.geo.');
  if (computed && !(DERIVED_FIELDS as readonly string[]).includes(field))
    report.warn(path, `${field} is never set${hint(field, DERIVED_FIELDS)}`);
}
