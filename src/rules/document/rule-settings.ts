import { minutes, span } from '../../lib/time-format.ts';
import type { Level, Rule, Window } from '../../model/rule.ts';
import type { Span } from '../../model/time.ts';
import { revocable } from '../../semantics/revocable.ts';
import { isSilence } from '../../semantics/silence.ts';
import type { FindingReport } from '../source/findings.ts';
import type { Extension } from './extension.ts';
import { quietFault } from './quiet-fault.ts';
import { type RuleHead, riskOf } from './risk-settings.ts';

/** The level of a rule that names none. */
export const DEFAULT_LEVEL: Level = 'medium';
const DEFAULT_LATENESS = minutes(10);

export type RuleSettings = Pick<
  Rule,
  'window' | 'group' | 'dedupe' | 'emit' | 'time' | 'timespan' | 'risk' | 'rename'
>;

/** What a correlation counts, as far as it decides its settings. */
type Counts = Pick<Rule, 'kind' | 'condition' | 'seen' | 'timespan'> & {
  /** How long after their time its hits may come by the nature of what it counts (delay.ts). */
  readonly delay: Span;
};

/** The settings of a correlation: its `sidewatch:` block over the defaults. What does not go together is reported. */
export function windowSettings(
  given: Extension | undefined,
  counts: Counts,
  about: RuleHead,
  report: FindingReport,
): RuleSettings {
  const { timespan } = counts;
  if (isSilence(counts))
    for (const key of ['window', 'quiet', 'emit'] as const)
      if (given?.[key] !== undefined)
        report.problem(
          ['sidewatch', key],
          'has no meaning where a group falls silent: it fires once, a timespan after its last event',
        );
  const kind = given?.window?.kind ?? 'sliding';
  const lateness = latenessOf(given, counts, report);
  const window =
    kind === 'sliding'
      ? sliding(given, timespan, lateness, report)
      : tumbling(given, timespan, lateness, report);
  return { ...common(given, about), timespan, window, emit: emitOf(kind, given, counts, report) };
}

/** Longer by default where hits come late by nature: a window that waits less has closed before they are there. */
function latenessOf(given: Extension | undefined, { delay }: Counts, report: FindingReport): Span {
  const lateness = given?.window?.lateness;
  if (lateness === undefined) return span(DEFAULT_LATENESS + delay);
  if (lateness < delay)
    report.warn(
      ['sidewatch', 'window', 'lateness'],
      `is too short: what the rule counts fires up to ${Math.ceil(delay / minutes(1))}m after its events`,
    );
  return lateness;
}

/** A sliding window fires at once where what it found cannot be taken back, else once its time is over. */
function emitOf(
  kind: Window['kind'],
  given: Extension | undefined,
  counts: Counts,
  report: FindingReport,
): Rule['emit'] {
  if (kind === 'tumbling') return given?.emit ?? 'close';
  if (!revocable(counts)) return given?.emit ?? 'crossing';
  if (given?.emit === 'crossing' || given?.emit === 'both')
    report.problem(
      ['sidewatch', 'emit'],
      `${given.emit} wants a condition that holds for good once it holds; this one is judged when its time is over (close)`,
    );
  return 'close';
}

/** The settings of a rule that fires for each event by itself: it has no window, so nothing of one may be set. */
export function matchSettings(
  given: Extension | undefined,
  about: RuleHead,
  report: FindingReport,
): RuleSettings {
  const { kind, offset, late } = given?.window ?? {};
  const idle = {
    'window.kind': kind === 'tumbling' ? kind : undefined,
    'window.offset': offset,
    'window.late': late,
    group: given?.group,
    emit: given?.emit === 'crossing' ? undefined : given?.emit,
    quiet: given?.quiet,
    sample: given?.sample,
  };
  for (const [key, value] of Object.entries(idle)) {
    if (value !== undefined)
      report.problem(
        ['sidewatch', ...key.split('.')],
        'has no meaning in a rule that fires for each event; only a correlation has windows',
      );
  }
  const lateness = given?.window?.lateness ?? DEFAULT_LATENESS;
  return {
    ...common(given, about),
    timespan: span(0),
    window: { kind: 'sliding', quiet: span(0), lateness },
    emit: 'crossing',
  };
}

function common(given: Extension | undefined, about: RuleHead) {
  return {
    group: given?.group ?? { multivalue: 'each', repeats: false, place: 'own', missing: 'keep' },
    dedupe: given?.dedupe ?? 'request',
    time: given?.time ?? 'event',
    risk: riskOf(given?.risk, about),
    rename: given?.rename ?? {},
  } as const;
}

function sliding(
  given: Extension | undefined,
  timespan: Span,
  lateness: Span,
  report: FindingReport,
): Window {
  const { offset, late } = given?.window ?? {};
  if (offset !== undefined)
    report.problem(['sidewatch', 'window', 'offset'], 'goes with tumbling windows only');
  if (late !== undefined) report.problem(['sidewatch', 'window', 'late'], 'goes with tumbling windows only');
  const quiet = given?.quiet ?? timespan;
  const fault = quietFault(quiet, timespan);
  if (fault !== undefined) report.problem(['sidewatch', 'quiet'], fault);
  return { kind: 'sliding', quiet, lateness };
}

function tumbling(
  given: Extension | undefined,
  timespan: Span,
  lateness: Span,
  report: FindingReport,
): Window {
  const { offset = span(0), late = 'keep' } = given?.window ?? {};
  if (offset >= timespan) report.problem(['sidewatch', 'window', 'offset'], 'wants less than the timespan');
  if (given?.quiet !== undefined)
    report.problem(['sidewatch', 'quiet'], 'goes with sliding windows only; a tumbling window fires once');
  if (given?.emit === 'crossing' || given?.emit === 'both')
    report.problem(
      ['sidewatch', 'emit'],
      `${given.emit} goes with sliding windows only; a tumbling window fires when it closes`,
    );
  return { kind: 'tumbling', offset, lateness, late };
}
