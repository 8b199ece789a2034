import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { commandLine } from '../src/commands/cli.ts';
import { loadConfig } from '../src/config/load-config.ts';
import { optionTable } from '../src/config/option-table.ts';
import { COUNTERS, type CounterName } from '../src/model/counters.ts';
import { counterMetric, MEASURED, scrapedName } from '../src/telemetry/metric-table.ts';
import { blocks, type Code, deadLinks, inlineCodes, type Page, pagesIn } from './support/pages.ts';

// What the pages name is there: metrics, keys, commands, options, files. Each check is tested on a page with a fault.

const ROOT = new URL('..', import.meta.url).pathname;
const PAGES = pagesIn(ROOT);
/** The history may name what is there no more. */
const NOW = PAGES.filter(({ path }) => path !== 'docs/CHANGELOG.md');
const CHART = ['_alerts.tpl', '_monitors.tpl', 'NOTES.txt'].map((file) => `helm/sidewatch/templates/${file}`);

const read = (path: string): Page => ({ path, text: readFileSync(ROOT + path, 'utf8') });
const pageOf = (text: string): Page => ({ path: 'docs/made-up.md', text });

const counters = Object.keys(COUNTERS) as CounterName[];
const metrics = [...counters.map(counterMetric), ...Object.values(MEASURED)];
const table = optionTable();
const options = table.map(({ key }) => key);
const keys = new Set(options.flatMap(withSectionsAbove));
const sections = new Set(options.map((key) => key.split('.')[0]!));

/** `a.<name>.b[].c`: itself, and each section that it is in. Items of a list have no mark of their own. */
function withSectionsAbove(key: string): readonly string[] {
  const steps = key.replaceAll('[]', '').split('.');
  return steps.map((_, i) => steps.slice(0, i + 1).join('.'));
}

/** Names in a scrape that no metric has. A histogram has three series. */
function unknownMetrics({ path, text }: Page): readonly string[] {
  const names = new Set(
    metrics.flatMap((metric) => {
      const name = scrapedName(metric);
      return metric.kind === 'histogram'
        ? ['', '_bucket', '_sum', '_count'].map((end) => name + end)
        : [name];
    }),
  );
  return [...text.matchAll(/(?<![\w./-])sidewatch_[a-z0-9_]+/g)].flatMap(([name]) =>
    names.has(name) || inLoki.has(name) ? [] : [`${path}  ${name}`],
  );
}

/** Words that begin as a counter does and are none. */
function unknownCounters(page: Page): readonly string[] {
  const begin = new Set(counters.map((name) => name.split('_')[0]));
  const words = table.flatMap(({ key, type }) => [...key.split(/\W+/), ...type.split(/\W+/)]);
  const known = new Set([...counters, ...words, 'group_wait']);
  return inlineCodes(page).flatMap(({ at, text }) =>
    /^[a-z]+(_[a-z]+)+$/.test(text) && begin.has(text.split('_')[0]) && !known.has(text)
      ? [`${at}  ${text}`]
      : [],
  );
}

/** Keys below a section of the configuration that the schema does not have. */
function unknownKeys(page: Page): readonly string[] {
  return inlineCodes(page).flatMap(({ at, text }) => {
    const [, key = ''] = /^([a-z_]+(?:\.(?:<name>|[A-Za-z_]+))+)(?:: .*|:)?$/.exec(text) ?? [];
    const [section = ''] = key.split('.');
    const other = attributes.has(key) || NOT_KEYS.has(key) || (section === 'risk' && isBlockPage(page));
    return sections.has(section) && !isKey(key) && !other ? [`${at}  ${key}`] : [];
  });
}

/** A field of rules, a former form, and a key of Fluent Bit. */
const NOT_KEYS: ReadonlySet<string> = new Set([
  'client.claimed',
  'receivers.otlp.grpc',
  'storage.total_limit_size',
]);
/** The page about the block of rules, in which a section has the name of one of the configuration. */
const isBlockPage = ({ path }: Page): boolean => path === 'docs/sidewatch-block.md';

/** A name that the user chooses may stand where the table has `<name>`. */
function isKey(key: string): boolean {
  const steps = key.split('.');
  return [...keys].some((known) => {
    const parts = known.split('.');
    return parts.length === steps.length && parts.every((part, i) => part === '<name>' || part === steps[i]);
  });
}

