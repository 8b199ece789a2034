import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { importSplunk } from '../../src/commands/import/import-splunk.ts';
import { minutes } from '../../src/lib/time-format.ts';
import type { Micros } from '../../src/model/time.ts';
import { engine } from '../support/engine.ts';
import { type AuditEvent, at, refused, TEN } from '../support/events.ts';
import { end } from '../support/hits.ts';
import { testIo } from '../support/io.ts';
import { MADE_UP, madeUpSearch } from './import-splunk/searches.ts';

// What a filter macro lets through in Splunk, by the documentation of search and where, and what the imported filter lets through
// when the same log is replayed.

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-filters-'));
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;
const file = (text: string, name = `${made++}.conf`) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

file('src_ip,known,note\n198.51.100.1,yes,ours\n203.0.113.9,,partner\n', 'scanners.csv');
file('ip,City\n198.51.100.1,Amsterdam\n198.51.100.2,Paris\n', 'places.csv');
file('network,known\n198.51.100.0/30,yes\n', 'networks.csv');
const TRANSFORMS = file('[nets]\nfilename = networks.csv\nmatch_type = CIDR(network)\n');

const TITLES = {
  escu_kubernetes_access_scanning: 'Kubernetes Access Scanning',
  escu_kubernetes_daemonset_deployed: 'Kubernetes DaemonSet Deployed',
  escu_kubernetes_abuse_of_secret_by_unusual_user_agent: 'Kubernetes Abuse of Secret by Unusual User Agent',
} as const;
type Name = keyof typeof TITLES;

/** An app in which one search is on, with this filter. */
async function imported(name: Name, filter: string, macros = '') {
  const search = `[ESCU - ${TITLES[name]} - Rule]
disabled = 0
enableSched = 1
cron_schedule = 0 * * * *
dispatch.earliest_time = -70m@m
dispatch.latest_time = -10m@m
action.risk = 1
action.risk.param._risk = [{"risk_object_field": "user", "risk_object_type": "user", "risk_score": 49}, {"threat_object_field": "src_ip", "threat_object_type": "ip_address"}]
search = ${madeUpSearch(name)}
`;
  const defined = `[kube_audit]
definition = source=kubernetes
[kube_allowed_user_agents]
definition = userAgent=nothing
[${name.replace('escu_', '')}_filter]
definition = ${filter}
${macros}`;
  const { io, out, err } = testIo();
  const options = {
    savedsearches: [file(search)],
    macros: [file(defined)],
    transforms: [TRANSFORMS],
    lookups: folder,
  };
  const code = await importSplunk(options, io, MADE_UP);
  return { code, config: out(), err: err() };
}

/** What is left of a log under an imported filter. */
async function left(name: Name, filter: string, log: readonly AuditEvent[], field: string, macros?: string) {
  const { config, err, code } = await imported(name, filter, macros);
  expect(code, err).toBe(0);
  const run = await engine(config);
  for (const event of log) await run.send([event], at(event['stageTimestamp']));
  await run.close(end);
  return (await run.fired()).map(({ attributes }) => attributes[field]);
}

const scan = (n: number, address: string): AuditEvent[] =>
  Array.from({ length: n }, (_, i) => refused((TEN + i * 1e6) as Micros, [address]));

