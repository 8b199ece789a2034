import { type Compared, type Evidence, evidenceOf } from './evidence.ts';
import type { OtherEvent, OtherSide, Range } from './other-event.ts';
import type { OwnEvent } from './own-event.ts';
import type { Pair } from './pairing.ts';
import { type DifferenceReason, likely } from './reason.ts';
import { outsideLog, reasonOfOther } from './reason-of-other.ts';
import { reasonOfOwn } from './reason-of-own.ts';

/** A risk event that only one side has, or that differs. */
export type Difference =
  | { readonly side: 'other'; readonly other: OtherEvent; readonly reason: DifferenceReason }
  | { readonly side: 'own'; readonly own: OwnEvent; readonly reason: DifferenceReason }
  | { readonly side: 'both'; readonly pair: Pair };

export interface SideComparison {
  readonly side: OtherSide;
  readonly covered: Range | undefined;
  readonly both: readonly Pair[];
  /** In the order of their times. */
  readonly differences: readonly Difference[];
  /** Risk events of the other side of whose time the log has no events: they are not compared. */
  readonly outside: readonly OtherEvent[];
}

export function comparisonOf(found: Compared): SideComparison {
  const { side, covered, pairing } = found;
  const evidence = evidenceOf(found);
  const isExplained = firstOfEach();
  const others = pairing.onlyOther.map((other) => ({
    other,
    reason:
      outsideLog(other, evidence) ?? (isExplained(other.search) ? reasonOfOther(other, evidence) : TOO_MANY),
  }));
  const [outside, only] = [others.filter(isOutside), others.filter((one) => !isOutside(one))];
  const differences: readonly Difference[] = [
    ...pairing.both
      .filter(({ differs }) => differs.length > 0)
      .map((pair) => ({ side: 'both', pair }) as const),
    ...only.map((one) => ({ side: 'other', ...one }) as const),
    ...onlyOwn(pairing.onlyOwn, evidence),
  ];
  return {
    side,
    covered,
    both: pairing.both,
    differences: differences.toSorted((a, b) => timeOf(a) - timeOf(b)),
    outside: outside.map(({ other }) => other),
  };
}

const isOutside = ({ reason }: { readonly reason: DifferenceReason }): boolean =>
  reason.kind === 'time' && !reason.likely;

function onlyOwn(own: readonly OwnEvent[], evidence: Evidence): readonly Difference[] {
  const isExplained = firstOfEach();
  return own.map((one) => {
    const reason = isExplained(one.rule.id) ? reasonOfOwn(one, evidence) : TOO_MANY;
    return { side: 'own', own: one, reason } as const;
  });
}

/** Differences of a rule on one side whose reasons are looked for: each is compared with all of the other side. */
const EXPLAINED_MAX = 1_000;
const TOO_MANY = likely(
  'unknown',
  `reasons are looked for only for the first ${EXPLAINED_MAX} differences of a rule; compare a shorter time (--from, --to)`,
);

/** True for the first of each name, up to a bound. */
function firstOfEach(): (name: string) => boolean {
  const seen = new Map<string, number>();
  return (name) => {
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before < EXPLAINED_MAX;
  };
}

/** For the order; 0 where it is not known. */
export function timeOf(difference: Difference): number {
  if (difference.side === 'own') return difference.own.at;
  if (difference.side === 'both') return difference.pair.own[0]!.at;
  const { window, at } = difference.other;
  return window?.[0] ?? at ?? 0;
}
