import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { ocsf } from '../../src/formats/ocsf.ts';
import type { PlainForm, PlainRecord } from '../../src/formats/plain-record.ts';
import { plainOtel } from '../../src/formats/plain-record.ts';
import { splunk } from '../../src/formats/splunk.ts';
import { formatTime } from '../../src/lib/time-format.ts';
import type { RiskEvent } from '../../src/model/risk.ts';
import type { Micros } from '../../src/model/time.ts';
import { engine } from '../support/engine.ts';
import { type AuditEvent, refused, TEN } from '../support/events.ts';

// One scan, one command with a password in it, and Splunk's own rule, in every format. What they look like stands in
// formats/*.json. GOLDEN=update writes these anew; CI refuses that.

const FOLDER = new URL('formats/', import.meta.url);
const HOUR = 3_600_000_000;

const SPLUNK = { index: 'risk', sourcetype: 'sidewatch:risk', auditSearch: 'index=k8s_audit' };
const FORMS: Readonly<Record<string, PlainForm>> = {
  otel: plainOtel,
  splunk: splunk(SPLUNK),
  ocsf: ocsf('1.2.3'),
};

const RULES = 'escu, Kubernetes Access Scanning | A scan, with a summary | A command in a pod';

function anExec(): AuditEvent {
  const uri =
    '/api/v1/namespaces/shop/pods/db-0/exec?command=mysql&command=-uroot&command=-phunter2&stdin=true';
  return refused((TEN + 1_000_000) as Micros, ['198.51.100.2'], {
    auditID: '5a0c2e54-9d0b-4f0e-8c0a-000000000001',
    requestURI: uri,
    verb: 'create',
    user: { username: 'alice@example.com', groups: ['system:authenticated'] },
    objectRef: { resource: 'pods', namespace: 'shop', name: 'db-0', subresource: 'exec', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 101 },
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
  });
}

let events: readonly RiskEvent[];

beforeAll(async () => {
  // The path is the ruleset's name.
  const rules = relative(process.cwd(), new URL('rules.yml', FOLDER).pathname);
  const sidewatch = await engine(`rules: {packs: [escu], files: ["${rules}"]}`);
  const scan = Array.from({ length: 8 }, (_, i) =>
    refused((TEN - i * 1_000_000) as Micros, ['198.51.100.1'], {
      auditID: `5a0c2e54-9d0b-4f0e-8c0a-00000000001${i}`,
      requestURI: `/api/v1/${['pods', 'secrets', 'nodes'][i % 3]}`,
      userAgent: i < 7 ? 'kube-hunter/0.6' : 'curl/8.5.0',
    }),
  );
  await sidewatch.send([...scan, anExec()], (TEN + 2_000_000) as Micros, 'prod-eu-1');
  await sidewatch.close((TEN + 3 * HOUR) as Micros);
  const known = RULES.split(' | ');
  events = (await sidewatch.fired())
    .filter(({ attributes }) => known.some((name) => name.endsWith(String(attributes['security_rule.name']))))
    .sort((a, b) => (a.body < b.body ? -1 : 1));
});

const shown = ({ at, ...record }: PlainRecord) => ({ at: formatTime(at), ...record });

const recordOf = (form: PlainForm, event: RiskEvent): PlainRecord => {
  const { at, name, body, severity, severityText, attributes, resource } = form(event, TEN);
  return { at, name, body, severity, severityText, attributes, resource };
};

test('there is a summary, and a risk event of every rule', () => {
  expect(events.map(({ name, attributes }) => [name, attributes['security_rule.name']])).toEqual([
    ['sidewatch.risk', 'Kubernetes Access Scanning'],
    ['sidewatch.risk', 'A scan, with a summary'],
    ['sidewatch.summary', 'A scan, with a summary'],
    ['sidewatch.risk', 'A command in a pod'],
  ]);
});

/** A flood of one network, which has more groups than there is room for. */
async function anOverflow(): Promise<RiskEvent> {
  const rules = relative(process.cwd(), new URL('rules.yml', FOLDER).pathname);
  const flooded = await engine(`rules: {packs: [], files: ["${rules}"]}\nlimits: {groups: 4}`);
  const flood = Array.from({ length: 30 }, (_, i) =>
    refused((TEN + i) as Micros, [`203.0.113.${i}`], {
      auditID: `5a0c2e54-9d0b-4f0e-8c0a-1000000000${i + 10}`,
    }),
  );
  await flooded.send(flood, (TEN + 1_000_000) as Micros, 'prod-eu-1');
  const [event, ...others] = (await flooded.fired()).filter(({ name }) => name === 'sidewatch.overflow');
  expect(others).toEqual([]);
  return event!;
}

