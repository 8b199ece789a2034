import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { configCheck } from '../../../src/commands/config-check.ts';
import { UserError } from '../../../src/setup/user-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'config-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const write = (name: string, text: string) => {
  writeFileSync(at(name), text);
  return at(name);
};

let said = '';
beforeEach(() => {
  said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const HEAD = 'title: T\nid: t\nname: t\nlogsource: {product: kubernetes, service: audit}\n';
write('good.yml', `${HEAD}detection: {s: {verb: get}, condition: s}\n`);
write('broken.yml', `${HEAD}detection: {s: {verb|nonsense: get}, condition: s}\n`);
write('listed.yml', `${HEAD}detection: {s: {verb|expand: "%verbs%"}, condition: s}\n`);
const OFTEN =
  'title: Often\nid: often\ncorrelation: {type: event_count, rules: [elsewhere], timespan: 1h, condition: {gte: 2}}\n';
write('often.yml', OFTEN);

/** Every line that is wrong, without the folder. `text`: `@name` is a file in it. */
async function faults(text: string): Promise<readonly string[]> {
  const path = write('sidewatch.yaml', text.replaceAll('@', `${folder}/`));
  try {
    await configCheck(path);
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.lines.map((line) => line.replaceAll(`${folder}/`, '').replace(/ {2,}/g, '  '));
  }
}

test('prints what a valid file loads, and warnings with their place', async () => {
  const path = write(
    'good.yaml',
    `rules:\n  packs: []\n  files: [${at('good.yml')}]\n  overrides:\n    - {rule: nobody, level: low}\n`,
  );
  await configCheck(path);
  expect(said.split('\n')).toEqual([
    `${path}:5  rules.overrides[0].rule  warning: changes nothing: no loaded rule or filter has the id or name "nobody"`,
    `${path} is valid: 1 rule, risk events go to console`,
    '',
  ]);
});

test('prints a warning for the short form of the receiver', async () => {
  const path = write(
    'short.yaml',
    'receivers: {otlp: {grpc: {endpoint: "localhost:0"}}}\nrules: {packs: []}\n',
  );
  await configCheck(path);
  expect(said).toMatch(/^warning: .*short\.yaml:1 {2}receivers\.otlp\.grpc {2}is the short form; /);
});

test('reports a rule with an error, also where a start would leave it out', async () => {
  expect(await faults('rules: {packs: [], files: ["@broken.yml"], on_error: keep_valid}')).toEqual([
    'broken.yml:5  detection.s.verb|nonsense: "nonsense" is not a modifier',
  ]);
});

describe('what serve refuses at its start is reported', () => {
  test('a CA file that is missing, and one without a certificate', async () => {
    expect(
      await faults(`destinations:
  a: {endpoint: "https://x", tls: {ca_file: /nope}}
  b:
    endpoint: https://x
    tls: {ca_file: "@good.yml"}
`),
    ).toEqual([
      'sidewatch.yaml:2  destinations.a.tls.ca_file  /nope cannot be read: no such file',
      'sidewatch.yaml:5  destinations.b.tls.ca_file  good.yml holds no certificate (PEM)',
    ]);
  });

  test('the same in the environment', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'https://x');
    vi.stubEnv('OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE', at('good.yml'));
    expect(await faults('rules: {packs: []}')).toEqual([
      'OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE  good.yml holds no certificate (PEM)',
    ]);
  });
});

