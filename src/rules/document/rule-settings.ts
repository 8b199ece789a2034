import { minutes, span } from '../../lib/time-format.ts';
import type { Level, Rule, Window } from '../../model/rule.ts';
import type { Span } from '../../model/time.ts';
import { revocable } from '../../semantics/revocable.ts';
import { isSilence } from '../../semantics/silence.ts';
import type { FindingReport } from '../source/rule-findings.ts';
import type { Extension } from './extension.ts';
import { quietFault } from './quiet-fault.ts';
import { type RuleHead, riskOf } from './risk-settings.ts';

/** The level of a rule without one. */
export const DEFAULT_LEVEL: Level = 'medium';
const DEFAULT_LATENESS = minutes(10);

export type RuleSettings = Pick<
  Rule,
  'window' | 'group' | 'dedupe' | 'emit' | 'time' | 'timespan' | 'risk' | 'rename'
>;

/** The parts of a correlation that decide its settings. */
type Counting = Pick<Rule, 'kind' | 'condition' | 'seen' | 'timespan'> & {
  /** How long after their time its hits come because the rules that it counts fire late (chain-delay.ts). */
  readonly delay: Span;
};

/** The settings of a correlation: its `sidewatch:` block with defaults. Settings that exclude each other are reported. */
export function windowSettings(
  given: Extension | undefined,
  counting: Counting,
  about: RuleHead,
  report: FindingReport,
): RuleSettings {
  const { timespan } = counting;
  if (isSilence(counting))
    for (const key of ['window', 'quiet', 'emit'] as const)
      if (given?.[key] !== undefined)
        report.problem(
          ['sidewatch', key],
          'cannot be set for a rule that waits for silence: it fires once, a timespan after the last event',
        );
  const kind = given?.window?.kind ?? 'sliding';
  const lateness = latenessOf(given, counting, report);
  const window =
    kind === 'sliding'
      ? slidingWindow(given, timespan, lateness, report)
      : tumblingWindow(given, timespan, lateness, report);
  return { ...commonSettings(given, about), timespan, window, emit: emitOf(kind, given, counting, report) };
}

/** By default longer where hits come late: a window with less lateness would close before they arrive. */
function latenessOf(given: Extension | undefined, { delay }: Counting, report: FindingReport): Span {
  const lateness = given?.window?.lateness;
  if (lateness === undefined) return span(DEFAULT_LATENESS + delay);
  if (lateness < delay)
    report.warn(
      ['sidewatch', 'window', 'lateness'],
      `is too short: the rules that it counts fire up to ${Math.ceil(delay / minutes(1))}m after their events`,
    );
  return lateness;
}

/** A sliding window fires at once if no later hit can revoke its condition, else when its time is over. */
function emitOf(
  kind: Window['kind'],
  given: Extension | undefined,
  counting: Counting,
  report: FindingReport,
): Rule['emit'] {
  if (kind === 'tumbling') return given?.emit ?? 'close';
  if (!revocable(counting)) return given?.emit ?? 'crossing';
  if (given?.emit === 'crossing' || given?.emit === 'both')
    report.problem(
      ['sidewatch', 'emit'],
      `${given.emit} needs a condition that stays true once it is true; this one is evaluated when its timespan is over (close)`,
    );
  return 'close';
}

/** The settings of a rule that fires for each event: it has no window, so window settings are refused. */
export function matchSettings(
  given: Extension | undefined,
  about: RuleHead,
  report: FindingReport,
): RuleSettings {
  const { kind, offset, late } = given?.window ?? {};
  const windowKeys = {
    'window.kind': kind === 'tumbling' ? kind : undefined,
    'window.offset': offset,
    'window.late': late,
    group: given?.group,
    emit: given?.emit === 'crossing' ? undefined : given?.emit,
    quiet: given?.quiet,
    sample: given?.sample,
  };
  for (const [key, value] of Object.entries(windowKeys)) {
    if (value !== undefined)
      report.problem(
        ['sidewatch', ...key.split('.')],
        'cannot be set for a rule that fires for each event; only correlations have windows',
      );
  }
  const lateness = given?.window?.lateness ?? DEFAULT_LATENESS;
  return {
    ...commonSettings(given, about),
    timespan: span(0),
    window: { kind: 'sliding', quiet: span(0), lateness },
    emit: 'crossing',
  };
}

function commonSettings(given: Extension | undefined, about: RuleHead) {
  return {
    group: given?.group ?? { multivalue: 'each', repeats: false, place: 'own', missing: 'keep' },
    dedupe: given?.dedupe ?? 'request',
    time: given?.time ?? 'event',
    risk: riskOf(given?.risk, about),
    rename: given?.rename ?? {},
  } as const;
}

function slidingWindow(
  given: Extension | undefined,
  timespan: Span,
  lateness: Span,
  report: FindingReport,
): Window {
  const { offset, late } = given?.window ?? {};
  if (offset !== undefined)
    report.problem(['sidewatch', 'window', 'offset'], 'works only with tumbling windows');
  if (late !== undefined) report.problem(['sidewatch', 'window', 'late'], 'works only with tumbling windows');
  const quiet = given?.quiet ?? timespan;
  const fault = quietFault(quiet, timespan);
  if (fault !== undefined) report.problem(['sidewatch', 'quiet'], fault);
  return { kind: 'sliding', quiet, lateness };
}

function tumblingWindow(
  given: Extension | undefined,
  timespan: Span,
  lateness: Span,
  report: FindingReport,
): Window {
  const { offset = span(0), late = 'keep' } = given?.window ?? {};
  if (offset >= timespan) report.problem(['sidewatch', 'window', 'offset'], 'wants less than the timespan');
  if (given?.quiet !== undefined)
    report.problem(['sidewatch', 'quiet'], 'works only with sliding windows; a tumbling window fires once');
  if (given?.emit === 'crossing' || given?.emit === 'both')
    report.problem(
      ['sidewatch', 'emit'],
      `${given.emit} works only with sliding windows; a tumbling window fires when it closes`,
    );
  return { kind: 'tumbling', offset, lateness, late };
}
