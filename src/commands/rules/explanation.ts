import type { Counters } from '../../model/counters.ts';
import type { EventContext, EventReader } from '../../model/event.ts';
import type { Hit } from '../../model/hit.ts';
import type { Rule } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import type { Detector } from '../../pipeline.ts';
import type { BaseRule } from '../../rules/assembly/base-rules.ts';
import type { RuleSet } from '../../rules/assembly/load-rules.ts';
import { idOf } from '../../rules/document/catalog.ts';
import type { SigmaDocument } from '../../rules/document/document.ts';
import { type DetectionTrace, traceDetection } from '../../rules/explain/trace-detection.ts';
import { eventSubject } from '../../rules/explain/trace-subject.ts';
import { windowText } from '../../rules/explain/window-text.ts';
import type { Fired } from './compare-expected.ts';

/** The output of `--output json`. */
export interface Explained {
  readonly event: string;
  readonly matches: boolean;
  readonly explanation: Explanation;
  /** The detections that this event alone fires. */
  readonly fired: readonly Fired[];
  /** What is needed to fire, if the event alone fires nothing. */
  readonly needed: readonly string[];
}

/** Identifies a rule or filter, for people and for JSON. */
export interface ExplainedRule {
  readonly id: string;
  readonly name: string | null;
  readonly title: string;
  readonly source: string;
}

/** Why an event matches a base rule and its filters, or why not. */
export interface Match {
  readonly kind: 'match';
  readonly rule: ExplainedRule;
  readonly matches: boolean;
  readonly own: DetectionTrace;
  /** A filter lets an event through where its condition holds. */
  readonly filters: readonly { readonly filter: ExplainedRule; readonly trace: DetectionTrace }[];
}

/** How a rule counts an event, with the explanations of its inputs. */
export interface Counted {
  readonly kind: 'counted';
  readonly rule: ExplainedRule;
  readonly level: Rule['level'];
  readonly score: number;
  readonly fires: string;
  readonly inputs: readonly (Match | Counted)[];
  readonly hits: readonly ExplainedHit[];
}

/** A hit of an event, as the windows of a rule count it. */
export interface ExplainedHit {
  /** The name of the rule that matched. */
  readonly input: string;
  readonly identity: string | null;
  readonly dedupe: Rule['dedupe'];
  readonly at: Micros;
  readonly timed: boolean;
  readonly group: Readonly<Record<string, string | null>>;
  readonly values: Hit['values'];
}

export type Explanation = Match | Counted;

/** What is explained is not counted. */
const UNCOUNTED: Counters = { add() {} };

/** Explains how one rule set sees single events. */
export class Explainer {
  readonly #set: RuleSet;
  readonly #detector: Detector;

  /** The detector belongs to the set. */
  constructor(set: RuleSet, detector: Detector) {
    this.#set = set;
    this.#detector = detector;
  }

  /** To be called while the event is read. It also returns the hits of the rule. */
  explain(
    id: string,
    event: EventReader,
    about: EventContext,
  ): { readonly explanation: Explanation; readonly hits: readonly Hit[] } {
    const hits: Hit[] = [];
    const rule = this.#set.rules.find((one) => one.id === id);
    const explanation =
      rule === undefined ? this.#match(this.#base(id)!, event) : this.#counted(rule, event, about, hits);
    return { explanation, hits };
  }

  nameOf(id: string): string {
    const { name, title } = this.#about(id);
    return name ?? title;
  }

  #counted(rule: Rule, event: EventReader, about: EventContext, hits: Hit[]): Counted {
    const inputs = rule.inputs.map((input) => {
      const inner = this.#set.rules.find(({ id }) => id === input);
      const base = this.#base(input);
      return base === undefined || (inner !== undefined && inner.kind !== 'match')
        ? this.#counted(inner!, event, about, hits)
        : this.#match(base, event);
    });
    const own = inputs.flatMap((input) =>
      input.kind === 'match' && input.matches
        ? this.#detector
            .hitsOf([input.rule.id], event, about, about.at, UNCOUNTED)
            .filter((hit) => hit.rule === rule.id)
        : [],
    );
    hits.push(...own);
    return {
      kind: 'counted',
      rule: this.#about(rule.id),
      level: rule.level,
      score: rule.risk.score,
      fires: windowText(rule, (input) => this.nameOf(input)),
      inputs,
      hits: own.map((hit) => ({
        input: this.nameOf(hit.input),
        identity: hit.identity,
        dedupe: rule.dedupe,
        at: hit.at,
        timed: about.timed,
        group: Object.fromEntries(rule.groupBy.map((field, i) => [field, hit.group[i] ?? null])),
        values: hit.values,
      })),
    };
  }

  #match({ document, filters }: BaseRule, event: EventReader): Match {
    const subject = eventSubject(event, this.#detector.derived, this.#detector.plan);
    const own = traceDetection(document.detection, subject);
    const traced = filters.map((filter) => ({
      filter: aboutOf(filter),
      trace: traceDetection(filter.detection, subject),
    }));
    const matches = own.holds && traced.every(({ trace }) => trace.holds);
    return { kind: 'match', rule: aboutOf(document), matches, own, filters: traced };
  }

  #base(id: string): BaseRule | undefined {
    return this.#set.bases.find((base) => base.id === id);
  }

  #about(id: string): ExplainedRule {
    return aboutOf(this.#set.documents.find((document) => idOf(document) === id)!);
  }
}

function aboutOf(document: SigmaDocument): ExplainedRule {
  const { name, title } = document.head;
  return { id: idOf(document), name: name ?? null, title, source: document.source };
}

/** Whether the event matches any base rule of the rule. */
export function anyMatch(explanation: Explanation): boolean {
  return explanation.kind === 'match' ? explanation.matches : explanation.inputs.some(anyMatch);
}