describe('rows of the scan, which count', () => {
  const [AMS, BER, FR] = ['198.51.100.1', '198.51.100.2', '203.0.113.9'];
  const log = [...scan(6, AMS), ...scan(8, BER), ...scan(6, FR)];
  const CITY = { [AMS]: 'Amsterdam', [BER]: 'Berlin', [FR]: '' };

  test.each<[string, readonly string[], string?]>([
    ['search *', [AMS, BER, FR]],
    ['search src_ip!=198.51.100.1', [BER, FR]],
    ['search src_ip!="198.51.100.1" src_ip!=203.0.113.9', [BER]],
    ['search NOT src_ip IN (198.51.100.1, 198.51.100.2)', [FR]],
    ['search NOT src_ip=198.51.100.0/24', [FR]],
    ['search NOT src_ip=198.51.*', [FR]],
    // search ignores case, where does not.
    ['search NOT Country=germany', [AMS, FR]],
    ['where Country!="germany"', [AMS, BER, FR]],
    ['where Country!="Germany"', [AMS, FR]],
    ['where NOT (Country="Germany" OR City="")', [AMS]],
    ['where NOT like(City, "B%")', [AMS, FR]],
    ['where City LIKE "_msterdam"', [AMS]],
    ['where NOT match(City, "^(B|A)")', [FR]],
    ['where NOT cidrmatch("198.51.100.0/31", src_ip)', [BER, FR]],
    ['where NOT in(src_ip, "198.51.100.1", "203.0.113.9")', [BER]],
    ['where isnull(Country) OR isnotnull(src_ip)', [AMS, BER, FR]],
    // NOT binds tightest. In search OR binds tighter than AND, in where AND does.
    ['search NOT Country=Netherlands OR Country=Germany', [BER, FR]],
    ['search src_ip=198.51.100.* Country=Germany OR Country=France', [BER]],
    ['where src_ip="203.0.113.9" OR Country="Germany" AND City="Amsterdam"', [FR]],
    ['search NOT (Country=Germany City=Berlin) | where src_ip!="203.0.113.9"', [AMS]],
    ['search count>6', [BER]],
    ['where 7 < count', [BER]],
    // One of a list of agents is enough.
    ['search NOT userAgent=curl/*', []],
    ['search NOT [| inputlookup scanners.csv | fields src_ip]', [BER]],
    ['search NOT [inputlookup places.csv | rename ip AS src_ip]', [BER, FR]],
    ['lookup scanners.csv src_ip OUTPUT known | where isnull(known)', [BER, FR]],
    ['lookup scanners.csv src_ip OUTPUTNEW known AS k | search NOT k=YES', [BER, FR]],
    // Where there is no answer, the comparison is neither true nor false.
    ['lookup scanners.csv src_ip OUTPUT known | where NOT known="no"', [AMS]],
    ['lookup scanners.csv src_ip | search note!=ours', [FR]],
    ['lookup nets network AS src_ip OUTPUT known | search NOT known=*', [FR]],
    [
      'search NOT `ours`',
      [FR],
      '[ours]\ndefinition = (`ams` OR Country=Germany)\n[ams]\ndefinition = City=Amsterdam\n',
    ],
    // A macro is text: here NOT is only for its first term.
    ['search NOT `bare`', [BER, FR], '[bare]\ndefinition = City=Amsterdam OR Country=Germany\n'],
    ['search NOT ```City=Berlin``` City=Amsterdam', [BER, FR]],
  ])('%s', async (filter, expected, macros) => {
    const cities = await left(
      'escu_kubernetes_access_scanning',
      filter,
      log,
      'sidewatch.group.sourceIPs.geo.locality.name',
      macros,
    );
    expect(cities.sort()).toEqual(expected.map((address) => CITY[address]).sort());
  });
});

describe('rows of single events, in which fillnull writes 0', () => {
  const daemonset = (name: string, more: AuditEvent): AuditEvent =>
    refused((TEN + minutes(1)) as Micros, ['198.51.100.1'], {
      verb: 'create',
      user: { username: 'bob', groups: ['dev', 'ops'] },
      responseStatus: { metadata: {}, code: 201 },
      objectRef: { resource: 'daemonsets', namespace: 'shop', name },
      ...more,
    });
  const log = [
    daemonset('plain', {}),
    daemonset('cd', { user: { username: 'system:serviceaccount:cd:deployer', groups: ['cd'] } }),
    daemonset('begun', { stage: 'RequestReceived', responseStatus: undefined }),
  ];

  test.each<[string, readonly string[]]>([
    ['search *', ['plain', 'cd', 'begun']],
    ['search NOT user=system:serviceaccount:cd:*', ['plain', 'begun']],
    ['search responseStatus.code=0', ['begun']],
    ['search responseStatus.code!=0', ['plain', 'cd']],
    ['search responseStatus.code!=201', ['begun']],
    ['search responseStatus.code=*', ['plain', 'cd', 'begun']],
    [`where 'responseStatus.code'<300`, ['plain', 'cd', 'begun']],
    [`where 'responseStatus.code'>=200`, ['plain', 'cd']],
    [`where 'objectRef.name'="cd" OR isnull(user)`, ['cd']],
    ['search NOT user_groups=ops', ['cd']],
    ['search objectRef.name IN (plain begun) stage=ResponseComplete', ['plain']],
  ])('%s', async (filter, expected) => {
    const names = await left(
      'escu_kubernetes_daemonset_deployed',
      filter,
      log,
      'sidewatch.group.objectRef.name',
    );
    expect(names.sort()).toEqual([...expected].sort());
  });

  test('rows of single events have the user and the address that Splunk has in them', async () => {
    const secret = (username: string, address: string) =>
      refused(TEN, [address], {
        verb: 'get',
        user: { username, groups: ['dev'] },
        objectRef: { resource: 'secrets', namespace: 'shop', name: 'key' },
      });
    const log = [secret('bob', '10.0.0.1'), secret('eve', '10.0.0.1'), secret('eve', '192.0.2.1')];
    const filter = 'search NOT user=bob | where src_ip!="192.0.2.1"';
    const name = 'escu_kubernetes_abuse_of_secret_by_unusual_user_agent';
    expect(await left(name, filter, log, 'sidewatch.risk.object')).toEqual(['eve']);
  });

  test('an event with several addresses is one row here, and a note says so', async () => {
    const name = 'escu_kubernetes_abuse_of_secret_by_unusual_user_agent';
    const { code, err, config } = await imported(name, 'search NOT src_ip=10.0.0.0/8');
    expect(code).toBe(0);
    expect(err).toMatch(
      /note: .*:6 {2}src_ip may have several values: Splunk then has a row for each and drops single ones, here the filter drops the whole event\n/,
    );
    expect(config).toContain('src_ip|cidr: 10.0.0.0/8');
    expect((await imported(name, 'search src_ip=10.0.0.0/8')).err).not.toContain('several values');
  });
});
