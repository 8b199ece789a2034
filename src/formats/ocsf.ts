import { isIP } from 'node:net';
import type { RiskEvent } from '../model/risk.ts';
import type { Level } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { tacticId, tacticName, techniqueName } from '../semantics/attack.ts';
import type { PlainForm } from './plain-record.ts';
import { present, type ReadAttributes, readAttributes } from './read-attributes.ts';

/** The version of OCSF whose classes and values these are. */
const OCSF_VERSION = '1.5.0';
const CLASS = {
  category_uid: 2,
  category_name: 'Findings',
  class_uid: 2004,
  class_name: 'Detection Finding',
} as const;
const CREATE = {
  activity_id: 1,
  activity_name: 'Create',
  type_uid: 200_401,
  type_name: 'Detection Finding: Create',
} as const;
const UPDATE = {
  activity_id: 2,
  activity_name: 'Update',
  type_uid: 200_402,
  type_name: 'Detection Finding: Update',
} as const;

const SEVERITY = {
  informational: { severity_id: 1, severity: 'Informational' },
  low: { severity_id: 2, severity: 'Low' },
  medium: { severity_id: 3, severity: 'Medium' },
  high: { severity_id: 4, severity: 'High' },
  critical: { severity_id: 5, severity: 'Critical' },
} as const satisfies Record<Level, object>;

const OBSERVABLE = {
  address: { type_id: 2, type: 'IP Address' },
  user: { type_id: 4, type: 'User Name' },
} as const;
const OTHER_OBSERVABLE = { type_id: 99, type: 'Other' } as const;

/** Attributes that stay beside the body: by them a collector and a backend know and route a record without reading the body. */
const KEPT = [
  ...['log.record.uid', 'sidewatch.detection.id', 'security_rule.uuid', 'security_rule.ruleset.name'],
  ...['sidewatch.rule.level', 'sidewatch.risk.score', 'sidewatch.values.truncated', 'sidewatch.redacted'],
  'sidewatch.overflow',
];

/** Attributes that have a place of their own in the finding. All others are under `unmapped`. */
const MAPPED: ReadonlySet<string> = new Set([
  ...['log.record.uid', 'sidewatch.detection.id', 'security_rule.name', 'security_rule.uuid'],
  ...[
    'security_rule.ruleset.name',
    'security_rule.version',
    'security_rule.description',
    'security_rule.reference',
  ],
  ...['sidewatch.rule.tags', 'sidewatch.rule.tactics', 'sidewatch.rule.techniques', 'sidewatch.count'],
  ...['sidewatch.first_seen', 'sidewatch.last_seen', 'sidewatch.window.start', 'sidewatch.window.end'],
  ...['sidewatch.risk.score', 'sidewatch.risk.impact', 'sidewatch.risk.confidence', 'sidewatch.audit_ids'],
  ...['client.address', 'client.geo.country.iso_code', 'client.geo.locality.name', 'client.geo.location.lat'],
  ...['client.geo.location.lon', 'sidewatch.client.claimed', 'user.name', 'user_agent.original'],
  ...['http.request.method', 'http.response.status_code', 'url.path', 'sidewatch.k8s.verb'],
]);

/** The same where the object has a name: OCSF has no place for one without. */
const OF_OBJECT: ReadonlySet<string> = new Set([
  ...['sidewatch.k8s.object.namespace', 'sidewatch.k8s.object.resource', 'sidewatch.k8s.object.name'],
  ...['sidewatch.k8s.object.api_group'],
]);

/**
 * The form `ocsf`: the body is a Detection Finding of OCSF (class 2004), as one text of JSON. `version` is Sidewatch's own. A
 * summary updates the finding that it sums up (its uid is that of the detection) and has no score. Nor has an overflow
 * detection, which is a finding by itself.
 */
export function ocsf(version: string): PlainForm {
  return (event, observed) => ({
    ...event,
    body: JSON.stringify(finding(event, observed, version)),
    attributes: present(
      Object.fromEntries(KEPT.map((name) => [name, event.attributes[name]])),
    ) as RiskEvent['attributes'],
  });
}

function finding(event: RiskEvent, observed: Micros, version: string): object {
  const read = readAttributes(event.attributes);
  const { detection, rank } = event;
  const isNew = event.name !== 'sidewatch.summary';
  return present({
    ...CLASS,
    ...(isNew ? CREATE : UPDATE),
    ...SEVERITY[isNew ? rank.level : 'informational'],
    ...(isNew && { status_id: 1, status: 'New', is_alert: true, risk_score: event.score }),
    time: millis(event.at),
    start_time: millis(detection.window[0]),
    end_time: millis(detection.window[1]),
    message: event.body,
    count: read.number('sidewatch.count'),
    confidence_score: read.number('sidewatch.risk.confidence'),
    impact_score: read.number('sidewatch.risk.impact'),
    metadata: {
      version: OCSF_VERSION,
      product: { name: 'Sidewatch', vendor_name: 'Sidewatch', version },
      uid: event.uid,
      correlation_uid: read.text('sidewatch.detection.id') ?? event.uid,
      log_name: event.name,
      logged_time: millis(observed),
    },
    finding_info: findingInfo(event, read),
    evidences: [evidence(read)].filter((one) => Object.keys(one).length > 0),
    resources: resources(event, read),
    observables: observables(read),
    unmapped: unmapped(event),
  });
}

