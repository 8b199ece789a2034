import type { Attribute, RiskEvent } from '../model/risk.ts';
import { tacticId, techniqueName } from '../semantics/attack.ts';
import type { PlainForm } from './plain-record.ts';
import { present, type ReadAttributes, readAttributes } from './read-attributes.ts';

export interface SplunkOptions {
  /** The index of risk events. */
  readonly index: string;
  /** Of all records; without one, the search name of the rule, which is what Splunk counts sources by. */
  readonly source?: string | undefined;
  readonly sourcetype: string;
  /** The index of summaries; without one, the default index of the token. */
  readonly summaryIndex?: string | undefined;
  /** The search that finds the audit log: its index and sourcetype. */
  readonly auditSearch: string;
}

type Fields = Readonly<Record<string, Attribute | undefined>>;

/** Facts by the names that Splunk has for them (CIM), else by those of the audit log, as the raw events have them. */
const FACTS: Readonly<Record<string, string>> = {
  'client.address': 'src_ip',
  'user.name': 'user',
  'client.geo.country.name': 'Country',
  'client.geo.locality.name': 'City',
  'client.geo.location.lat': 'lat',
  'client.geo.location.lon': 'lon',
  'user_agent.original': 'http_user_agent',
  'http.request.method': 'http_method',
  'http.response.status_code': 'status',
  'url.path': 'uri_path',
  'sidewatch.k8s.verb': 'verb',
  'sidewatch.k8s.object.namespace': 'objectRef.namespace',
  'sidewatch.k8s.object.resource': 'objectRef.resource',
  'sidewatch.k8s.object.subresource': 'objectRef.subresource',
  'sidewatch.k8s.object.name': 'objectRef.name',
  'sidewatch.k8s.object.api_group': 'objectRef.apiGroup',
};

/** Attributes that keep their names: ids, what a route may ask for, and how complete the figures are. */
const KEPT = [
  ...['log.record.uid', 'sidewatch.detection.id', 'security_rule.uuid', 'security_rule.ruleset.name'],
  ...['sidewatch.risk.score', 'sidewatch.count.exact', 'sidewatch.value', 'sidewatch.window.cut'],
  ...[
    'sidewatch.time.fallback',
    'sidewatch.client.claimed',
    'sidewatch.session.seconds',
    'sidewatch.audit_ids',
  ],
  ...['sidewatch.values.truncated', 'sidewatch.redacted'],
  ...['sidewatch.overflow', 'sidewatch.overflow.groups', 'sidewatch.overflow.network'],
];

/**
 * The form `splunk`: the fields of the Risk data model and the result row of the rule under Splunk's names. The
 * splunk_hec exporter of a collector makes the attributes of a record to fields, and takes index, source and sourcetype from its
 * resource. A summary and an overflow detection have no risk object and no score, another sourcetype, and not the index of
 * risk events.
 */
export function splunk(options: SplunkOptions): PlainForm {
  return (event) => {
    const read = readAttributes(event.attributes);
    const isRisk = event.name === 'sidewatch.risk';
    const name = searchName(read);
    return {
      ...event,
      attributes: present({
        ...kept(event),
        ...facts(event),
        ...resultRow(event),
        ...(isRisk ? riskFields(event, read) : {}),
        ...annotations(read),
        search_name: name,
        severity: read.text('sidewatch.rule.level'),
        count: read.number('sidewatch.count'),
        ...times(event),
        contributing_events_search: contributing(event, read, options.auditSearch),
      }) as RiskEvent['attributes'],
      resource: {
        ...event.resource,
        ...place(options, event.name),
        'com.splunk.source': options.source ?? name,
      },
    };
  };
}

/** What is added to the sourcetype of records that are no risk events. */
const OTHERS: Readonly<Partial<Record<RiskEvent['name'], string>>> = {
  'sidewatch.summary': ':summary',
  'sidewatch.overflow': ':overflow',
};

function place(
  { index, sourcetype, summaryIndex }: SplunkOptions,
  name: RiskEvent['name'],
): Record<string, string> {
  const other = OTHERS[name];
  const to = other === undefined ? index : summaryIndex;
  return {
    ...(to !== undefined && { 'com.splunk.index': to }),
    'com.splunk.sourcetype': sourcetype + (other ?? ''),
  };
}