describe.each(Object.keys(FORMS))('an overflow detection as %s', (name) => {
  test('has no score, no risk object and no client, and says for how many groups it stands', async () => {
    const text = JSON.stringify(recordOf(FORMS[name]!, await anOverflow()));
    expect(text).not.toMatch(/risk[._]score|risk[._]object|client\.address|src_endpoint|"src"/);
    expect(text).toContain('sidewatch.overflow.groups');
    expect(text).toContain('203.0.113.0/24');
  });
});

test('Splunk does not get it into the index of risk events', async () => {
  const { resource } = splunk({ ...SPLUNK, summaryIndex: 'main' })(await anOverflow(), TEN);
  expect(resource).toMatchObject({
    'com.splunk.index': 'main',
    'com.splunk.sourcetype': 'sidewatch:risk:overflow',
  });
});

describe.each(Object.keys(FORMS))('%s', (name) => {
  test('is what is written down', () => {
    const file = new URL(`${name}.json`, FOLDER);
    const text = `${JSON.stringify(
      events.map((event) => {
        const record = shown(recordOf(FORMS[name]!, event));
        return name === 'ocsf' ? { ...record, body: JSON.parse(record.body) } : record;
      }),
      null,
      2,
    )}\n`;
    if (process.env['GOLDEN'] === 'update' && !process.env['CI']) writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  test('holds no password', () => {
    for (const event of events)
      expect(JSON.stringify(recordOf(FORMS[name]!, event))).not.toContain('hunter2');
  });

  test('a summary has no score and no risk object', () => {
    const summary = events.find((event) => event.name === 'sidewatch.summary')!;
    expect(JSON.stringify(recordOf(FORMS[name]!, summary))).not.toMatch(/risk[._]score|risk[._]object/);
  });

  test('what routes ask for is on every risk event', () => {
    for (const event of events.filter((one) => one.name === 'sidewatch.risk')) {
      const { attributes, resource, severity, name: eventName } = recordOf(FORMS[name]!, event);
      const promised = 'sidewatch.risk.score security_rule.uuid security_rule.ruleset.name'.split(' ');
      for (const attribute of promised) expect(attributes[attribute]).toBe(event.attributes[attribute]);
      expect({ cluster: resource['k8s.cluster.name'], severity, eventName }).toEqual({
        cluster: 'prod-eu-1',
        severity: event.severity,
        eventName: 'sidewatch.risk',
      });
    }
  });

  test('is the same after a store has kept the event as JSON', () => {
    for (const event of events)
      expect(recordOf(FORMS[name]!, JSON.parse(JSON.stringify(event)))).toEqual(
        recordOf(FORMS[name]!, event),
      );
  });
});

describe('a finding of OCSF', () => {
  // Made once by ocsf-json-schema 1.2.0: OcsfJsonSchemaEmbedded(get_ocsf_schema('1.5.0')).get_class_schema('detection_finding').
  const schema = JSON.parse(
    readFileSync(new URL('formats/ocsf-detection-finding-1.5.0.json', import.meta.url), 'utf8'),
  );
  const validate = new Ajv2020({ strict: false, allErrors: true }).compile(schema);
  const finding = (event: RiskEvent) => JSON.parse(ocsf('1.2.3')(event, TEN).body);

  test('is valid', async () => {
    for (const event of [...events, await anOverflow()]) {
      validate(finding(event));
      expect(validate.errors ?? []).toEqual([]);
    }
  });

  test('is valid also where values are odd or missing', () => {
    const [event] = events;
    const odd = {
      ...event!,
      attributes: {
        ...event!.attributes,
        'client.address': 'not an address',
        'sidewatch.client.claimed': ['10.0.0.1', 'unknown'],
        'sidewatch.rule.tactics': ['discovery', 'impact'],
        'sidewatch.values.x"': ['\u0000\ud800'],
      },
    };
    const bare = { ...event!, attributes: {}, resource: {} };
    for (const one of [odd, bare]) {
      validate(finding(one));
      expect(validate.errors ?? []).toEqual([]);
    }
  });

  test('the schema refuses what is no finding', () => {
    expect(validate({ ...finding(events[0]!), severity_id: 7 })).toBe(false);
    expect(validate({ ...finding(events[0]!), more: 1 })).toBe(false);
  });
});

describe('what Splunk is asked for by a client', () => {
  test('an Audit-ID cannot end its text', () => {
    const event: RiskEvent = {
      ...events[0]!,
      attributes: { ...events[0]!.attributes, 'sidewatch.audit_ids': ['a" | delete \\'] },
    };
    expect(splunk(SPLUNK)(event, TEN).attributes['contributing_events_search']).toMatch(
      /^index=k8s_audit \("a\\" \| delete \\\\"\) earliest=\d+ latest=\d+$/,
    );
  });
});