const millis = (at: Micros): number => Math.floor(at / 1000);

function findingInfo({ uid, at, detection }: RiskEvent, read: ReadAttributes): object {
  const { text, list } = read;
  const name = text('security_rule.name');
  const ids = list('sidewatch.audit_ids');
  return present({
    uid: text('sidewatch.detection.id') ?? uid,
    title: name,
    desc: text('security_rule.description'),
    src_url: text('security_rule.reference'),
    created_time: millis(at),
    first_seen_time: millis(detection.seen[0]),
    last_seen_time: millis(detection.seen[1]),
    data_sources: ['Kubernetes audit log'],
    tags: list('sidewatch.rule.tags').map((tag) => ({ name: 'tag', value: tag })),
    analytic: present({
      type_id: 1,
      type: 'Rule',
      uid: text('security_rule.uuid') ?? detection.rule,
      name,
      version: text('security_rule.version'),
      category: text('security_rule.ruleset.name'),
    }),
    attacks: attacks(read),
    related_events: ids.map((id) => ({ uid: id, type: 'Kubernetes audit event' })),
  });
}

/** A rule does not say which of its tactics a technique is for, so they stand together only where there is one. */
function attacks({ list }: ReadAttributes): readonly object[] {
  const tactics = list('sidewatch.rule.tactics').map((tactic) =>
    present({ uid: tacticId(tactic), name: tacticName(tactic) }),
  );
  const techniques = list('sidewatch.rule.techniques').map((id) => {
    const [parent = id, sub] = id.split('.');
    return {
      technique: { uid: parent, name: techniqueName(parent) },
      ...(sub !== undefined && { sub_technique: { uid: id, name: techniqueName(id) } }),
    };
  });
  if (tactics.length === 1 && techniques.length > 0)
    return techniques.map((technique) => ({ ...technique, tactic: tactics[0] }));
  return [...techniques, ...tactics.map((tactic) => ({ tactic }))];
}

function evidence({ text, number, list }: ReadAttributes): object {
  const user = text('user.name');
  const verb = text('sidewatch.k8s.verb');
  const path = text('url.path');
  return present({
    actor: present({ user: present({ name: user }) }),
    src_endpoint: present({
      ...endpoint(text('client.address')),
      location: present({
        country: text('client.geo.country.iso_code'),
        city: text('client.geo.locality.name'),
        lat: number('client.geo.location.lat'),
        long: number('client.geo.location.lon'),
      }),
    }),
    api: present({ operation: verb }),
    http_response: present({ code: number('http.response.status_code') }),
    http_request: present({
      http_method: text('http.request.method'),
      user_agent: text('user_agent.original'),
      url: present({ path }),
      x_forwarded_for: list('sidewatch.client.claimed').filter((address) => isIP(address) > 0),
    }),
  });
}

function endpoint(address: string | undefined): object {
  if (address === undefined) return {};
  return isIP(address) > 0 ? { ip: address } : { name: address };
}

/** The object of the requests, and the cluster. */
function resources({ resource }: RiskEvent, { text }: ReadAttributes): readonly object[] {
  const name = text('sidewatch.k8s.object.name');
  const object = present({
    type: text('sidewatch.k8s.object.resource'),
    name,
    namespace: text('sidewatch.k8s.object.namespace'),
    group: present({ name: text('sidewatch.k8s.object.api_group') }),
  });
  const cluster = resource['k8s.cluster.name'];
  return [
    ...(name === undefined ? [] : [object]),
    ...(cluster === undefined ? [] : [{ type: 'cluster', name: cluster }]),
  ];
}

function observables({ text }: ReadAttributes): readonly object[] {
  const all = [
    { name: 'risk_object', value: text('sidewatch.risk.object'), kind: text('sidewatch.risk.object.type') },
    {
      name: 'threat_object',
      value: text('sidewatch.risk.threat.object'),
      kind: text('sidewatch.risk.threat.object.type'),
    },
  ];
  return all.flatMap(({ name, value, kind }) =>
    value === undefined ? [] : { name, value, ...observed(value, kind) },
  );
}

function observed(value: string, kind: string | undefined): object {
  if (isIP(value) > 0) return OBSERVABLE.address;
  return kind === 'user' ? OBSERVABLE.user : OTHER_OBSERVABLE;
}

function unmapped({ attributes }: RiskEvent): object {
  const hasObject = attributes['sidewatch.k8s.object.name'] !== undefined;
  const isMapped = (name: string): boolean => MAPPED.has(name) || (hasObject && OF_OBJECT.has(name));
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !isMapped(name)));
}
