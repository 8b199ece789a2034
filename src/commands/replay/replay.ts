import { DEFAULT_QUEUE } from '../../config/outputs.ts';
import type { Config } from '../../config/schema.ts';
import { MemoryState } from '../../correlate/memory-state.ts';
import { plainText } from '../../lib/plain-text.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { Rule } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import { createCounters } from '../../ops/counter-store.ts';
import type { BlindRule } from '../../report/overview.ts';
import { blindText } from '../../report/terminal/overview-text.ts';
import { renderer } from '../../risk/render.ts';
import { BLIND_EVENTS_MIN } from '../../serve/blind-rules.ts';
import { geoOf, type Loaded, loadDetector } from '../../setup/detector.ts';
import { redactionFor } from '../../setup/redaction.ts';
import { limitsOf, settingsFor } from '../../setup/settings.ts';
import { UserError } from '../../setup/user-error.ts';
import { printer } from '../output/printer.ts';
import type { ScreenStream } from '../output/screen.ts';
import { type ChoiceOptions, DetectionChoice } from './detection-choice.ts';
import { playInputs } from './play-inputs.ts';
import { inputsOf } from './replay-inputs.ts';
import { type ReplayOutputOptions, replayOutput } from './replay-output.ts';
import { shortfalls, summary } from './replay-summary.ts';

export interface ReplayOptions extends ChoiceOptions, ReplayOutputOptions {
  readonly config?: string;
  readonly packs?: Config['rules']['packs'];
  readonly rules?: readonly string[];
  readonly cluster?: string;
  /** Audit events from this time on... */
  readonly from?: Micros;
  /** ... and before this one are looked at. */
  readonly to?: Micros;
}

/** Not all input could be read, or it held no audit event: such a build is not green. Takes precedence over EXIT_DETECTED. */
const EXIT_UNREAD = 1;
const EXIT_USAGE = 2;
const EXIT_DETECTED = 3;
/** As a shell has it for a command that Ctrl-C ended. Takes precedence over the others. */
export const EXIT_STOPPED = 130;

/** Results go to `out`, messages and progress to `err`. */
export interface ReplayIo {
  readonly out: ScreenStream;
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Ends the reading early; what was found until then is shown. */
  readonly stop?: AbortSignal;
}

/** Runs the rules over recorded logs in event time. Resolves with the exit code. */
export async function replay(
  files: readonly string[],
  options: ReplayOptions,
  { out, err, stop = new AbortController().signal }: ReplayIo,
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
  const output = replayOutput(loaded.rules, options, out);
  const rules = output.final ? loaded.rules.map(withSummary) : loaded.rules;
  const state = new MemoryState({
    limits: limitsOf(config),
    counters,
    destinations: ['replay'],
    outbox: DEFAULT_QUEUE.size,
  });
  await state.use(rules, renderer(rules, resource, counters, redactionFor(config)));

  const choice = new DetectionChoice(options);
  const take = async (events: readonly RiskEvent[]) => {
    for (const event of events) {
      if (!choice.shows(event)) continue;
      const text = output.add(event);
      if (text !== '') await write(text);
    }
  };

  const tally = await playInputs(
    inputs,
    loaded.detector,
    counters,
    { cluster: options.cluster, times: { from, to }, idle: (...hit) => state.idle(...hit), stop },
    { state, to: 'replay', take },
    err,
  );
  const { unread, malformed, covered } = tally;
  const about = { files: inputs.length, events: counters.total('events'), unread, malformed, covered };
  const stopped = stop.aborted;
  const blind = blindOf(loaded);
  const text = output.end({ ...about, shortfalls: shortfalls(counters), blind, stopped });
  await write(text);
  const hidden = output.final && text === '' ? blindText(blind) : [];
  for (const line of [...summary(inputs.length, tally, counters, choice), ...hidden, ...unread])
    err.write(`${plainText(line)}\n`);
  if (stopped) {
    err.write('stopped early: the rest of the input was not read\n');
    return EXIT_STOPPED;
  }
  if (unread.length > 0 || counters.total('events') === 0) return EXIT_UNREAD;
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

function blindOf({ ruleSet, detector }: Loaded): readonly BlindRule[] {
  const unseen = detector.unseen();
  return ruleSet.bases
    .map(({ id, document }) => ({ title: document.head.title, events: unseen.get(id) ?? 0 }))
    .filter(({ events }) => events >= BLIND_EVENTS_MIN);
}
