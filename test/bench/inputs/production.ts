import type { Micros } from '../../../src/model/time.ts';
import { mixBatches } from '../../support/production/mix.ts';
import type { Level } from './captured.ts';

/** Lines of the production mix, `records` a request, without end: their times move with `clock` (Unix ms). */
export function* productionLines(
  records: number,
  level: Level,
  clock: () => number,
): Generator<readonly string[], never> {
  const auditLevel = level === 'metadata' ? 'Metadata' : 'RequestResponse';
  const batches = mixBatches(records, auditLevel, () => (clock() * 1000) as Micros);
  for (;;) yield batches.next().value.map(({ line }) => line);
}
