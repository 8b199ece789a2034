/** One event of a stream of server-sent events. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** The longest event that is read; ours are bounded by what a destination takes. */
const EVENT_MAX = 64 * 2 ** 20;

/** Reads server-sent events, as far as Sidewatch writes them: an event, one line of data. `heard`: called for each piece, a comment too. */
export async function* serverEvents(
  body: AsyncIterable<Uint8Array>,
  heard: () => void,
): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    heard();
    const parts = (rest + decoder.decode(piece, { stream: true })).split('\n\n');
    rest = parts.pop()!;
    if (rest.length > EVENT_MAX) throw new Error('an event of the stream is too long');
    for (const part of parts) {
      const event = eventIn(part);
      if (event) yield event;
    }
  }
}

function eventIn(part: string): ServerEvent | undefined {
  let name = 'message';
  let data: string | undefined;
  for (const line of part.split('\n')) {
    if (line.startsWith('event: ')) name = line.slice(7);
    else if (line.startsWith('data: ')) data = line.slice(6);
  }
  return data === undefined ? undefined : { name, data };
}
