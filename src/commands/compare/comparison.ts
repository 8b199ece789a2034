import { type Compared, type Evidence, evidenceOf } from './evidence.ts';
import type { OtherEvent, OtherSide, Range } from './other-event.ts';
import type { OwnEvent } from './own-event.ts';
import type { Pair } from './pairing.ts';
import type { DifferenceReason } from './reason.ts';
import { reasonOfOther } from './reason-of-other.ts';
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
  const others = pairing.onlyOther.map((other) => ({ other, reason: reasonOfOther(other, evidence) }));
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

const onlyOwn = (own: readonly OwnEvent[], evidence: Evidence): readonly Difference[] =>
  own.map((one) => ({ side: 'own', own: one, reason: reasonOfOwn(one, evidence) }) as const);

/** For the order; 0 where it is not known. */
export function timeOf(difference: Difference): number {
  if (difference.side === 'own') return difference.own.at;
  if (difference.side === 'both') return difference.pair.own[0]!.at;
  const { window, at } = difference.other;
  return window?.[0] ?? at ?? 0;
}
