import type { RiskEvent } from '../../src/model/risk.ts';

/** The rules of the two packs that answer for the seed detection. */
export const SCANNING = {
  escu: '0d339888-e0cd-4480-b60b-3f136d2df431',
  sidewatch: 'f7deeb46-3232-491c-b7b0-8f0ba2d724af',
} as const;

/** What these two say, out of all that the packs' rules do. */
export function scanning(events: readonly RiskEvent[]): readonly RiskEvent[] {
  const rules: readonly string[] = Object.values(SCANNING);
  return events.filter(({ detection }) => rules.includes(detection.rule));
}