/** As ESCU's searches are called; those of other rules begin with Sidewatch. */
function searchName(read: ReadAttributes): string {
  const app = read.text('security_rule.ruleset.name') === 'escu' ? 'ESCU' : 'Sidewatch';
  return `${app} - ${read.text('security_rule.name') ?? ''} - Rule`;
}

const kept = ({ attributes }: RiskEvent): Fields =>
  Object.fromEntries(KEPT.map((name) => [name, attributes[name]]));

const facts = ({ attributes }: RiskEvent): Fields =>
  Object.fromEntries(Object.entries(FACTS).map(([name, field]) => [field, attributes[name]]));

/** Group fields and collected fields by their renamed names, as after `stats` and `rename`. One value is no list. */
function resultRow({ attributes, names = {} }: RiskEvent): Fields {
  const row: Record<string, Attribute> = {};
  const own = (field: string): string => (Object.hasOwn(names, field) ? names[field]! : field);
  for (const prefix of ['sidewatch.values.', 'sidewatch.group.'])
    for (const [name, value] of Object.entries(attributes)) {
      if (!name.startsWith(prefix) || name === 'sidewatch.values.truncated') continue;
      row[own(name.slice(prefix.length))] =
        typeof value === 'object' && value.length === 1 ? value[0]! : value;
    }
  return row;
}

function riskFields({ body, score }: RiskEvent, { text, number }: ReadAttributes): Fields {
  return {
    risk_object: text('sidewatch.risk.object'),
    risk_object_type: text('sidewatch.risk.object.type'),
    risk_score: score,
    risk_message: body,
    threat_object: text('sidewatch.risk.threat.object'),
    threat_object_type: text('sidewatch.risk.threat.object.type'),
    impact: number('sidewatch.risk.impact'),
    confidence: number('sidewatch.risk.confidence'),
  };
}

function annotations({ list }: ReadAttributes): Fields {
  const techniques = list('sidewatch.rule.techniques');
  const stories = list('sidewatch.rule.analytic_story');
  const tactics = list('sidewatch.rule.tactics');
  return {
    analyticstories: stories,
    'annotations.analytic_story': stories,
    'annotations.mitre_attack': techniques,
    'annotations.mitre_attack.mitre_technique_id': techniques,
    'annotations.mitre_attack.mitre_technique': techniques.map(techniqueName),
    'annotations.mitre_attack.mitre_tactic': tactics,
    'annotations.mitre_attack.mitre_tactic_id': tactics.flatMap((tactic) => tacticId(tactic) ?? []),
    'annotations._all': [...techniques, ...stories],
    'annotations._frameworks': [
      ...(techniques.length > 0 ? ['mitre_attack'] : []),
      ...(stories.length > 0 ? ['analytic_story'] : []),
    ],
  };
}

/** Seconds since 1970, as in a notable: the window, and when the last event happened. */
function times({ detection: { window, seen } }: RiskEvent): Fields {
  return {
    info_min_time: Math.floor(window[0] / MICROS),
    info_max_time: Math.ceil(window[1] / MICROS),
    orig_time: Math.floor(seen[1] / MICROS),
  };
}

const MICROS = 1_000_000;
/** Seconds before the first event and behind the last one that the search looks into: a log has other times than the requests. */
const AROUND = 600;

/** A search that opens the raw events: their Audit-IDs as terms, so that it does not matter how the log's fields are read. */
function contributing(
  { detection: { seen } }: RiskEvent,
  { list }: ReadAttributes,
  auditSearch: string,
): string | undefined {
  const ids = list('sidewatch.audit_ids');
  if (ids.length === 0) return undefined;
  const earliest = Math.floor(seen[0] / MICROS) - AROUND;
  const latest = Math.ceil(seen[1] / MICROS) + AROUND;
  return `${auditSearch} (${ids.map(quoted).join(' OR ')}) earliest=${earliest} latest=${latest}`;
}

/** A client may choose its Audit-ID, so it must not be able to end the text. */
const quoted = (id: string): string => `"${id.replace(/[\\"]/g, '\\$&').replace(/\p{Cc}/gu, ' ')}"`;
