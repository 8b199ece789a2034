import type { Config } from '../../config/schema.ts';
import { plainText } from '../../lib/plain-text.ts';
import type { Micros } from '../../model/time.ts';
import { geoOf, loadDetector } from '../../setup/detector.ts';
import { settingsFor } from '../../setup/settings.ts';
import { textFile } from '../../setup/text-file.ts';
import { UserError } from '../../setup/user-error.ts';
import { printer } from '../output/printer.ts';
import type { ReplayIo } from '../replay/replay.ts';
import { inputsOf } from '../replay/replay-inputs.ts';
import { summary } from '../replay/replay-summary.ts';
import { comparisonOf } from './comparison.ts';
import { comparisonJson, comparisonLine, comparisonTable } from './comparison-output.ts';
import type { OtherEvent, OtherSide } from './other-event.ts';
import { pairById, pairByRow } from './pairing.ts';
import { sidewatchEvents } from './sidewatch-events.ts';
import { splunkExport } from './splunk-export.ts';
import { tracedReplay } from './traced-replay.ts';

export interface CompareOptions {
  /** An export of Splunk's risk index... */
  readonly splunk?: string;
  /** ... or risk events of another Sidewatch. One of them. */
  readonly with?: string;
  readonly config?: string;
  readonly packs?: Config['rules']['packs'];
  readonly rules?: readonly string[];
  readonly cluster?: string;
  readonly output: 'table' | 'json';
  readonly from?: Micros;
  readonly to?: Micros;
  /** A difference is a failure. */
  readonly fail?: boolean;
}

const EXIT_DIFFERENT = 1;
/** Nothing can be said: wrong usage, a fault of a file or a setting, or a log that cannot be read. */
const EXIT_TROUBLE = 2;

/** A terminal that does not say how wide it is, and a file. */
const WIDTH = 120;
const WIDTH_MIN = 80;

/** Replays recorded logs and compares the risk events with those of Splunk or of another Sidewatch. Resolves with the exit code. */
export async function compare(
  files: readonly string[],
  options: CompareOptions,
  io: ReplayIo = { out: process.stdout, err: process.stderr },
): Promise<number> {
  try {
    return await compared(files, options, io);
  } catch (error) {
    if (error instanceof UserError && error.lines.length > 0) throw new UserError(error.lines, EXIT_TROUBLE);
    throw error;
  }
}

async function compared(
  files: readonly string[],
  options: CompareOptions,
  { out, err }: ReplayIo,
): Promise<number> {
  const { from, to, output } = options;
  if (from !== undefined && to !== undefined && from >= to)
    throw new UserError(['--to must be later than --from (a date is its first moment, in UTC)']);
  const side = otherSide(options);
  const inputs = inputsOf(files);
  const settings = await settingsFor(options.config);
  const config = withOptions(settings.config, options, side.isSplunk);
  const geo = geoOf(config);
  const loaded = loadDetector(config, geo);
  for (const { where, message } of loaded.warnings)
    err.write(`${plainText(`${where}  warning: ${message}`)}\n`);
  // Splunk's searches have counterparts only there.
  const rules = side.isSplunk ? loaded.rules.filter(({ ruleset }) => ruleset === 'escu') : loaded.rules;
  const { ruleSet } = loaded;
  const { own, trace, tally, counters } = await tracedReplay(
    inputs,
    { rules, ruleSet },
    config,
    geo,
    { cluster: options.cluster, from, to },
    err,
  );
  const kept = own.filter(({ dropped }) => !dropped);
  const pairing = (side.isSplunk ? pairByRow : pairById)(kept, side.events);
  const comparison = comparisonOf({ side, rules, ruleSet, own, pairing, trace, geo, covered: tally.covered });
  const width = Math.max(WIDTH_MIN, (out as Partial<NodeJS.WriteStream>).columns ?? WIDTH);
  await printer(out)(output === 'json' ? comparisonJson(comparison) : comparisonTable(comparison, width));
  const found = { found: kept.length, hidden: 0 };
  for (const line of [
    ...summary(inputs.length, tally, counters, found),
    ...tally.unread,
    comparisonLine(comparison),
  ])
    err.write(`${plainText(line)}\n`);
  if (tally.unread.length > 0 || counters.total('events') === 0) return EXIT_TROUBLE;
  return options.fail && comparison.differences.length > 0 ? EXIT_DIFFERENT : 0;
}

function otherSide({ splunk, with: other, from, to }: CompareOptions): OtherSide {
  if ((splunk === undefined) === (other === undefined))
    throw new UserError(['compare wants one of --splunk and --with']);
  const path = (splunk ?? other)!;
  const file = textFile(path);
  if ('why' in file) throw new UserError([`${path}  ${file.why}`]);
  const side = (splunk === undefined ? sidewatchEvents : splunkExport)(path, file.text);
  return {
    ...side,
    events: side.events.filter((event) => isAsked(event, from ?? 0, to ?? Number.POSITIVE_INFINITY)),
  };
}

/** Whether it may be of the time that is compared. */
function isAsked({ window, at }: OtherEvent, from: number, to: number): boolean {
  if (window !== undefined) return window[1] > from && window[0] < to;
  return at === undefined || at >= from;
}

function withOptions({ rules, ...config }: Config, options: CompareOptions, isSplunk: boolean): Config {
  const configured = options.config === undefined ? [] : rules.packs;
  const packs = isSplunk ? [...new Set([...configured, 'escu' as const])] : rules.packs;
  return {
    ...config,
    rules: { ...rules, packs: options.packs ?? packs, files: [...rules.files, ...(options.rules ?? [])] },
  };
}
