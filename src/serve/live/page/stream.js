/**
 * What the page is told. `ended`: the reason, for people. `unauthorized`: a token is wanted, or this one is wrong.
 * @typedef {{
 *   readonly opened: () => void,
 *   readonly event: (name: string, data: string) => void,
 *   readonly ended: (why: string) => void,
 *   readonly unauthorized: () => void,
 * }} Told
 */

/** A console that lives is heard each second. */
const SILENT_MAX = 10_000;

/**
 * Reads the live stream to its end, once. An EventSource could not send a token.
 * @param {string | undefined} token
 * @param {Told} told
 */
export async function readStream(token, told) {
  const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  const silence = new AbortController();
  let timer = 0;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENT_MAX);
  };
  heard();
  try {
    const answer = await fetch('live/all', {
      ...(headers && { headers }),
      cache: 'no-store',
      signal: silence.signal,
    });
    if (answer.status === 401) return told.unauthorized();
    if (!answer.ok || !answer.body)
      return told.ended(`HTTP ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
    told.opened();
    await readEvents(answer.body, heard, told);
    told.ended('the console closed the connection');
  } catch (error) {
    told.ended(silence.signal.aborted ? 'nothing was heard for 10 seconds' : String(error));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {() => void} heard
 * @param {Told} told
 */
async function readEvents(body, heard, told) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    const parts = (rest + decoder.decode(value, { stream: true })).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(part) ?? [];
      if (name !== undefined && data !== undefined) told.event(name, data);
    }
  }
}
