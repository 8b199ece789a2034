/** What a scrape of a running Sidewatch says of the way from a detection to its destination. */
export interface DeliveryFigures {
  /** Detections of the rule; undefined where no metric names it. */
  readonly detections: number | undefined;
  /** `telemetry.metrics.level: basic` has no rules. */
  readonly namesRules: boolean;
  /** By the name of the destination. */
  readonly destinations: ReadonlyMap<string, DestinationFigures>;
}

export interface DestinationFigures {
  readonly delivered: number;
  readonly waiting: number;
  /** Refused for good, or taken out of a full queue. */
  readonly lost: number;
}

const SAMPLE = /^sidewatch_(\w+?)\{(.*)\} (\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/gm;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

const PLACES: Readonly<Record<string, keyof DestinationFigures>> = {
  exported_total: 'delivered',
  outbox_size: 'waiting',
  export_dead_total: 'lost',
  outbox_dropped_total: 'lost',
  dead_letters_total: 'lost',
};

/** `text`: of /metrics. `rule`: the name of a rule. */
export function deliveryFigures(text: string, rule: string): DeliveryFigures {
  let detections: number | undefined;
  let namesRules = false;
  const destinations = new Map<string, Record<keyof DestinationFigures, number>>();
  for (const [, name = '', labels = '', value] of text.matchAll(SAMPLE)) {
    const label = Object.fromEntries(Array.from(labels.matchAll(LABEL), ([, key, text]) => [key, text]));
    if (name === 'detections_total' && label['rule'] !== undefined) {
      namesRules = true;
      if (label['rule'] === rule) detections = (detections ?? 0) + Number(value);
    }
    const [place, destination] = [PLACES[name], label['destination']];
    if (place === undefined || destination === undefined) continue;
    const figures = destinations.get(destination) ?? { delivered: 0, waiting: 0, lost: 0 };
    figures[place] += Number(value);
    destinations.set(destination, figures);
  }
  return { detections, namesRules, destinations };
}
