import type { Detection } from '../../../src/model/hit.ts';
import type { RiskEvent } from '../../../src/model/risk.ts';
import type { Level } from '../../../src/model/rule.ts';
import { TEN } from '../../support/events.ts';
import { aRule } from '../../support/hits.ts';

export interface RiskEventParts extends Partial<Pick<RiskEvent, 'body' | 'score' | 'attributes'>> {
  readonly level?: Level;
  readonly detection?: Partial<Detection>;
}

/** The risk event of a detection with this id, of `riskEventOf.rule`. */
export function riskEventOf(id: string, { level = 'medium', detection, ...more }: RiskEventParts = {}) {
  return {
    detection: {
      id,
      rule: riskEventOf.rule.id,
      kind: 'risk',
      group: {},
      count: 6,
      exact: false,
      seen: [TEN, TEN + 1_000_000],
      window: [TEN - 3_600_000_000, TEN],
      values: {},
      ...detection,
    },
    at: TEN,
    body: `message of ${id}`,
    score: 49,
    severityText: level,
    attributes: {},
    resource: {},
    ...more,
  } as unknown as RiskEvent;
}

riskEventOf.rule = aRule({ title: 'Kubernetes Scan', tags: ['attack.t1046'] });
