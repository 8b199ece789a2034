import { didYouMean, nearest } from '../../lib/nearest.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import { DERIVED_FIELDS } from '../../model/event.ts';
import type { Rule } from '../../model/rule.ts';
import { placeholders } from '../../semantics/placeholders.ts';
import { isPodField } from '../../semantics/pod-fields.ts';
import type { FindingReport } from '../source/findings.ts';

/** The top-level fields of audit events, v1 and v1beta1. */
const EVENT_ROOTS: ReadonlySet<string> = new Set([
  ...['annotations', 'apiVersion', 'auditID', 'authenticationMetadata', 'impersonatedUser', 'kind', 'level'],
  ...['metadata', 'objectRef', 'requestObject', 'requestReceivedTimestamp', 'requestURI', 'responseObject'],
  ...['responseStatus', 'sourceIPs', 'stage', 'stageTimestamp', 'timestamp', 'user', 'userAgent', 'verb'],
]);
/** Fields of the record that holds an event. */
const RECORD = ['k8s.cluster.name', 'resource.', 'record.'];
/** Fields with these prefixes are computed by enrichment: those of DERIVED_FIELDS and no others. */
const COMPUTED = ['client.', 'sourceIPs.geo.', 'request.', 'process.', 'object.'];

/** Warns of a field that no event can have: a misspelling, or a rule that was made for other logs. */
export function warnOfUnknownField(field: string, path: YamlPath, report: FindingReport): void {
  if (COMPUTED.some((prefix) => field.startsWith(prefix))) {
    if ((DERIVED_FIELDS as readonly string[]).includes(field)) return;
    report.warn(path, `${field} is never set${didYouMean(field, DERIVED_FIELDS)}`);
    return;
  }
  if (isPodField(field)) return;
  const [root = '', ...rest] = field.split('.');
  // `sourceIPs[0]` is a field of sourceIPs.
  if (EVENT_ROOTS.has(root.replace(/(\[-?\d+\])+$/, '')) || RECORD.some((prefix) => field.startsWith(prefix)))
    return;
  const near = nearest(root, EVENT_ROOTS);
  const meant = near === undefined ? RECORD.slice(0, 1) : [[near, ...rest].join('.')];
  report.warn(path, `no audit event has ${field}${didYouMean(field, meant)}`);
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
 * Warns of every unknown field in a rule's group-by, condition and risk, once, at its first place. `aliases`: the aliases of
 * this rule and of the rules that it counts.
 */
export function warnOfUnknownFields(
  rule: Pick<Rule, 'groupBy' | 'conditionFields' | 'rename' | 'risk'>,
  aliases: ReadonlySet<string>,
  report: FindingReport,
): void {
  const told = new Set<string>();
  const warn = (field: string, path: YamlPath) => {
    if (told.has(field)) return;
    told.add(field);
    if (!aliases.has(field)) warnOfUnknownField(field, path, report);
  };
  for (const [i, field] of rule.groupBy.entries()) warn(field, ['correlation', 'group-by', i]);
  for (const field of rule.conditionFields) warn(field, ['correlation', 'condition', 'field']);
  const renamed = new Set(Object.values(rule.rename));
  for (const { field, path } of riskFields(rule.risk))
    if (!renamed.has(field)) warn(field, ['sidewatch', 'risk', ...path]);
}