describe('everything wrong is reported at once', () => {
  test('of a geo database that is there but broken, beside destinations, keys and rules', async () => {
    const broken = /^sidewatch\.yaml:1 {2}geo\.city {2}geo database good\.yml is damaged.* no MaxMind DB/;
    const rules = 'rules: {packs: [], files: ["@broken.yml"]}';
    const fault = 'broken.yml:5  detection.s.verb|nonsense: "nonsense" is not a modifier';
    expect(await faults(`geo: {city: "@good.yml"}\n${rules}`)).toEqual([
      expect.stringMatching(broken),
      fault,
    ]);
    expect(
      await faults(
        `geo: {city: "@good.yml"}\ndestinations: {a: {endpoint: "https://x", tls: {ca_file: /nope}}}\n${rules}`,
      ),
    ).toEqual([expect.stringContaining('/nope cannot be read'), expect.stringMatching(broken), fault]);
    expect(await faults(`geo: {city: "@good.yml"}\nlimts: {}\n${rules}`)).toEqual([
      expect.stringContaining('limts  is not a key here'),
      expect.stringMatching(broken),
      fault,
    ]);
  });

  test('in destinations, places, files, lists, overrides, result filters and rules', async () => {
    expect(
      await faults(`geo: {city: /nope}
destinations: {a: {endpoint: "https://x", tls: {ca_file: /nope}}}
rules:
  packs: []
  files:
    - "@none.yml"
    - "@broken.yml"
  profiles: [escu-2062]
  lists: {verbs: {file: /nope}}
  overrides: [{rule: t, treshold: 3}]
  result_filters: {t: {s: {x: 1}, condition: not y}}
`),
    ).toEqual([
      'sidewatch.yaml:2  destinations.a.tls.ca_file  /nope cannot be read: no such file',
      expect.stringMatching(
        /^sidewatch\.yaml:1 {2}geo\.city {2}geo database \/nope cannot be read: no such file;/,
      ),
      'sidewatch.yaml:6  rules.files[0]  none.yml matches no rule file',
      'sidewatch.yaml:8  rules.profiles[0]  "escu-2062" is not a profile; did you mean "escu-2026"?',
      'sidewatch.yaml:9  rules.lists.verbs  /nope cannot be read: no such file',
      'sidewatch.yaml:10  rules.overrides[0].treshold  is not a key here; did you mean "threshold"?',
      'sidewatch.yaml:11  rules.result_filters.t.condition  "y" is no selection; did you mean "s"?',
      'broken.yml:5  detection.s.verb|nonsense: "nonsense" is not a modifier',
    ]);
  });

  test('beside wrong keys and values: the valid rest is checked too', async () => {
    expect(
      await faults(`limts: {}
client: {ipv6_prefix: five}
geo: {city: /nope}
destinations:
  a: {endpoint: nowhere, tls: {ca_file: /nope}}
  b: {endpoint: "https://x", tls: {ca_file: /nope}}
rules:
  packs: [escuu]
  files: ["@broken.yml"]
  overrides: [{rule: t, treshold: 3}]
`),
    ).toEqual([
      'sidewatch.yaml:1  limts  is not a key here; did you mean "limits"?',
      'sidewatch.yaml:2  client.ipv6_prefix  wants a whole number from 0 to 128, has "five"',
      expect.stringContaining('sidewatch.yaml:5  destinations.a.endpoint  wants an http'),
      'sidewatch.yaml:8  rules.packs[0]  wants escu or sidewatch, has "escuu"; did you mean "escu"?',
      'sidewatch.yaml:6  destinations.b.tls.ca_file  /nope cannot be read: no such file',
      expect.stringMatching(/^sidewatch\.yaml:3 {2}geo\.city/),
      'sidewatch.yaml:10  rules.overrides[0].treshold  is not a key here; did you mean "threshold"?',
      'broken.yml:5  detection.s.verb|nonsense: "nonsense" is not a modifier',
    ]);
  });

  test('beside wrong variables', async () => {
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'x');
    expect(await faults('geo: {city: /nope}')).toEqual([
      expect.stringMatching(/^OTEL_RESOURCE_ATTRIBUTES {2}wants key=value/),
      expect.stringMatching(/^sidewatch\.yaml:1 {2}geo\.city/),
    ]);
  });

  test('but no unknown name that a missing file may define', async () => {
    const filters = 'result_filters: {elsewhere: {s: {x: 1}, condition: not s}}';
    expect(await faults(`rules: {packs: [], files: ["@none.yml", "@often.yml"], ${filters}}`)).toEqual([
      'sidewatch.yaml:1  rules.files[0]  none.yml matches no rule file',
    ]);
    expect(await faults('rules: {packs: [], files: ["@listed.yml"], list: {verbs: [get]}}')).toEqual([
      'sidewatch.yaml:1  rules.list  is not a key here; did you mean "lists"?',
    ]);
    expect(await faults('rules: {packs: [], files: ["@often.yml"]}')).toEqual([
      'often.yml:3  correlation.rules[0]: no rule has the id or name "elsewhere"',
    ]);
  });

  test('but with unnamed destinations in the file the environment is not checked', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'nowhere');
    expect(await faults('destinations: {"a b": {endpoint: "https://x"}}')).toEqual([
      expect.stringMatching(/^sidewatch\.yaml:1 {2}destinations\.a b {2}wants a name/),
    ]);
    expect(await faults('destinations: 5')).toHaveLength(1);
  });

  test('with the line of a value from the environment', async () => {
    vi.stubEnv('RULES', `[${at('none.yml')}]`);
    expect(await faults('rules:\n  packs: []\n  files: ${env:RULES}')).toEqual([
      'sidewatch.yaml:3  rules.files[0]  none.yml matches no rule file',
    ]);
  });
});
