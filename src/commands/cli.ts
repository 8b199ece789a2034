import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { plainText } from '../lib/plain-text.ts';
import { seconds } from '../lib/time-format.ts';
import { PACKS } from '../model/packs.ts';
import { stopSignals } from '../ops/signals.ts';
import { UserError } from '../setup/user-error.ts';
import { versionText } from '../setup/version.ts';
import { oneShotOutput } from './output/one-shot-output.ts';

const EXIT_USAGE = 2;
/** For the log's last lines to be taken. */
const LAST_WORDS = seconds(1);

const RULES = 'Sigma file, folder or pattern, beside the packs; may stand several times';

/** The command line: one line a command. Resolves with the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  if (argv[0] !== 'serve') oneShotOutput(process.stdout, process.stderr);
  // What serve holds must not be lost for a reader that went away: its destination hears of it.
  else process.stdout.on('error', () => {});
  let code = 0;
  const program = new Command('sidewatch')
    .description('Kubernetes audit log detections inside an OpenTelemetry pipeline')
    .version(versionText())
    .exitOverride()
    .showHelpAfterError('(--help tells more)');

  program
    .command('serve')
    .description('receive audit logs over OTLP, detect, and send risk events')
    .option('--config <file>', 'configuration (YAML); without it the defaults serve')
    .action(async ({ config }) => {
      const signals = stopSignals();
      code = await (await import('../serve/serve.ts')).serve(config, signals);
      // What waits for a reader that does not read would keep the process alive.
      await flushed(process.stderr);
      process.exit(code);
    });

  program
    .command('replay')
    .description('run the rules over recorded logs in event time')
    .argument(
      '<files...>',
      'audit events, EventLists or OTLP/JSON, one a line or pretty-printed; .gz and .zst; - for standard input',
    )
    .option('--config <file>', 'configuration (YAML)')
    .addOption(new Option('--packs <names>', `rule packs, of ${PACKS.join(', ')}`).argParser(packs))
    .option('--rules <path>', RULES, several)
    .option('--cluster <name>', 'the cluster that the files come from')
    .addOption(new Option('--output <form>').choices(['table', 'json']).default('table'))
    .option('--fail-on-detection', 'exit 3 if anything was found')
    .action(async (files, options) => {
      code = await (await import('./replay/replay.ts')).replay(files, options);
    });

  const rules = program.command('rules').description('work on rules');
  rules
    .command('check')
    .description('tell everything that is wrong with rule files, and what could be better')
    .argument('<paths...>', 'Sigma files, folders or patterns')
    .option('--config <file>', 'configuration (YAML): its lists')
    .addOption(new Option('--packs <names>', 'rule packs that the files refer to').argParser(packs))
    .addOption(new Option('--output <form>').choices(['text', 'json', 'sarif']).default('text'))
    .option('--strict', 'exit 1 for warnings and lints too')
    .action(async (paths, options) => {
      code = await (await import('./rules/check.ts')).rulesCheck(paths, options);
    });
  rules
    .command('list')
    .description('list the rules that are loaded, and what is off and why')
    .option('--config <file>', 'configuration (YAML)')
    .addOption(new Option('--packs <names>', `rule packs, of ${PACKS.join(', ')}`).argParser(packs))
    .option('--rules <path>', RULES, several)
    .addOption(new Option('--output <form>').choices(['table', 'json']).default('table'))
    .option('--live [url]', 'ask a running sidewatch what its rules have done (telemetry.console.endpoint)')
    .action(async ({ live, ...options }) => {
      if (live === undefined) return (await import('./rules/list.ts')).rulesList(options);
      const { CONSOLE, rulesListLive } = await import('./rules/live-list.ts');
      return rulesListLive(live === true ? CONSOLE : live, options.output);
    });
  rules
    .command('explain')
    .description('say why a rule matches an audit event, or does not')
    .argument('<rule>', 'id, name or title')
    .argument('<event>', 'a file with one audit event, FILE:LINE for one of many, - for standard input')
    .option('--config <file>', 'configuration (YAML)')
    .addOption(new Option('--packs <names>', `rule packs, of ${PACKS.join(', ')}`).argParser(packs))
    .option('--rules <path>', RULES, several)
    .option('--cluster <name>', 'the cluster that the event comes from')
    .addOption(new Option('--output <form>').choices(['text', 'json']).default('text'))
    .action(async (rule, event, options) =>
      (await import('./rules/explain.ts')).rulesExplain(rule, event, options),
    );
  rules
    .command('test')
    .description('run the tests that stand beside rules (docs/rule-tests.md)')
    .argument('<paths...>', 'test files (NAME.test.yml), rule files with tests beside them, or folders')
    .option('--config <file>', 'configuration (YAML): its lists, trusted proxies and geo database')
    .addOption(new Option('--packs <names>', "rule packs that one's own rules refer to").argParser(packs))
    .addOption(new Option('--output <form>').choices(['text', 'junit']).default('text'))
    .action(async (paths, options) => {
      code = await (await import('./rules/run-test-command.ts')).rulesTest(paths, options);
    });

  program
    .command('config')
    .description('work on the configuration')
    .command('check')
    .argument('<file>')
    .description('read a configuration and the rules it names, and tell everything that is wrong')
    .action(async (file) => (await import('./config-check.ts')).configCheck(file));

  program
    .command('demo')
    .description('watch Sidewatch find a real scan in a recorded cluster day')
    .action(async () => {
      code = await (await import('./demo/demo.ts')).demo();
    });

  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    if (!(error instanceof UserError)) throw error;
    for (const line of error.lines) process.stderr.write(`${line.replace(/[^\n]+/g, plainText)}\n`);
    return error.code;
  }
}

/** An option that may stand several times; one that took several values would swallow the arguments behind it. */
const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Names with commas between them; what an option before it named is added to. */
function packs(text: string, before: readonly string[] = []): readonly string[] {
  const names = text.split(',').filter((name) => name !== '');
  for (const name of names) {
    if (!(PACKS as readonly string[]).includes(name))
      throw new InvalidArgumentError(`${name} is no rule pack; there are ${PACKS.join(', ')}`);
  }
  return [...new Set([...before, ...names])];
}

/** What was written to a stream has gone out, or nobody takes it. */
function flushed(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, LAST_WORDS);
    stream.write('', () => resolve());
  });
}
