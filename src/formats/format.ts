import type { RiskEvent } from '../model/risk.ts';
import type { Micros } from '../model/time.ts';

/**
 * A format: a batch of risk events as what a destination sends (`Sent`), observed at the time `observed`. It has no state
 * between batches, and every event keeps its place. A destination takes its format as an argument and knows nothing else
 * of it. To add a format, write a file beside json-lines.ts and otlp-log-records.ts that exports one `Format`, or a function
 * that makes one from settings, and give it to its destination in src/setup/destinations.ts.
 */
export type Format<Sent> = (events: readonly RiskEvent[], observed: Micros) => Sent;
