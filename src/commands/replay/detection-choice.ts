import type { RiskEvent } from '../../model/risk.ts';
import { LEVELS, type Level } from '../../model/rule.ts';

export interface ChoiceOptions {
  /** Detections below this level are not shown. */
  readonly minLevel?: Level;
  readonly minScore?: number;
  /** A detection of this level or above is a failure, whether it is shown or not. */
  readonly failOnDetection?: Level;
}

/** Counts detections, and says which of them are shown. */
export class DetectionChoice {
  readonly #options: ChoiceOptions;
  readonly #all = new Set<string>();
  readonly #shown = new Set<string>();
  /** Whether there was a detection that is a failure. */
  failed = false;

  constructor(options: ChoiceOptions) {
    this.#options = options;
  }

  get found(): number {
    return this.#all.size;
  }

  get hidden(): number {
    return this.#all.size - this.#shown.size;
  }

  /** Whether this event is shown. A summary is shown with its detection. */
  shows(event: RiskEvent): boolean {
    const { kind, id, of = '' } = event.detection;
    if (kind === 'summary') return this.#shown.has(of);
    const { minLevel, minScore = 0, failOnDetection } = this.#options;
    this.#all.add(id);
    if (failOnDetection !== undefined && reaches(event, failOnDetection)) this.failed = true;
    const shown = (minLevel === undefined || reaches(event, minLevel)) && (event.score ?? 0) >= minScore;
    if (shown) this.#shown.add(id);
    return shown;
  }
}

const reaches = ({ severityText }: RiskEvent, level: Level): boolean =>
  LEVELS.indexOf(severityText as Level) >= LEVELS.indexOf(level);
