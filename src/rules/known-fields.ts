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
  const known = resultFields(rule);
  const check = (field: string, path: readonly (string | number)[]) => {
    if (!known.has(field))
      report.warn(path, `${field} is neither in group-by nor in collect${hint(field, known)}`);
  };
  for (const field of placeholders(rule.risk.message)) check(field, ['sidewatch', 'risk', 'message']);
  rule.risk.objects.forEach(({ field }, i) => check(field, ['sidewatch', 'risk', 'objects', i]));
  rule.risk.threats.forEach(({ field }, i) => check(field, ['sidewatch', 'risk', 'threats', i]));
  rule.groupBy.forEach((field, i) => {
    warnOfNoDerived(field, ['correlation', 'group-by', i], report);
  });
}

/** `client.` and `sourceIPs.geo.` are computed here; no event has others of them. */
export function warnOfNoDerived(field: string, path: readonly (string | number)[], report: Report): void {
  const computed = field.startsWith('client.') || field.startsWith('sourceIPs.geo.');
  if (computed && !(DERIVED_FIELDS as readonly string[]).includes(field))
    report.warn(path, `${field} is never set${hint(field, DERIVED_FIELDS)}`);
}
