import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { escuRules } from '../../../../src/commands/import/escu-rules.ts';
import {
  ESCU_SEARCHES,
  filterMacro,
  searchDigest,
  searchThreshold,
} from '../../../../src/commands/import/escu-searches.ts';
import { type ImportOptions, importSplunk } from '../../../../src/commands/import/import-splunk.ts';
import { utcOffset } from '../../../../src/commands/option-values.ts';
import { configAt } from '../../../../src/setup/settings.ts';
import { MADE_UP, madeUpSearch } from '../../../golden/import-splunk/searches.ts';
import { testIo } from '../../../support/io.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-import-unit-'));
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;
const path = (name: string) => join(folder, `${made++}-${name}`);
function file(name: string, text: string): string {
  const at = path(name);
  writeFileSync(at, text);
  return at;
}

const SCAN = 'escu_kubernetes_access_scanning';
const AGENT = 'escu_kubernetes_abuse_of_secret_by_unusual_user_agent';
const TITLES = Object.fromEntries(escuRules().map(({ name, rule }) => [name, rule.title]));

const RISK =
  '[{"risk_object_field": "user", "risk_object_type": "user", "risk_score": 49}, {"threat_object_field": "src_ip", "threat_object_type": "ip_address"}]';

/** A search that is on, on lines of its own: the stanza is line 1. An empty value takes a key out. */
function search(name: string, more: Readonly<Record<string, string>> = {}): string {
  const keys = {
    disabled: '0',
    enableSched: '1',
    cron_schedule: '0 * * * *',
    'dispatch.earliest_time': '-70m@m',
    'dispatch.latest_time': '-10m@m',
    'action.risk': '1',
    'action.risk.param._risk': RISK,
    search: madeUpSearch(name),
    ...more,
  };
  const lines = Object.entries(keys).filter(([, text]) => text !== '-');
  return [`[ESCU - ${TITLES[name]} - Rule]`, ...lines.map(([key, text]) => `${key} = ${text}`), ''].join(
    '\n',
  );
}

function macros(more: Readonly<Record<string, string>> = {}): string {
  const all = {
    kube_audit: 'source=kubernetes',
    kube_allowed_user_agents: 'userAgent=Helm/3.13.2',
    [filterMacro(SCAN)]: 'search *',
    [filterMacro(AGENT)]: 'search *',
    ...more,
  };
  return Object.entries(all)
    .filter(([, text]) => text !== '-')
    .map(([name, text]) => `[${name}]\ndefinition = ${text}\n`)
    .join('');
}

async function run(saved: string, defined = macros(), more: Partial<ImportOptions> = {}) {
  const { io, out, err } = testIo();
  const [savedsearches, macroFile] = [file('saved.conf', saved), file('macros.conf', defined)];
  const options = { savedsearches: [savedsearches], macros: [macroFile], ...more };
  const code = await importSplunk(options, io, MADE_UP);
  const said = err().replaceAll(savedsearches, 'S').replaceAll(macroFile, 'M');
  return { code, out: out(), said, rules: out() === '' ? undefined : parse(out()).rules };
}

/** The line of the one thing that cannot be read. */
async function fault(saved: string, defined = macros(), more: Partial<ImportOptions> = {}): Promise<string> {
  const { code, out, said } = await run(saved, defined, more);
  expect([code, out]).toEqual([1, '']);
  const [line, counts, ...others] = said.trim().split('\n');
  expect(others).toEqual([]);
  expect(counts).toMatch(/ cannot be read; nothing was written \(--partial writes the others\)$/);
  return line!;
}

test('every rule of the pack has its search, its filter macro and, where Splunk has one, an allow-list', () => {
  expect(Object.keys(ESCU_SEARCHES).sort()).toEqual(Object.keys(TITLES).sort());
  const digests = Object.values(ESCU_SEARCHES).map((one) => one.digest);
  expect(new Set(digests).size).toBe(digests.length);
  const lists = Object.values(ESCU_SEARCHES).flatMap(({ allowList }) => allowList?.macro ?? []);
  expect(lists.sort()).toEqual(
    Object.keys(
      parse(readFileSync(new URL('../../../../rules/escu/lists.yml', import.meta.url), 'utf8')),
    ).sort(),
  );
});