/** Of risk events: some begin as a section does (`client.address`). */
const attributes = new Set(inlineCodes(read('docs/risk-event.md')).map(({ text }) => text));
/** Loki has `_` for each dot. */
const inLoki = new Set([...attributes, 'sidewatch.last_seen'].map((name) => name.replaceAll('.', '_')));

/** The errors of each configuration of Sidewatch that a page shows. */
function badConfigurations(page: Page): readonly string[] {
  return configurations(page).flatMap(({ at, text }) => {
    const loaded = loadConfig({ path: at, text }, { MY_POD_IP: '127.0.0.1' }, () => 'x\n');
    return 'errors' in loaded ? loaded.errors : [];
  });
}

const configurations = (page: Page): readonly Code[] =>
  blocks(page).filter(({ language, text }) => {
    if (language !== 'yaml') return false;
    const top = Object.keys(parseAllDocuments(text)[0]?.toJS() ?? {});
    return top.some((key) => sections.has(key)) && !top.some((key) => OF_OTHERS.has(key));
  });

/** Keys of files of other programs, which share some names with ours. */
const OF_OTHERS: ReadonlySet<string> = new Set(['exporters', 'service', 'apiVersion', 'route', 'image']);

interface CommandShape {
  readonly options: ReadonlySet<string>;
  readonly below: ReadonlyMap<string, CommandShape>;
}

function shapeOf(command: ReturnType<typeof commandLine>): CommandShape {
  return {
    options: new Set([
      '--help',
      '-h',
      ...command.options.flatMap(({ long, short }) => [long ?? '', short ?? '']),
    ]),
    below: new Map(command.commands.map((one) => [one.name(), shapeOf(one)])),
  };
}
const program = shapeOf(commandLine(() => {}));
const everyOption = new Set(allOptions(program));

function allOptions({ options: own, below }: CommandShape): readonly string[] {
  return [...own, ...[...below.values()].flatMap(allOptions)];
}

/** Commands and options that the command line does not have. */
function unknownCommands(page: Page): readonly string[] {
  const shown = blocks(page).flatMap(({ at, language, text }) =>
    language === 'sh'
      ? text
          .replaceAll('\\\n', ' ')
          .split('\n')
          .map((line) => ({ at, line }))
      : [],
  );
  const inline = inlineCodes(page).map(({ at, text }) => ({ at, line: text }));
  return [
    ...[...shown, ...inline].flatMap(({ at, line }) => faultsOfLine(line).map((fault) => `${at}  ${fault}`)),
    ...inline.flatMap(({ at, line }) => {
      const [option = ''] = /^--[a-z][a-z-]+/.exec(line) ?? [];
      return option === '' || everyOption.has(option) || OPTIONS_OF_OTHERS.has(option)
        ? []
        : [`${at}  no command has ${option}`];
    }),
  ];
}

const OPTIONS_OF_OTHERS: ReadonlySet<string> = new Set([
  ...['--max-semi-space-size', '--max-old-space-size', '--heap-growing-percent'], // node
  ...['--set', '--reuse-values', '--reset-then-reuse-values', '--atomic'], // helm
  ...['--audit-log-path', '--audit-log-maxbackup', '--audit-log-maxage', '--audit-webhook-config-file'], // kube-apiserver
  ...['batch-max-wait', 'batch-max-size', 'batch-buffer-size', 'truncate-enabled', 'initial-backoff'].map(
    (name) => `--audit-webhook-${name}`,
  ),
  ...['--node-monitor-grace-period', '--disable-force-detach-on-timeout'], // kube-controller-manager
  ...['--filter-pattern', '--folder', '--organization', '--include-children'], // aws, gcloud
  ...['--seed', '--all', '--rounds', '--ratio', '--write'], // our scripts
]);

