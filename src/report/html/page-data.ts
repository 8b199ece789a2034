import type { Level } from '../../model/rule.ts';

// What a report's page shows, as plain data: the page reads it from JSON. Times are in milliseconds. All text is for people:
// control and direction characters are already visible, but anything else may stand in it.

export interface PageLink {
  readonly text: string;
  /** Left out where it is no link to follow. */
  readonly url?: string;
}

export interface PageRule {
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  readonly description: string;
  readonly falsePositives: readonly string[];
  /** Techniques and tactics of ATT&CK. */
  readonly attack: readonly PageLink[];
  readonly references: readonly PageLink[];
  /** The pack or the file, and where in it. */
  readonly ruleset: string;
  readonly source: string;
}

export interface PageValues {
  readonly name: string;
  readonly values: readonly string[];
  /** How many more there are. */
  readonly more: number;
}

export interface PageFinding {
  /** Its place in `rules`. */
  readonly rule: number;
  readonly level: Level;
  /** Left out for an overflow detection. */
  readonly score?: number;
  readonly message: string;
  /** The group, or the user and the address; the place. */
  readonly who: string;
  /** Its row of the timeline. */
  readonly actor: string;
  readonly cluster: string;
  readonly objects: readonly string[];
  readonly count: number;
  /** False while the count is "at least" this. */
  readonly exact: boolean;
  readonly alerts: number;
  readonly seen: readonly [number, number];
  /** True where the times only say when the events were seen. */
  readonly fallback: boolean;
  readonly auditIds: readonly string[];
  readonly values: readonly PageValues[];
  /** Further attributes of the risk event, by name. */
  readonly facts: readonly (readonly [string, string])[];
  readonly ids: readonly string[];
}

/** Scores of one risk object: when, and how much was added. */
export interface PageScore {
  readonly object: string;
  readonly total: number;
  readonly points: readonly (readonly [number, number])[];
}

export interface PageTop {
  readonly title: string;
  readonly rows: readonly { readonly name: string; readonly figure: number }[];
}

export interface PageData {
  readonly version: string;
  readonly made: number;
  /** Whether times are first shown in the zone of the browser, in place of UTC. */
  readonly local: boolean;
  /** Times of the first and the last audit event. */
  readonly covered?: readonly [number, number];
  readonly headline: readonly { readonly label: string; readonly value: string }[];
  readonly tops: readonly PageTop[];
  /** What was read, what could not be read, what was left out. */
  readonly notes: readonly string[];
  readonly rules: readonly PageRule[];
  readonly findings: readonly PageFinding[];
  readonly scores: readonly PageScore[];
}
