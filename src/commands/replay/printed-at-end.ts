import type { RiskEvent } from '../../model/risk.ts';
import type { Reading } from '../../report/overview.ts';

/** How what was found is printed. */
export interface ReplayOutput {
  /** Whether it shows the figures of summaries, so that every rule needs one. */
  readonly final: boolean;
  /** What to print at once for a risk event. */
  add(event: RiskEvent): string;
  /** What to print after all of them. */
  end(reading: Reading): string;
}

/** An output that takes risk events in, and prints all at the end. */
export const printedAtEnd = (take: (event: RiskEvent) => void, end: ReplayOutput['end']): ReplayOutput => ({
  final: true,
  add(event) {
    take(event);
    return '';
  },
  end,
});