function faultsOfLine(line: string): readonly string[] {
  return [
    ...line.matchAll(
      /(?:^|[|;&(] *|npx |-- )(?:npm run (?:-s )?|npm start )?(?:-s )?sidewatch(?: --)? ([^|>#;&)]*)/g,
    ),
  ].flatMap(([, rest = '']) => faultsOf(rest.trim().split(/\s+/)));
}

/** How messages go on that begin with our name. */
const MESSAGE = /^needs$/;

function faultsOf(words: readonly string[]): readonly string[] {
  let at = program;
  let i = 0;
  for (let next = at.below.get(words[i] ?? ''); next; next = at.below.get(words[++i] ?? '')) at = next;
  if (at === program && (!/^[a-z]/.test(words[0]!) || MESSAGE.test(words[0]!))) return [];
  if (at.below.size > 0) return words.length > i ? [`no command ${words.slice(0, i + 1).join(' ')}`] : [];
  return words
    .slice(i)
    .map((word) => word.split('=')[0]!)
    .filter((word) => /^--[a-z]/.test(word) && !at.options.has(word))
    .map((word) => `${words.slice(0, i).join(' ')} has no ${word}`);
}

/** Pages that the table of README.md does not name. */
function unlistedPages(pages: readonly Page[], readme: string): readonly string[] {
  const listed = new Set(
    [...readme.slice(readme.indexOf('## All pages')).matchAll(/\]\(([^)#]*)/g)].map(([, to]) => to),
  );
  return pages.flatMap(({ path }) => (path.startsWith('docs/') && !listed.has(path) ? [path] : []));
}

/** What the table of bounds lacks: a limit, or a counter of what gave way. */
function boundsLeftOut(windows: string): readonly string[] {
  const limits = options.filter(
    (key) => key.startsWith('limits.') || /\.(max_connections\w*|queue_size)$/.test(key),
  );
  const gaveWay = counters.filter((name) => /_(evicted|folded|cut|forgotten|removed|refused)$/.test(name));
  const named = (name: string) => new RegExp(`\`[^\`]*\\b${name}\\b`).test(windows);
  return [...new Set([...limits.map((key) => key.replace(/^.*\.(?=max_|queue)/, '')), ...gaveWay])].filter(
    (name) => !named(name),
  );
}

/** Scripts of npm that package.json does not have. */
function unknownScripts({ path, text }: Page): readonly string[] {
  return [...text.matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].flatMap(([, script = '']) =>
    Object.hasOwn(scripts, script) ? [] : [`${path}  npm run ${script}`],
  );
}
const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));

/** Files and folders that are not there, neither from the top nor within src. */
function unknownPaths(page: Page): readonly string[] {
  return inlineCodes(page).flatMap(({ at, text }) =>
    /^(?:src|test|docs|rules|helm)\/[\w./-]+$/.test(text) &&
    !existsSync(ROOT + text) &&
    !existsSync(`${ROOT}src/${text}`)
      ? [`${at}  ${text}`]
      : [],
  );
}

describe('what the pages name is there', () => {
  test('metrics', () => {
    expect([...NOW, ...CHART.map(read)].flatMap(unknownMetrics)).toEqual([]);
  });
  test('counters', () => expect(NOW.flatMap(unknownCounters)).toEqual([]));
  test('keys', () => expect(NOW.flatMap(unknownKeys)).toEqual([]));
  test('configurations load', () => {
    expect(NOW.flatMap(configurations).length).toBeGreaterThan(25);
    expect(NOW.flatMap(badConfigurations)).toEqual([]);
  });
  test('commands and options', () => expect(NOW.flatMap(unknownCommands)).toEqual([]));
  test('scripts', () => expect(NOW.flatMap(unknownScripts)).toEqual([]));
  test('paths', () => expect(NOW.flatMap(unknownPaths)).toEqual([]));
  test('files and headings', () => expect(PAGES.flatMap((page) => deadLinks(page, ROOT))).toEqual([]));
});

describe('what is there the pages name', () => {
  test('README.md lists every page', () => {
    expect(unlistedPages(PAGES, read('README.md').text)).toEqual([]);
  });
  test('docs/windows.md lists every bound', () => {
    expect(boundsLeftOut(read('docs/windows.md').text)).toEqual([]);
  });
});

test('bundled rules collect no other contents than docs/SECURITY.md names', () => {
  const files = globSync('rules/**/*.yml', { cwd: ROOT, exclude: ['**/*.test.yml'] });
  expect(files.length).toBeGreaterThan(100);
  const collected = files.flatMap((file) => {
    const lists = read(file).text.matchAll(/^ +collect:\n((?: +- .*\n)+)/gm);
    return [...lists].flatMap(([, list = '']) =>
      [...list.matchAll(/- (\w+Object\.(?:\w+\.)?(?:data|stringData|binaryData)\b.*)/g)].map(
        ([, field]) => field,
      ),
    );
  });
  expect(collected.toSorted()).toEqual([
    'requestObject.data.Corefile',
    'requestObject.data.mapRoles',
    'requestObject.data.mapUsers',
  ]);
});

describe('the checks find', () => {
  test.each<[string, (page: Page) => readonly string[], string, readonly string[]]>([
    [
      'a metric that is not there',
      unknownMetrics,
      'look at `sidewatch_hits_total` and `sidewatch_hats_total`',
      ['docs/made-up.md  sidewatch_hats_total'],
    ],
    [
      'a counter without its end',
      unknownMetrics,
      'rate(sidewatch_events[5m])',
      ['docs/made-up.md  sidewatch_events'],
    ],
    [
      'a counter that is not there',
      unknownCounters,
      '\n`hits_late`, `hits_lost`',
      ['docs/made-up.md:2  hits_lost'],
    ],
    [
      'a key that is not there',
      unknownKeys,
      '`limits.state_mib`, `limits.state: 3`',
      ['docs/made-up.md:1  limits.state'],
    ],
    [
      'a key below a chosen name',
      unknownKeys,
      '`destinations.siem.timeout`, `destinations.siem.timeouts`',
      ['docs/made-up.md:1  destinations.siem.timeouts'],
    ],
    [
      'a key of a list',
      unknownKeys,
      '`receivers.otlp.protocols.grpc.auth.tokens.file`, `receivers.otlp.protocols.grpc.auth.tokens.files`',
      ['docs/made-up.md:1  receivers.otlp.protocols.grpc.auth.tokens.files'],
    ],
    [
      'a configuration that does not load',
      badConfigurations,
      '```yaml\nlimits: {groups: few}\n```',
      ['docs/made-up.md:1:1  limits.groups  wants a whole number from 1 to 10000000, has "few"'],
    ],
    [
      'a word that a key does not know',
      badConfigurations,
      '```yaml\nlimits: {}\nstorage: {kind: disk}\n```',
      ['docs/made-up.md:1:2  storage.kind  wants memory or sqlite, has "disk"'],
    ],
    [
      'a command that is not there',
      unknownCommands,
      '```sh\nsidewatch rules lint x\n```',
      ['docs/made-up.md:1  no command rules lint'],
    ],
    [
      'an option of another command',
      unknownCommands,
      '`cat a | sidewatch replay - --strict | jq .`',
      ['docs/made-up.md:1  replay has no --strict'],
    ],
    [
      'an option on the next line, and under npm',
      unknownCommands,
      '```sh\nnpm run -s sidewatch -- replay a \\\n  --loud > b\n```',
      ['docs/made-up.md:1  replay has no --loud'],
    ],
    [
      'an option by itself',
      unknownCommands,
      '`--min-level LEVEL`, `--max-level`',
      ['docs/made-up.md:1  no command has --max-level'],
    ],
    ['a script that is not there', unknownScripts, '`npm run benches`', ['docs/made-up.md  npm run benches']],
    [
      'a path that is not there',
      unknownPaths,
      '`src/main.ts`, `src/mane.ts`',
      ['docs/made-up.md:1  src/mane.ts'],
    ],
    [
      'a file that is not there',
      (page) => deadLinks(page, ROOT),
      '[a](rules.md) [b](ruler.md) [c](https://example.com)',
      ['docs/made-up.md  ](ruler.md)'],
    ],
    [
      'a heading that is not there',
      (page) => deadLinks(page, ROOT),
      '[a](windows.md#bounds) [b](windows.md#bands)',
      ['docs/made-up.md  ](windows.md#bands)'],
    ],
    [
      'a page that README.md does not list',
      (page) => unlistedPages([page], read('README.md').text),
      '',
      ['docs/made-up.md'],
    ],
  ])('%s', (_, check, text, found) => expect(check(pageOf(text))).toEqual(found));

  test('a bound that is not listed', () => {
    const without = read('docs/windows.md')
      .text.replaceAll('cells_evicted', '')
      .replaceAll('limits.values', '');
    expect(boundsLeftOut(without)).toEqual(['limits.values', 'cells_evicted']);
  });
});
