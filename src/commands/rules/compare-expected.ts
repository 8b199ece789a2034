import type { RiskEvent } from '../../model/risk.ts';
import type { Level } from '../../model/rule.ts';
import type { ExpectedEvent } from '../../rules/tests/test-file.ts';

/** A detection that fired. */
export interface Fired {
  /** The rule's id. */
  readonly rule: string;
  readonly message: string;
  readonly score: number;
  readonly level: Level;
  readonly count: number;
}

/** The detections of risk events: one for all risk objects of a detection. Summaries are left out. */
export function fired(events: readonly RiskEvent[]): readonly Fired[] {
  const ids = new Map<string, Fired>();
  for (const { detection, body, score, severityText } of events)
    if (detection.kind === 'risk')
      ids.set(detection.id, {
        rule: detection.rule,
        message: body,
        score: score ?? 0,
        level: severityText as Level,
        count: detection.count,
      });
  return [...ids.values()];
}

/**
 * Pairs expected detections with those that fired, as many as possible, and returns the rest of both. `idOf`: from an id or a
 * name of a rule.
 */
export function unmatched(
  expectations: readonly ExpectedEvent[],
  fired: readonly Fired[],
  idOf: (reference: string) => string | undefined,
): { readonly missing: readonly ExpectedEvent[]; readonly extra: readonly Fired[] } {
  const takenBy = new Map<Fired, ExpectedEvent>();
  const place = (expected: ExpectedEvent, tried: Set<Fired>): boolean => {
    for (const one of fired) {
      if (tried.has(one) || !fits(expected, one, idOf)) continue;
      tried.add(one);
      const other = takenBy.get(one);
      if (other !== undefined && !place(other, tried)) continue;
      takenBy.set(one, expected);
      return true;
    }
    return false;
  };
  const missing = expectations.filter((expected) => !place(expected, new Set()));
  return { missing, extra: fired.filter((one) => !takenBy.has(one)) };
}

function fits(
  expected: ExpectedEvent,
  fired: Fired,
  idOf: (reference: string) => string | undefined,
): boolean {
  return idOf(expected.rule) === fired.rule && differences(expected, fired).length === 0;
}

/** The keys in which a detection differs from what was expected. */
export function differences(expected: ExpectedEvent, fired: Fired): readonly (typeof COMPARED)[number][] {
  return COMPARED.filter((key) => expected[key] !== undefined && expected[key] !== fired[key]);
}

export const COMPARED = ['message', 'score', 'level', 'count'] as const;
