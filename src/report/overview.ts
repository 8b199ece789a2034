import type { Level, Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import type { BusyHour, DetectionTally } from './detection-tally.ts';
import { type Actor, actorText, type Finding, levelRank } from './findings.ts';

/** What was read, and what of it could not be used. */
export interface Reading {
  readonly files: number;
  readonly events: number;
  /** Times of the first and the last audit event; undefined without one. */
  readonly covered: readonly [Micros, Micros] | undefined;
  /** Inputs, or parts of them, that could not be read: one sentence each. */
  readonly unread: readonly string[];
  readonly malformed: number;
  /** Other reasons why there may be too few detections, in words. */
  readonly shortfalls: readonly string[];
  readonly blind: readonly BlindRule[];
  /** True if somebody ended the reading early. */
  readonly stopped: boolean;
}

/** A rule that reads the body of events, though no event that it could match had one: the audit policy leaves bodies out. */
export interface BlindRule {
  readonly title: string;
  /** Such events. */
  readonly events: number;
}

export interface ActiveActor {
  readonly name: string;
  /** The sum of the scores of the findings, each counted once. */
  readonly score: number;
  readonly findings: number;
  readonly detections: number;
  /** The gravest. */
  readonly level: Level;
}

export interface ActiveRule {
  readonly rule: Rule;
  /** The gravest. */
  readonly level: Level;
  readonly findings: number;
  readonly detections: number;
}

/** All findings at a glance. */
export interface Overview extends Reading {
  readonly findings: number;
  readonly detections: number;
  /** Detections by level. */
  readonly levels: Readonly<Record<Level, number>>;
  /** With the highest score first. */
  readonly actors: readonly ActiveActor[];
  /** The gravest first, then those with most detections. */
  readonly rules: readonly ActiveRule[];
  readonly busiest: readonly BusyHour[];
}

const BUSIEST = 3;

export function overviewOf(findings: readonly Finding[], tally: DetectionTally, reading: Reading): Overview {
  return {
    ...reading,
    findings: findings.length,
    detections: tally.total,
    levels: { ...tally.levels },
    actors: actorsOf(findings),
    rules: rulesOf(findings),
    busiest: tally.busiestHours(BUSIEST),
  };
}

function actorsOf(findings: readonly Finding[]): readonly ActiveActor[] {
  const actors = [...Map.groupBy(findings, ({ who }) => actorName(who))].map(([name, own]) => ({
    name,
    score: own.reduce((sum, { score = 0 }) => sum + score, 0),
    ...figuresOf(own),
  }));
  return actors.sort((a, b) => b.score - a.score || gravestFirst(a, b));
}

const rulesOf = (findings: readonly Finding[]): readonly ActiveRule[] =>
  [...Map.groupBy(findings, ({ rule }) => rule)]
    .map(([rule, own]) => ({ rule, ...figuresOf(own) }))
    .sort(gravestFirst);

const figuresOf = (findings: readonly Finding[]) => ({
  findings: findings.length,
  detections: findings.reduce((sum, { alerts }) => sum + alerts, 0),
  level: findings.reduce<Level>(
    (worst, { level }) => (levelRank(level) > levelRank(worst) ? level : worst),
    'informational',
  ),
});

const gravestFirst = (
  a: { readonly level: Level; readonly detections: number },
  b: { readonly level: Level; readonly detections: number },
): number => levelRank(b.level) - levelRank(a.level) || b.detections - a.detections;

/** Everybody without credentials has this user, so the address says more. */
const ANONYMOUS = 'system:anonymous';

/** The user, or for requests without credentials the address; the group where the hits agree on neither. */
export function actorName(who: Actor): string {
  const { user, client } = who;
  if (user !== undefined && user !== ANONYMOUS) return user;
  return client ?? user ?? (actorText({ ...who, place: [] }) || 'several');
}
