import { jsonLine } from '../../formats/json-lines.ts';
import { jsonText } from '../../lib/json-text.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { LiveStream } from './live-stream.ts';

/** Takes the risk events of a detection, or its summary, when it fires. `rule`: its id. */
export type FiredWatch = (rule: string, events: readonly RiskEvent[]) => void;

/**
 * Sends risk events to the readers of the live stream, as a destination with the format `otel` gets them: rendered, and so
 * redacted. Costs nothing while there is no reader. `nameOf`: what a rule is called, by its id.
 */
export function liveRisk(stream: LiveStream, nameOf: (id: string) => string): FiredWatch {
  return (rule, events) => {
    if (!stream.has('risk')) return;
    const name = jsonText(nameOf(rule));
    for (const event of events) stream.send('risk', `{"rule":${name},"event":${jsonLine(event).trimEnd()}}`);
  };
}
