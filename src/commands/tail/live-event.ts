/** What the live stream of a console sends for one risk event: what `replay --output json` writes, and the name of its rule. */
export interface LiveEvent {
  readonly rule: string;
  readonly event: {
    readonly timestamp: string;
    readonly eventName: string;
    readonly severityText: string;
    readonly body: string;
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly resource: Readonly<Record<string, unknown>>;
  };
}

/** undefined for any other text. */
export function parseLiveEvent(text: string): LiveEvent | undefined {
  try {
    const { rule, event } = JSON.parse(text) as { readonly rule?: unknown; readonly event?: unknown };
    return typeof rule === 'string' && isEvent(event) ? { rule, event } : undefined;
  } catch {
    return undefined;
  }
}

function isEvent(value: unknown): value is LiveEvent['event'] {
  const event = value as Partial<LiveEvent['event']> | null | undefined;
  return (
    [event?.timestamp, event?.eventName, event?.severityText, event?.body].every(
      (text) => typeof text === 'string',
    ) && [event?.attributes, event?.resource].every((map) => typeof map === 'object' && map !== null)
  );
}