test('a search is the same in another layout, and its threshold is read', () => {
  const one =
    '`m` "a.b"=1 | stats count values(x) as x by y z | where count > 5 | rename y as z, a as b | `f`';
  const other =
    '`m` a.b=1\n  | stats count values(x) AS x\n    BY y z ```here```\n|where count > 12|rename y as z,a as b | `f` ';
  expect(searchDigest(other)).toBe(searchDigest(one));
  expect([one, other, one.replace('> 5', '>= 5'), '`m`'].map(searchThreshold)).toEqual([5, 12, 4, undefined]);
  for (const changed of [one.replace('y z', 'y'), one.replace('"a.b"=1', 'a.c=1'), `${one} | head 1`])
    expect(searchDigest(changed)).not.toBe(searchDigest(one));
});

test('what is as it ships needs no settings', async () => {
  const { rules, said, code } = await run(search(SCAN));
  expect(code).toBe(0);
  expect(rules).toEqual({ packs: ['escu'], overrides: [{ rule: expect.any(Array), enabled: false }] });
  expect(rules.overrides[0].rule).toHaveLength(13);
  expect(rules.overrides[0].rule).not.toContain(SCAN);
  expect(said).toContain('1 on, 14 off, 0 cannot be read\n');
});

test('the twin, which is off here, is turned on', async () => {
  const twin = 'escu_kubernetes_scanning_by_unauthenticated_ip_address';
  const { rules } = await run(search(twin), macros({ [filterMacro(twin)]: 'search *' }));
  expect(rules.overrides[0]).toEqual({ rule: twin, enabled: true });
  expect(rules.overrides[1].rule).toContain(SCAN);
});

test('an older form of the risk action, and a list in its own field names', async () => {
  const old = {
    'action.risk.param._risk': '-',
    'action.risk.param._risk_object': 'src_ip',
    'action.risk.param._risk_object_type': 'system',
    'action.risk.param._risk_score': '12',
    'action.risk.param._risk_message': 'by $user.groups{}$',
  };
  const { rules } = await run(search(SCAN, old));
  expect(rules.overrides[0]).toEqual({
    rule: SCAN,
    score: 12,
    message: 'by $user.groups$',
    objects: [{ field: 'src_ip', type: 'system' }],
    threats: [],
  });
});

test('lists from every form of a macro', async () => {
  const list = async (text: string) =>
    (await run(search(AGENT), macros({ kube_allowed_user_agents: text }))).rules;
  expect((await list('userAgent=Helm/3.13.2')).lists).toBeUndefined();
  expect((await list('userAgent IN (a, "b c", d*)')).lists).toEqual({
    kube_allowed_user_agents: ['a', 'b c', 'd*'],
  });
  expect((await list('(userAgent=a OR userAgent="what?")')).lists).toEqual({
    kube_allowed_user_agents: ['a', 'what\\?'],
  });
  writeFileSync(join(folder, 'agents.csv'), 'userAgent,who\nx,1\ny,2\n');
  const saved = search(AGENT);
  const defined = macros({ kube_allowed_user_agents: '[| inputlookup agents.csv | fields userAgent]' });
  expect((await run(saved, defined, { lookups: folder })).rules.lists).toEqual({
    kube_allowed_user_agents: ['x', 'y'],
  });
  writeFileSync(join(folder, 'agents.csv'), 'userAgent,who\n');
  expect((await run(saved, defined, { lookups: folder })).rules.lists).toEqual({
    kube_allowed_user_agents: [],
  });
});

test('events that kube_audit selects become a filter, in a folder', async () => {
  const defined = macros({
    kube_audit: '(index=k8s OR index=old) verb!=watch NOT user.groups{}=system:nodes',
  });
  await expect(run(search(SCAN), defined)).rejects.toThrow(/name a folder with --out$/);
  const out = path('out');
  const { said } = await run(search(SCAN), defined, { out });
  expect(said).toContain('note: M:2  kube_audit says where Splunk keeps the log');
  expect(readdirSync(out).sort()).toEqual(['filters.yml', 'sidewatch.yaml']);
  expect(parse(readFileSync(join(out, 'filters.yml'), 'utf8')).filter).toEqual({
    rules: ['escu_unauthenticated_forbidden'],
    by_verb: { 'verb|exists': true },
    by_verb_2: { verb: 'watch' },
    by_user_groups: { 'user.groups': 'system:nodes' },
    condition: 'by_verb and not by_verb_2 and not by_user_groups',
  });
  expect(parse(readFileSync(join(out, 'sidewatch.yaml'), 'utf8')).rules.files).toEqual([
    join(out, 'filters.yml'),
  ]);
});

