import { Command, CommanderError, Option } from 'commander';
import { plainText } from '../lib/plain-text.ts';
import { seconds } from '../lib/time-format.ts';
import { PACKS } from '../model/packs.ts';
import { LEVELS } from '../model/rule.ts';
import { NPM_LINES, npmWroteFirst } from '../ops/npm-script.ts';
import { stopSignals } from '../ops/signals.ts';
import { UserError } from '../setup/user-error.ts';
import { versionText } from '../setup/version.ts';
import {
  durationLength,
  levelName,
  levelNames,
  packNames,
  scoreNumber,
  timeOrDate,
  utcOffset,
} from './option-values.ts';
import { oneShotOutput } from './output/one-shot-output.ts';

const EXIT_USAGE = 2;
/** How long the end of `serve` waits for a reader of its last log lines. */
const LOG_FLUSH = seconds(1);

/** Sets the exit code. Without a call it is 0. */
type Exit = (code: number) => void;

/** Runs the command line. Resolves with the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  if (argv[0] !== 'serve') oneShotOutput(process.stdout, process.stderr);
  // `serve` must not end, and lose what it holds, because a reader has gone: its stdout destination sees the error too.
  else process.stdout.on('error', () => {});
  let code = 0;
  const program = commandLine((set) => {
    code = set;
  });
  try {
    await program.parseAsync(withFailLevel(argv), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    if (!(error instanceof UserError)) throw error;
    for (const line of error.lines) process.stderr.write(`${line.replace(/[^\n]+/g, plainText)}\n`);
    return error.code;
  }
}

/** All commands and their options. */
export function commandLine(exit: Exit): Command {
  const program = new Command('sidewatch')
    .description('Detect attacks in Kubernetes audit logs inside an OpenTelemetry pipeline.')
    .version(versionText(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'Show help for a command.')
    .exitOverride()
    .showHelpAfterError('(use --help to see what is possible)');
  program.hook('preAction', (_, command) => {
    const { output: format = 'text' } = command.opts();
    if (!PEOPLE.has(format) && npmWroteFirst()) process.stderr.write(`${NPM_LINES}\n`);
  });
  addServe(program);
  addHealth(program, exit);
  addTail(program);
  addReplay(program, exit);
  addCompare(program, exit);
  addImport(program.command('import').description('Take over what another system has.'), exit);
  addRules(program.command('rules').description('Check, list, explain and test rules.'), exit);
  program
    .command('config')
    .description('Check the configuration.')
    .command('check')
    .argument('<file>', 'configuration file (YAML)')
    .description(
      'Report everything that is wrong in a configuration, and in the rules and files that it names.',
    )
    .action(async (file) => (await import('./config-check.ts')).configCheck(file));
  addStorage(
    program.command('storage').description('Check or move aside what a durable sidewatch has stored.'),
    exit,
  );
  addSendTest(program, exit);
  addScanTest(program, exit);
  addDeadLetters(
    program.command('dead-letters').description('Show the dead letters, and send them again.'),
    exit,
  );
  program
    .command('demo')
    .description('Show how Sidewatch finds a real scan in a recorded day of a cluster.')
    .action(async () => exit(await (await import('./demo/demo.ts')).demo()));
  return program;
}

function addServe(program: Command): void {
  program
    .command('serve')
    .description('Receive audit logs over OTLP, run detections on them, and send risk events.')
    .option(CONFIG, 'configuration file (YAML); without it the defaults apply')
    .action(async ({ config }) => {
      const signals = stopSignals();
      const code = await (await import('../serve/serve.ts')).serve(config, signals);
      // Output that waits for a slow reader would keep the process alive.
      await flushed(process.stderr);
      process.exit(code);
    });
}

function addHealth(program: Command, exit: Exit): void {
  program
    .command('health')
    .description(
      'Ask a running sidewatch whether it lives, in one line; exit code 0 if it does, 1 if not. For the own check of a container.',
    )
    .addOption(new Option(CONFIG, 'configuration file (YAML) of the running sidewatch').conflicts('endpoint'))
    .option('--endpoint <host:port>', 'its telemetry.health.endpoint')
    .option('--ready', 'ask whether it is ready for requests')
    .action(async (options) => exit(await (await import('./health.ts')).health(options)));
}

function addTail(program: Command): void {
  program
    .command('tail')
    .description('Show the risk events of a running sidewatch as they fire. Ctrl-C ends it.')
    .addOption(
      new Option(
        '--endpoint <url>',
        'its telemetry.console.endpoint; without it http://localhost:55679',
      ).conflicts('config'),
    )
    .option(CONFIG, 'configuration file (YAML) of the running sidewatch, in place of the endpoint')
    .option('--token-file <file>', 'file with tokens of the console, one a line; the first is sent')
    .addOption(level('--min-level', 'show only detections of this level or above'))
    .option('--min-score <number>', 'show only detections with this score or more (0 to 100)', scoreNumber)
    .option('--rule <name>', 'show only this rule: its name, title or id; may be repeated', several)
    .option('--match <text>', 'show only what has this text, in any case, in its message or its values')
    .addOption(output('table', 'json'))
    .addOption(WIDE)
    .addOption(COLOR)
    .action(async (options) => {
      const { stop } = stopSignals();
      await (await import('./tail/tail.ts')).tail(options, stop);
    });
}

function addReplay(program: Command, exit: Exit): void {
  program
    .command('replay')
    .description('Run detections on recorded audit logs, in event time.')
    .argument(
      '<files...>',
      'files, folders or patterns: audit events, EventLists or OTLP/JSON, one per line or pretty-printed; may be .gz or .zst; - reads standard input',
    )
    .option(CONFIG, 'configuration file (YAML)')
    .addOption(packs(LOADED_PACKS))
    .option(...MORE_RULES)
    .option('--cluster <name>', 'name of the cluster that the files come from')
    .addOption(output('table', 'json', 'csv', 'html'))
    .option('--all', 'show one row for each detection, in place of one for each behaviour')
    .addOption(WIDE)
    .addOption(COLOR)
    .addOption(new Option('--utc', 'show times in UTC (default)').conflicts('local'))
    .option('--local', 'show times in the local time zone; only in tables')
    .addOption(level('--min-level', 'show only detections of this level or above'))
    .option('--min-score <number>', 'show only detections with this score or more (0 to 100)', scoreNumber)
    .option('--from <time>', `leave out audit events before this time (${TIME})`, timeOrDate)
    .option('--to <time>', 'leave out audit events at this time and after it', timeOrDate)
    .option(
      `${FAIL} [level]`,
      `exit with code 3 if a detection of this level or above fired, shown or not; use --fail-on-detection=LEVEL (default: ${FAIL_LEVEL})`,
      levelName,
    )
    .action(async (files, options) => {
      const { EXIT_STOPPED, replay } = await import('./replay/replay.ts');
      const { stop, atOnce } = stopSignals(['SIGINT']);
      atOnce.addEventListener('abort', () => process.exit(EXIT_STOPPED));
      const code = await replay(files, options, { out: process.stdout, err: process.stderr, stop });
      exit(code);
      // An input that is waited for would keep the process alive.
      if (stop.aborted) process.stdin.destroy();
    });
}

function addSendTest(program: Command, exit: Exit): void {
  program
    .command('send-test')
    .description('Send a marked test event to every destination, and show which one answered how.')
    .option(CONFIG, 'configuration file (YAML)')
    .addOption(level('--level', 'level of the test event; informational without it'))
    .option(
      '--score <number>',
      'score of the test event (0 to 100); without it that of its level',
      scoreNumber,
    )
    .action(async (options) => exit(await (await import('./send-test/send-test.ts')).sendTest(options)));
}

function addScanTest(program: Command, exit: Exit): void {
  program
    .command('scan-test')
    .description(
      'Send a synthetic scan to a running sidewatch over OTLP, and wait until its risk event has been delivered. `helm test` runs it.',
    )
    .requiredOption('--endpoint <host:port>', 'its receiver of OTLP over gRPC')
    .option('--metrics <url>', 'its /metrics; without it only the answer of the receiver is looked at')
    .option('--rule <name>', 'the rule that must find the scan', 'kubernetes_api_scanning')
    .option('--cluster <name>', 'k8s.cluster.name of the audit events', 'sidewatch-scan-test')
    .option('--ca-file <file>', 'PEM of an authority or of the certificate of the receiver; turns TLS on')
    .option('--cert-file <file>', 'PEM of a client certificate')
    .option('--key-file <file>', 'its key')
    .option('--token-file <file>', 'file with tokens, one a line; the first is sent')
    .addOption(
      new Option('--timeout <duration>', 'how long to wait')
        .argParser(durationLength)
        .default(seconds(60), '60s'),
    )
    .action(async (options) => exit(await (await import('./scan-test/scan-test.ts')).scanTest(options)));
}

function addDeadLetters(letters: Command, exit: Exit): void {
  const only = ['--destination <name>', 'only those of this destination'] as const;
  letters
    .command('list')
    .description('List the risk events that their destinations refused, or that had to leave a full queue.')
    .option(CONFIG, 'configuration file (YAML)')
    .option(...only)
    .addOption(output('table', 'json'))
    .action(async (options) => (await import('./dead-letters/list-letters.ts')).listLetters(options));
  letters
    .command('retry')
    .description(
      'Send the dead letters to their destinations. What is refused again stays; exit code 1 if any are left.',
    )
    .option(CONFIG, 'configuration file (YAML)')
    .option(...only)
    .action(async (options) =>
      exit(await (await import('./dead-letters/retry-letters.ts')).retryLetters(options)),
    );
}

function addCompare(program: Command, exit: Exit): void {
  program
    .command('compare')
    .description(
      'Compare what a recorded audit log fires with what Splunk, or another sidewatch, found in it.',
    )
    .argument('<files...>', 'files, folders or patterns, as for replay')
    .addOption(
      new Option(
        '--splunk <file>',
        "export of Splunk's risk index (CSV; docs/compare.md has the search)",
      ).conflicts('with'),
    )
    .option('--with <file>', 'risk events of another sidewatch, one JSON object on each line')
    .option(CONFIG, 'configuration file (YAML)')
    .addOption(packs(LOADED_PACKS))
    .option(...MORE_RULES)
    .option('--cluster <name>', 'name of the cluster that the files come from')
    .addOption(output('table', 'json'))
    .option('--from <time>', `compare from this time on (${TIME})`, timeOrDate)
    .option('--to <time>', 'compare before this time', timeOrDate)
    .option('--fail', 'exit with code 1 if there is a difference')
    .action(async (files, options) =>
      exit(await (await import('./compare/compare.ts')).compare(files, options)),
    );
}

function addImport(imports: Command, exit: Exit): void {
  const file = 'a file, or the folder of an app (its default and, over it, its local); may be repeated';
  imports
    .command('splunk')
    .description(
      "Write the configuration with which the pack escu answers as a Splunk app's detections do. What cannot be read is named by file and line.",
    )
    .requiredOption('--savedsearches <path>', `savedsearches.conf: ${file}`, several)
    .requiredOption('--macros <path>', `macros.conf: ${file}`, several)
    .option('--transforms <path>', `transforms.conf, for lookups with a definition: ${file}`, several)
    .option('--lookups <folder>', 'the folder of the lookup files (CSV)')
    .option('--utc-offset <+hh:mm>', 'how far the clock of cron schedules is ahead of UTC', utcOffset)
    .option(
      '--out <folder>',
      'make files in this folder; without it the configuration goes to standard output',
    )
    .option('--partial', 'leave out detections that cannot be read, in place of an error')
    .action(async (options) => exit(await (await import('./import/import-splunk.ts')).importSplunk(options)));
}

function addRules(rules: Command, exit: Exit): void {
  rules
    .command('check')
    .description('Report errors, warnings, lints and notes about rule files.')
    .argument('<paths...>', 'Sigma files, folders or glob patterns')
    .option(CONFIG, 'configuration file (YAML), for its lists')
    .addOption(packs('rule packs that the files refer to'))
    .addOption(output('text', 'json', 'sarif'))
    .option('--strict', 'exit with code 1 for warnings and lints too')
    .action(async (paths, options) =>
      exit(await (await import('./rules/check.ts')).rulesCheck(paths, options)),
    );
  rules
    .command('list')
    .description('List the rules that are loaded, and the rules that are off with the reason.')
    .option(CONFIG, 'configuration file (YAML)')
    .addOption(packs(LOADED_PACKS))
    .option(...MORE_RULES)
    .option('--level <levels>', 'only rules of these levels (comma-separated)', levelNames)
    .option('--tag <tag>', 'only rules with this tag, with or without "attack.": discovery, t1046')
    .option('--pack <name>', 'only rules of this pack, or of this file')
    .option('--match <text>', 'only rules with this text in their name, title, id or file')
    .addOption(output('table', 'json'))
    .addOption(WIDE)
    .addOption(COLOR)
    .option(
      '--live [url]',
      'show what the rules of a running sidewatch have done; the URL is its telemetry.console.endpoint',
    )
    .option(
      '--token-file <file>',
      'for --live: file with tokens of the console, one a line; the first is sent',
    )
    .action(async ({ live, tokenFile, ...options }) => {
      if (live === undefined) return (await import('./rules/list.ts')).rulesList(options);
      const at = { ...(live !== true && { endpoint: live }), ...(tokenFile && { tokenFile }) };
      return (await import('./rules/live-list.ts')).rulesListLive(at, options);
    });
  rules
    .command('explain')
    .description('Explain why a rule matches an audit event, or why not.')
    .argument('<rule>', 'id, name or title of the rule')
    .argument('<event>', 'file with one audit event; FILE:LINE picks a line; - reads standard input')
    .option(CONFIG, 'configuration file (YAML)')
    .addOption(packs(LOADED_PACKS))
    .option(...MORE_RULES)
    .option('--cluster <name>', 'name of the cluster that the event comes from')
    .addOption(output('text', 'json'))
    .action(async (rule, event, options) =>
      (await import('./rules/explain.ts')).rulesExplain(rule, event, options),
    );
  rules
    .command('test')
    .description('Run the tests of rules (see docs/rule-tests.md).')
    .argument('<paths...>', 'test files (NAME.test.yml), rule files with a test file beside them, or folders')
    .option(CONFIG, 'configuration file (YAML), for its lists, trusted proxies and geo database')
    .addOption(packs('rule packs that your rules refer to'))
    .addOption(output('text', 'junit'))
    .action(async (paths, options) =>
      exit(await (await import('./rules/run-test-command.ts')).rulesTest(paths, options)),
    );
}

function addStorage(storage: Command, exit: Exit): void {
  storage
    .command('check')
    .description(
      'Read all that is stored and report what it is; exit code 1 if it is damaged, 2 if it cannot be read. No process may have it open.',
    )
    .argument(...STORAGE_DIRECTORY)
    .option(...STORAGE_CONFIG)
    .action(async (directory, options) =>
      exit(
        await (await import('./storage/storage-check.ts')).storageCheck(await storeOf(directory, options)),
      ),
    );
  storage
    .command('reset')
    .description('Move all that is stored into a folder beside it, so that the next start begins empty.')
    .argument(...STORAGE_DIRECTORY)
    .option(...STORAGE_CONFIG)
    .action(async (directory, options) =>
      (await import('./storage/storage-reset.ts')).storageReset(await storeOf(directory, options)),
    );
}

async function storeOf(
  directory: string | undefined,
  options: { readonly config?: string },
): Promise<string> {
  return (await import('./storage/stored-at.ts')).storedAt(directory, options);
}

const STORAGE_DIRECTORY = ['[directory]', 'the storage.directory of a configuration'] as const;
const CONFIG = '--config <file>';
const STORAGE_CONFIG = [CONFIG, 'configuration file (YAML) that has it, in place of the directory'] as const;
/** For an option with one value each time: one with several values would take the arguments after it too. */
const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

const LOADED_PACKS = 'rule packs to load, in place of the configured ones';

const FAIL = '--fail-on-detection';
/** Rules report below it what is usual and only worth a note. */
const FAIL_LEVEL = 'medium';
const TIME = 'RFC 3339, or a date: 2026-01-15T09:00:00Z, 2026-01-15';

/** Gives --fail-on-detection its level where it has none: commander would take the file after it for the level. */
function withFailLevel(argv: readonly string[]): readonly string[] {
  const options = argv.indexOf('--') < 0 ? argv.length : argv.indexOf('--');
  return argv.map((arg, i) => (arg === FAIL && i < options ? `${FAIL}=${FAIL_LEVEL}` : arg));
}

const MORE_RULES = [
  '--rules <path>',
  'Sigma file, folder or glob pattern to load in addition; may be repeated',
  several,
] as const;

/** Output formats that no program reads. */
const PEOPLE: ReadonlySet<string> = new Set(['text', 'table']);

/** The first format is the default. */
const output = (...formats: readonly [string, ...string[]]): Option =>
  new Option('--output <format>', 'output format').choices(formats).default(formats[0]);

const WIDE = new Option('--wide', 'leave nothing out of a table to make it fit the terminal');
const COLOR = new Option('--color <when>', 'colours; auto: on a terminal, unless NO_COLOR is set')
  .choices(['auto', 'always', 'never'])
  .default('auto');

const level = (flag: string, description: string): Option =>
  new Option(`${flag} <level>`, `${description} (${LEVELS.join(', ')})`).argParser(levelName);

const packs = (description: string): Option =>
  new Option('--packs <names>', `${description} (comma-separated, from: ${PACKS.join(', ')})`).argParser(
    packNames,
  );

/** Resolves when a stream has written everything, or has had time enough. */
function flushed(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, LOG_FLUSH);
    stream.write('', () => resolve());
  });
}
