import { DEFAULT_QUEUE } from '../../config/outputs.ts';
import type { Config } from '../../config/schema.ts';
import { MemoryState } from '../../correlate/memory-state.ts';
import { jsonLines } from '../../formats/json-lines.ts';
import { plainText } from '../../lib/plain-text.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { Rule } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import { createCounters } from '../../ops/counter-store.ts';
import { renderer } from '../../risk/render.ts';
import { geoOf, loadDetector } from '../../setup/detector.ts';
import { redactionFor } from '../../setup/redaction.ts';
import { limitsOf, settingsFor } from '../../setup/settings.ts';
import { UserError } from '../../setup/user-error.ts';
import { printer } from '../output/printer.ts';
import { type ChoiceOptions, DetectionChoice } from './detection-choice.ts';
import { DetectionTable } from './detection-table.ts';
import { hitsInOrder } from './hits-in-order.ts';
import { htmlOutput } from './html-output.ts';
import { InputTally } from './input-tally.ts';
import { play } from './play.ts';
import { progressBar } from './progress.ts';
import { inputsOf } from './replay-inputs.ts';
import { summary } from './replay-summary.ts';

export interface ReplayOptions extends ChoiceOptions {
  readonly config?: string;
  readonly packs?: Config['rules']['packs'];
  readonly rules?: readonly string[];
  readonly cluster?: string;
  readonly output: 'table' | 'json' | 'html';
  /** Audit events from this time on... */
  readonly from?: Micros;
  /** ... and before this one are looked at. */
  readonly to?: Micros;
}

/** Not all input could be read, or it held no audit event: such a build is not green. Takes precedence over EXIT_DETECTED. */
const EXIT_UNREAD = 1;
const EXIT_USAGE = 2;
const EXIT_DETECTED = 3;

/** Results go to `out`, messages and progress to `err`. */
export interface ReplayIo {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Runs the rules over recorded logs in event time. Resolves with the exit code. */
export async function replay(
  files: readonly string[],
  options: ReplayOptions,
  { out, err }: ReplayIo = { out: process.stdout, err: process.stderr },
): Promise<number> {
  const { from, to } = options;
  if (from !== undefined && to !== undefined && from >= to)
    throw new UserError(['--to must be later than --from (a date is its first moment, in UTC)'], EXIT_USAGE);
  const inputs = inputsOf(files);
  const { config, resource } = await settingsFor(options.config);
  const write = printer(out);
  const counters = createCounters();
  const loaded = loadDetector(withOptions(config, options), geoOf(config));
  for (const { where, message } of loaded.warnings)
    err.write(`${plainText(`${where}  warning: ${message}`)}\n`);
  // People see final counts, so a rule that fires at once gets a summary too.
  const rules = options.output === 'json' ? loaded.rules : loaded.rules.map(withSummary);
  const state = new MemoryState({
    limits: limitsOf(config),
    counters,
    destinations: ['replay'],
    outbox: DEFAULT_QUEUE.size,
  });
  await state.use(rules, renderer(rules, resource, counters, redactionFor(config)));

  const table = new DetectionTable(rules);
  const html = options.output === 'html' ? htmlOutput(rules, {}) : undefined;
  const choice = new DetectionChoice(options);
  const take = async (events: readonly RiskEvent[]) => {
    for (const event of events) {
      if (!choice.shows(event)) continue;
      if (options.output === 'table') table.add(event);
      else if (html) html.add(event);
      else await write(jsonLines([event]));
    }
  };

  const bar = progressBar(
    inputs.reduce((sum, { size }) => sum + size, 0),
    err,
    () => counters.total('events'),
  );
  const report = (text: string) => bar.say(plainText(text));
  const tally = new InputTally(report);
  try {
    const hits = await hitsInOrder(inputs, loaded.detector, counters, {
      cluster: options.cluster,
      times: { from, to },
      progress: bar.add,
      tally,
      idle: (...hit) => state.idle(...hit),
    });
    await play(hits, state, 'replay', DEFAULT_QUEUE.batch, take);
  } finally {
    bar.stop();
  }
  const { unread, malformed } = tally;
  const about = { files: inputs.length, events: counters.total('events'), unread, malformed };
  await write(
    html?.end({ ...about, covered: undefined, shortfalls: [], blind: [], stopped: false }) ?? table.text(),
  );
  for (const line of [...summary(inputs.length, tally, counters, choice), ...tally.unread])
    err.write(`${plainText(line)}\n`);
  if (tally.unread.length > 0 || counters.total('events') === 0) return EXIT_UNREAD;
  return choice.failed ? EXIT_DETECTED : 0;
}

function withOptions({ rules, ...config }: Config, options: ReplayOptions): Config {
  return {
    ...config,
    rules: {
      ...rules,
      packs: options.packs ?? rules.packs,
      files: [...rules.files, ...(options.rules ?? [])],
    },
  };
}

const withSummary = (rule: Rule): Rule => (rule.emit === 'crossing' ? { ...rule, emit: 'both' } : rule);
