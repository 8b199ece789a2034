import type { Hit } from '../model/hit.ts';
import type { Render } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { revocable } from '../semantics/revocable.ts';
import { isSilence } from '../semantics/silence.ts';
import { rulesInnerFirst } from './inner-first.ts';
import { JudgedWindows } from './judged-windows.ts';
import { MatchWindows } from './match-windows.ts';
import type { Context, RuleWindows } from './rule-windows.ts';
import { SilenceWindows } from './silence-windows.ts';
import { SlidingWindows } from './sliding-windows.ts';
import { TumblingWindows } from './tumbling-windows.ts';

/** Windows of a rule, and when one of them is due. */
export interface Due {
  readonly at: Micros;
  readonly windows: RuleWindows;
}

/** Rules that are, or were, in force together, and their windows. */
export class WindowSet {
  /** By rule id; a rule whose detections others count stands before these. */
  readonly windows: ReadonlyMap<string, RuleWindows>;
  readonly render: Render;
  /** By id. Kept windows may have an earlier version of the rule, with the same fingerprint. */
  readonly #rules: ReadonlyMap<string, Rule>;
  /** By rule id: the rules that count its detections. */
  readonly #outer: ReadonlyMap<string, readonly Rule[]>;

  /** Windows of `before` whose rule has an unchanged fingerprint are kept. */
  constructor(rules: readonly Rule[], render: Render, context: Context, before?: WindowSet) {
    const earlier = [...(before?.windows.values() ?? [])];
    const kept = new Map(earlier.map((windows) => [windows.rule.fingerprint, windows]));
    this.windows = new Map(
      rulesInnerFirst(rules).map((rule) => [rule.id, kept.get(rule.fingerprint) ?? windowsOf(rule, context)]),
    );
    this.render = render;
    this.#rules = new Map(rules.map((rule) => [rule.id, rule]));
    const inputs = new Set(rules.flatMap((rule) => rule.inputs));
    this.#outer = new Map(
      [...inputs].map((input) => [input, rules.filter((rule) => rule.inputs.includes(input))]),
    );
  }

  get rules(): readonly Rule[] {
    return [...this.#rules.values()];
  }

  rule(id: string): Rule | undefined {
    return this.#rules.get(id);
  }

  /** The rules that count this rule's detections. */
  outerOf(id: string): readonly Rule[] {
    return this.#outer.get(id) ?? [];
  }

  /** undefined for a hit that was made under other rules. */
  windowsFor({ rule, fingerprint }: Pick<Hit, 'rule' | 'fingerprint'>): RuleWindows | undefined {
    const windows = this.windows.get(rule);
    return windows?.rule.fingerprint === fingerprint ? windows : undefined;
  }

  get groups(): number {
    let groups = 0;
    for (const windows of this.windows.values()) groups += windows.groups;
    return groups;
  }

  /** The rule whose window is due first; undefined where none is due ever. */
  get nextDue(): Due | undefined {
    let first: Due | undefined;
    for (const windows of this.windows.values()) {
      const at = windows.next;
      if (at !== undefined && (first === undefined || at < first.at)) first = { at, windows };
    }
    return first;
  }

  /** The windows that hold most bytes, of those that have a group; undefined where none has. */
  get largest(): RuleWindows | undefined {
    let most: RuleWindows | undefined;
    for (const windows of this.windows.values())
      if (windows.groups > 0 && (!most || windows.bytes > most.bytes)) most = windows;
    return most;
  }
}

function windowsOf(rule: Rule, context: Context): RuleWindows {
  if (rule.kind === 'match') return new MatchWindows(rule, context);
  if (isSilence(rule)) return new SilenceWindows(rule, context);
  if (rule.window.kind === 'tumbling') return new TumblingWindows(rule, context);
  return revocable(rule) ? new JudgedWindows(rule, context) : new SlidingWindows(rule, context);
}