describe('what cannot be read is named by file and line, and nothing is written', () => {
  const TITLE = 'Kubernetes Access Scanning';

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['a changed search', { search: '`kube_audit` x | `f`' }, `S:9  ${TITLE}: the search is not the one`],
    ['no search', { search: '-' }, `S:1  ${TITLE}: there is no search; give the files of default`],
    ['a schedule', { cron_schedule: '0 * * * 1' }, `S:4  ${TITLE}: the schedule 0 * * * 1 leaves out days`],
    ['no schedule', { cron_schedule: '' }, `S:1  ${TITLE}: there is no cron_schedule`],
    ['no risk action', { 'action.risk': '0' }, `S:7  ${TITLE}: the search makes no risk events`],
    ['a throttle', { 'alert.suppress': '1' }, `S:10  ${TITLE}: the search is throttled`],
    ['a condition of the alert', { quantity: '3' }, `S:10  ${TITLE}: the alert depends on quantity = 3`],
    [
      'risk that is no JSON',
      { 'action.risk.param._risk': '[{]' },
      `S:8  ${TITLE}: the risk objects are no JSON`,
    ],
    [
      'no risk object',
      { 'action.risk.param._risk': '[]' },
      `S:8  ${TITLE}: the risk action has no risk object`,
    ],
    [
      'risk with a list in place of a text',
      { 'action.risk.param._risk': '[{"risk_object_field":["user"],"risk_score":1}]' },
      `S:8  ${TITLE}: its risk_object_field is no text`,
    ],
    [
      'a search by the time of indexing',
      { 'dispatch.index_earliest': '-1h' },
      `S:10  ${TITLE}: dispatch.index_earliest = -1h leaves out events`,
    ],
    [
      'a search of samples',
      { 'dispatch.sample_ratio': '100' },
      `S:10  ${TITLE}: dispatch.sample_ratio = 100 leaves out events`,
    ],
    ['a word that is no yes or no', { disabled: 'maybe' }, `S:2  ${TITLE}: maybe is neither yes`],
    [
      'a threshold that each count passes',
      { search: madeUpSearch(SCAN).replace('> 5', '>= 0') },
      `S:9  ${TITLE}: every count passes its threshold, or none does`,
    ],
    [
      'no risk at all',
      { 'action.risk.param._risk': '-' },
      `S:1  ${TITLE}: the risk action has no risk objects`,
    ],
    [
      'several scores',
      {
        'action.risk.param._risk':
          '[{"risk_object_field":"user","risk_score":1},{"risk_object_field":"src_ip","risk_score":2}]',
      },
      `S:8  ${TITLE}: its risk objects have several scores (1, 2)`,
    ],
    [
      'a field that rows have not',
      { 'action.risk.param._risk_message': 'at $dest$' },
      `S:8  ${TITLE}: the rows of this detection have no field dest`,
    ],
  ])('%s', async (_, keys, expected) => {
    expect(await fault(search(SCAN, keys))).toMatch(
      new RegExp(`^${expected.replace(/[*()=.,$[\]]/g, '\\$&')}`),
    );
  });

  test.each<[string, string]>([
    ['eval x=1', 'M:6  T: eval cannot be read: only search, where and lookup can'],
    ['search NOT src_ip=10.0.0.1 \\\n| stats count', 'M:7  T: stats cannot be read'],
    ['search kube-hunter', 'M:6  T: kube-hunter is a text without a field'],
    ['search *kube*', 'M:6  T: *kube* is a text without a field'],
    ['search NOT dest=x', 'M:6  T: the rows of this detection have no field dest'],
    ['search user!=bob', 'M:6  T: user is a list, for which != is not defined; use NOT'],
    ['where user!="bob"', 'M:6  T: user is a list, for which != is not defined'],
    ['where user="bob"', 'M:6  T: user is a list, and only search compares each of its values'],
    ['where src_ip=user', 'M:6  T: compares two fields'],
    ['where "a"="b"', 'M:6  T: compares two values'],
    ['where len(src_ip) > 3', 'M:6  T: the function len cannot be read'],
    ['where responseStatus.code=403', 'M:6  T: responseStatus.code cannot be read; a field with other signs'],
    ['where count+1 > 3', 'M:6  T: count+1 cannot be read'],
    ['where match(City, "(?!x)")', 'M:6  T: "(?!x)" is not a regular expression for RE2'],
    ['where cidrmatch("x", src_ip)', 'M:6  T: x is no network'],
    ['where src_ip > "a"', 'M:6  T: src_ip > compares texts, not numbers'],
    ['search src_ip>a', 'M:6  T: src_ip > a compares texts'],
    ['search src_ip="a\\\\b"', 'M:6  T: the value a\\b has a backslash'],
    ['search src_ip=', 'M:6  T: ends too early'],
    ['search (src_ip=1', 'M:6  T: wants ), has the end'],
    ['search NOT *', 'M:6  T: drops every row; turn the detection off instead'],
    ['search `nowhere`', 'M:6  T: the macro nowhere is not defined'],
    ['search `with(1)`', 'M:6  T: the macro with(1) has arguments'],
    ['search `loop`', 'M:10  T: the macro loop is nested too deep'],
    ['search `program`', 'M:12  T: the macro program is computed'],
    ['search NOT [search index=x]', 'M:6  T: a subsearch can only be an inputlookup'],
    ['search NOT [| inputlookup known]', 'M:6  T: the lookup known is not defined in the transforms'],
    ['search NOT [| inputlookup known.csv]', 'M:6  T: the lookup known.csv needs the folder'],
    ['', 'M:6  T: is empty'],
    ['lookup local=true known.csv src_ip', 'M:6  T: the option local of lookup cannot be read'],
    ['lookup known.csv src_ip', 'M:6  T: the lookup known.csv needs the folder'],
    ['-', 'S:1  T: the macro kubernetes_access_scanning_filter is not defined'],
  ])('a filter: %s', async (text, expected) => {
    const defined = macros({ [filterMacro(SCAN)]: text, [filterMacro(AGENT)]: '-' });
    const more = '[x]\ny = 1\n[loop]\ndefinition = `loop`\n[program]\ndefinition = "x"\niseval = 1\n';
    const line = await fault(search(SCAN), defined + more);
    expect(line.replace(TITLE, 'T')).toContain(expected);
  });

  test.each<[string, string, string]>([
    ['parentheses', `search ${'('.repeat(101)}src_ip=1`, 'is nested too deep'],
    ['NOT', `search ${'NOT '.repeat(40_000)}src_ip=1`, 'is nested too deep'],
    ['NOT in where', `where ${'NOT '.repeat(40_000)}src_ip="1"`, 'is nested too deep'],
    ['many tokens', `search ${'('.repeat(100_000)}src_ip=1`, 'is longer than import reads'],
    ['a long text', `search src_ip="${'x'.repeat(1_000_000)}"`, 'is longer than import reads'],
    ['macros that grow', 'search `bomb0`', 'is longer than import reads'],
  ])('what is made to take long: %s', async (_, text, expected) => {
    const bombs = Array.from(
      { length: 8 },
      (_, i) => `[bomb${i}]\ndefinition = ${`\`bomb${i + 1}\` `.repeat(9)}\n`,
    );
    const defined = macros({ [filterMacro(SCAN)]: text, bomb8: 'src_ip=1' }) + bombs.join('');
    expect(await fault(search(SCAN), defined)).toContain(`${TITLE}: ${expected}`);
  });

  test.each<[string, string]>([
    [
      'userAgent=a OR userAgent=b',
      'behind "search NOT", kube_allowed_user_agents is not a list of values of userAgent',
    ],
    ['userAgent=a user.username=b', 'is not a list of values of userAgent'],
    ['(userAgent=a OR user.username=b)', 'is not a list of values of userAgent'],
    ['user.username=b', 'is not a list of values of userAgent'],
    ['userAgent!=a', 'is not a list of values of userAgent'],
    ['userAgent=a | head 1', 'cannot be read at |'],
    ['*', 'is not a list of values of userAgent'],
  ])('an allow-list: %s', async (text, expected) => {
    expect(await fault(search(AGENT), macros({ kube_allowed_user_agents: text }))).toContain(expected);
  });

  test('lookups with several answers, columns that are not there, and odd definitions', async () => {
    writeFileSync(join(folder, 'two.csv'), 'src_ip,known\n10.0.0.1,yes\n10.0.0.1,no\n');
    const transforms = [file('transforms.conf', '[odd]\nfilename = two.csv\ndefault_match = none\n')];
    const of = async (text: string) =>
      fault(search(SCAN), macros({ [filterMacro(SCAN)]: text }), { lookups: folder, transforms });
    expect(await of('lookup two.csv src_ip OUTPUT known | where isnull(known)')).toContain(
      'the lookup has several answers in known for one key',
    );
    expect(await of('lookup two.csv src_ip OUTPUT other | where isnull(other)')).toContain('no column other');
    expect(await of('lookup two.csv known AS user OUTPUT src_ip AS x | search x=10*')).toContain(
      'with a wildcard',
    );
    expect(await of('lookup odd src_ip')).toContain('the lookup odd has default_match');
    expect(await of('search NOT [| inputlookup none.csv]')).toMatch(/none\.csv cannot be read: no such file/);
    expect(await of('search NOT [| inputlookup two.csv | fields ip]')).toContain(
      'the lookup has no column ip',
    );
    expect(await of('search NOT [| inputlookup two.csv | fields - known]')).toContain('name the columns');
  });

  test('lookups that are no tables, and match types that are none', async () => {
    const write = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content);
    write('nets.csv', 'src_ip,known\n10.0.0.0/8,yes\nhome,yes\n');
    write('empty.csv', '');
    write('latin.csv', Buffer.from('City\nZ\xfcrich\n', 'latin1'));
    write('wide.csv', Buffer.from('City\nZurich\n', 'utf16le'));
    write('packed.csv', gzipSync('City\nZurich\n'));
    write('long.csv', `src_ip\n${'192.0.2.1\n'.repeat(10_001)}`);
    write('over.csv', 'src_ip,City\n192.0.2.1,Lyon\n');
    const transforms = [
      file(
        'transforms.conf',
        '[nets]\nfilename = nets.csv\nmatch_type = CIDR(src_ip)\n[odd]\nfilename = nets.csv\nmatch_type = REGEX(src_ip)\n',
      ),
    ];
    const of = async (text: string) =>
      fault(search(SCAN), macros({ [filterMacro(SCAN)]: text }), { lookups: folder, transforms });
    expect(await of('lookup nets src_ip OUTPUT known | where isnull(known)')).toContain('home is no network');
    expect(await of('lookup odd src_ip OUTPUT known | where isnull(known)')).toContain(
      'match_type = REGEX(src_ip) cannot be read',
    );
    expect(await of('search NOT [| inputlookup empty.csv]')).toContain('empty.csv is empty');
    expect(await of('search NOT [| inputlookup latin.csv]')).toContain('latin.csv is not UTF-8 text');
    expect(await of('search NOT [| inputlookup wide.csv]')).toContain('wide.csv is not UTF-8 text');
    expect(await of('search NOT [| inputlookup packed.csv]')).toContain('packed.csv is compressed (gzip)');
    expect(await of('search NOT [| inputlookup long.csv]')).toContain(
      'the lookup has 10001 rows, of which a subsearch gives only the first 10000',
    );
    const had = 'City had a value before the lookup';
    expect(await of('lookup over.csv src_ip | search City=Lyon')).toContain(had);
    expect(await of('lookup over.csv src_ip OUTPUTNEW City | search City=Lyon')).toContain(had);
    expect(
      await of(
        'lookup over.csv src_ip OUTPUT City AS x | lookup nets.csv src_ip OUTPUTNEW known AS x | search x=yes',
      ),
    ).toContain('x had a value before the lookup');
  });

  test('kube_audit is a fault of all that is on', async () => {
    const saved = search(SCAN) + search(AGENT);
    expect(await fault(saved, macros({ kube_audit: 'index=a OR verb=get' }))).toBe(
      `M:2  Kubernetes Abuse of Secret by Unusual User Agent, ${TITLE}: kube_audit joins fields of the index and of the event by OR`,
    );
    expect(await fault(saved, macros({ kube_audit: 'index=a secrets' }))).toContain(
      'secrets is a text without a field',
    );
    expect(await fault(saved, macros({ kube_audit: 'index=a verbs=get' }))).toContain('no field verbs');
    // Behind a bar, a selection of ours has modifiers.
    const bar = 'index=a "requestObject.spec|re"=x';
    expect(await fault(saved, macros({ kube_audit: bar }))).toContain('no field requestObject.spec|re');
  });

  test('--partial leaves the detection out, and says so in the file', async () => {
    const { code, out, said, rules } = await run(
      search(SCAN, { 'alert.suppress': '1' }) + search(AGENT),
      macros(),
      {
        partial: true,
      },
    );
    expect(code).toBe(0);
    expect(said).toContain(`S:10  ${TITLE}: the search is throttled`);
    expect(said).toContain('1 on, 13 off, 1 cannot be read\n');
    expect(rules.overrides.at(-1)).toEqual({ rule: [SCAN], enabled: false });
    expect(out).toMatch(/# left out: \S+saved\.conf:10\n/);
  });
});

test('two searches of one title that are on are refused', async () => {
  const second = search(SCAN).replace('[ESCU', '[Copy');
  expect(await fault(search(SCAN) + second)).toMatch(
    /^S:10 {2}Kubernetes Access Scanning: Copy - Kubernetes Access Scanning - Rule is a second search/,
  );
  const { code } = await run(search(SCAN) + second.replace('disabled = 0', 'disabled = 1'));
  expect(code).toBe(0);
});

test('texts with dollar signs are those of the app, and no references to the environment', async () => {
  const message = 'by $user$ at ${env:HOME} for $$ 5';
  const saved = search(SCAN, { 'action.risk.param._risk_message': message }) + search(AGENT);
  const lists = { kube_allowed_user_agents: 'userAgent IN ("${HOME}", "$${HOME}")' };
  const { out } = await run(saved, macros(lists));
  const { rules } = configAt(file('made.yaml', out), { HOME: 'secret' });
  expect(rules.overrides).toContainEqual({ rule: SCAN, message });
  expect(rules.lists).toEqual({ kube_allowed_user_agents: ['${HOME}', '$${HOME}'] });
});

test('a regular expression with flags', async () => {
  const { rules } = await run(
    search(SCAN),
    macros({ [filterMacro(SCAN)]: 'where NOT match(City, "(?i)^l[yi]on")' }),
  );
  expect(rules.result_filters[SCAN].by_City).toEqual({ 'City|re': '(?i)^l[yi]on' });
});

test('what is on and has no counterpart is named', async () => {
  const more = [
    '[My copy of it]\nenableSched = 1\nsearch = `kube_audit` verb=create\n',
    '[Another]\nenableSched = 1\nsearch = index=x\n[Off]\nsearch = `kube_audit`\n',
  ].join('');
  const { said } = await run(search(SCAN, { 'action.email': '1', 'action.notable': '0' }) + more);
  expect(said).toContain('S:10  Kubernetes Access Scanning has the action email, for which there is nothing');
  expect(said).toContain('S:12  "My copy of it" reads the audit log, too, and is not taken over');
  expect(said).not.toMatch(/Another|Off|notable/);
});

test('files of something else are refused', async () => {
  await expect(run('[Other]\nsearch = x\n')).rejects.toThrow(
    /saved\.conf {2}has no search of the pack escu, such as \[ESCU - Kubernetes Access Scanning - Rule\]$/,
  );
  const wide = path('wide.conf');
  writeFileSync(wide, Buffer.from(`\uFEFF${search(SCAN)}`, 'utf16le'));
  await expect(importSplunk({ savedsearches: [wide], macros: [wide] })).rejects.toThrow(
    'wide.conf  is not UTF-8 text; convert it first',
  );
});

test('a link in the place of a file is not written through, and no other file is left', async () => {
  const out = path('linked');
  mkdirSync(out);
  symlinkSync(join(folder, 'elsewhere.yml'), join(out, 'filters.yml'));
  const defined = macros({ kube_audit: 'index=k8s verb!=watch' });
  await expect(run(search(SCAN), defined, { out })).rejects.toThrow(/filters\.yml {2}is there already/);
  expect(readdirSync(out)).toEqual(['filters.yml']);
});

test('files that are not there are named', async () => {
  const options = { savedsearches: [join(folder, 'none.conf')], macros: [join(folder, 'none.conf')] };
  await expect(importSplunk(options)).rejects.toThrow('none.conf  cannot be read: no such file');
  const empty = path('app');
  mkdirSync(empty);
  await expect(importSplunk({ ...options, savedsearches: [empty] })).rejects.toThrow(
    'has no savedsearches.conf, and none in default or local',
  );
});

test('an offset from UTC', () => {
  expect(['+01:00', '5:30', '-0800', '+00:00'].map(utcOffset)).toEqual([3600, 19_800, -28_800, 0]);
  for (const wrong of ['', 'UTC', '+25:00', '+1', '+01:60'])
    expect(() => utcOffset(wrong)).toThrow('is not an offset');
});
