import { minutes, span } from '../lib/time.ts';
import type { Level, Risk, Rule, Window } from '../model/rule.ts';
import type { Span } from '../model/time.ts';
import type { Extension } from './extension.ts';
import type { Report } from './report.ts';

/** What a rule scores that does not say: by its level. */
export const SCORES = {
  informational: 0,
  low: 20,
  medium: 40,
  high: 60,
  critical: 80,
} as const satisfies Record<Level, number>;

/** The level of a rule that names none. */
export const DEFAULT_LEVEL: Level = 'medium';
const DEFAULT_LATENESS = minutes(10);

export type Settings = Pick<
  Rule,
  'window' | 'group' | 'dedupe' | 'emit' | 'time' | 'timespan' | 'risk' | 'rename'
>;

interface About {
  readonly title: string;
  readonly level: Level;
}

/** The settings of a correlation: its `sidewatch:` block over the defaults. What does not go together is reported. */
export function windowSettings(
  given: Extension | undefined,
  timespan: Span,
  about: About,
  report: Report,
): Settings {
  const kind = given?.window?.kind ?? 'sliding';
  const window = kind === 'sliding' ? sliding(given, timespan, report) : tumbling(given, timespan, report);
  return {
    ...common(given, about),
    timespan,
    window,
    emit: given?.emit ?? (kind === 'sliding' ? 'crossing' : 'close'),
  };
}

/** The settings of a rule that fires for each event by itself: it has no window, so nothing of one may be set. */
export function matchSettings(given: Extension | undefined, about: About, report: Report): Settings {
  const { kind, offset, late } = given?.window ?? {};
  const idle = {
    'window.kind': kind === 'tumbling' ? kind : undefined,
    'window.offset': offset,
    'window.late': late,
    group: given?.group,
    emit: given?.emit === 'crossing' ? undefined : given?.emit,
    quiet: given?.quiet,
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

function common(given: Extension | undefined, about: About) {
  return {
    group: given?.group ?? { multivalue: 'each', repeats: false, place: 'own', missing: 'keep' },
    dedupe: given?.dedupe ?? 'request',
    time: given?.time ?? 'event',
    risk: riskOf(given?.risk, about),
    rename: given?.rename ?? {},
  } as const;
}

function sliding(given: Extension | undefined, timespan: Span, report: Report): Window {
  const { offset, late, lateness } = given?.window ?? {};
  if (offset !== undefined)
    report.problem(['sidewatch', 'window', 'offset'], 'goes with tumbling windows only');
  if (late !== undefined) report.problem(['sidewatch', 'window', 'late'], 'goes with tumbling windows only');
  const quiet = given?.quiet ?? timespan;
  if (quiet === 0) report.problem(['sidewatch', 'quiet'], 'wants more than nothing');
  return { kind: 'sliding', quiet, lateness: lateness ?? DEFAULT_LATENESS };
}

function tumbling(given: Extension | undefined, timespan: Span, report: Report): Window {
  const { offset = span(0), late = 'keep', lateness = DEFAULT_LATENESS } = given?.window ?? {};
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

function riskOf(given: Extension['risk'], { title, level }: About): Risk {
  const { impact, confidence } = given ?? {};
  const product =
    impact === undefined || confidence === undefined ? undefined : Math.round((impact * confidence) / 100);
  return {
    score: given?.score ?? product ?? SCORES[level],
    ...(given?.refused_score === undefined ? {} : { refusedScore: given.refused_score }),
    ...(impact === undefined ? {} : { impact }),
    ...(confidence === undefined ? {} : { confidence }),
    message: given?.message ?? title,
    objects: given?.objects ?? [],
    threats: given?.threats ?? [],
    collect: given?.collect ?? [],
    analyticStory: given?.analytic_story ?? [],
  };
}
