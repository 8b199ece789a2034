import { didYouMean } from '../../lib/nearest.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import { DERIVED_FIELDS } from '../../model/event.ts';
import type { Rule } from '../../model/rule.ts';
import { placeholders } from '../../semantics/placeholders.ts';
import { isPodField } from '../../semantics/pod-fields.ts';
import type { FindingReport } from '../source/rule-findings.ts';
import { eventFieldMeant, isEventField } from './event-schema.ts';

/** Fields of the record that holds an event. */
const RECORD = ['k8s.cluster.name'];
/** The names below these are the sender's. */
const RECORD_OPEN = ['resource.', 'record.'];
/** Fields with these prefixes are computed by enrichment: those of DERIVED_FIELDS and no others. */
const COMPUTED: ReadonlySet<string> = new Set(DERIVED_FIELDS.map((field) => `${field.split('.', 1)[0]}.`));

/** Why no event can have the field: a misspelling, or a rule that was made for other logs. undefined for one that events can have. */
export function unknownField(field: string): string | undefined {
  if ((DERIVED_FIELDS as readonly string[]).includes(field)) return undefined;
  if ([...COMPUTED].some((prefix) => field.startsWith(prefix)))
    return `${field} is never set${didYouMean(field, DERIVED_FIELDS)}`;
  if (isPodField(field)) return undefined;
  if (RECORD.includes(field) || RECORD_OPEN.some((prefix) => field.startsWith(prefix))) return undefined;
  return isEventField(field) ? undefined : `no audit event has ${field}${eventFieldMeant(field, RECORD)}`;
}

/** Warns of a field that no event can have. */
export function warnOfUnknownField(field: string, path: YamlPath, report: FindingReport): void {
  const why = unknownField(field);
  if (why !== undefined) report.warn(path, why);
}

/** The fields of a rule's result row: grouped and collected fields by their new names, and the count. */
export function resultFields(rule: Rule): ReadonlySet<string> {
  const fields = [...rule.groupBy, ...rule.risk.collect];
  return new Set([...fields.map((field) => rule.rename[field] ?? field), 'count']);
}

/** The fields that a risk block names, as written, each with its place in the block. */
function riskFields({ message, objects, threats, collect }: Rule['risk']): readonly {
  readonly field: string;
  readonly path: YamlPath;
}[] {
  const inMessage = placeholders(message);
  return [
    ...inMessage.map((field) => ({ field, path: ['message'] })),
    ...objects.map(({ field }, i) => ({ field, path: ['objects', i] })),
    ...threats.map(({ field }, i) => ({ field, path: ['threats', i] })),
    ...collect.map((field, i) => ({ field, path: ['collect', i] })),
  ];
}

/**
 * Refuses an unknown field in a rule's group-by, because all events would be one group, and warns of one in its condition and
 * risk. A field is reported once, at its first place. `aliases`: the aliases of this rule and of the rules that it counts.
 */
export function checkFields(
  rule: Pick<Rule, 'groupBy' | 'conditionFields' | 'rename' | 'risk'>,
  aliases: ReadonlySet<string>,
  report: FindingReport,
): void {
  const reported = new Set(aliases);
  const check = (field: string, path: YamlPath, finding: (path: YamlPath, message: string) => void) => {
    if (reported.has(field)) return;
    reported.add(field);
    const why = unknownField(field);
    if (why !== undefined) finding(path, why);
  };
  for (const [i, field] of rule.groupBy.entries())
    check(field, ['correlation', 'group-by', i], report.problem);
  for (const field of rule.conditionFields) check(field, ['correlation', 'condition', 'field'], report.warn);
  const renamed = new Set(Object.values(rule.rename));
  for (const { field, path } of riskFields(rule.risk))
    if (!renamed.has(field)) check(field, ['sidewatch', 'risk', ...path], report.warn);
}
