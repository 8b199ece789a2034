import { setTimeout as pause } from 'node:timers/promises';
import { plainText } from '../../lib/plain-text.ts';
import { seconds } from '../../lib/time-format.ts';
import { UserError } from '../../setup/user-error.ts';
import {
  type ConsoleAt,
  ConsoleFault,
  type ConsoleOptions,
  consoleAnswer,
  consoleAt,
  fetchFault,
} from '../console/console-at.ts';
import { printer } from '../output/printer.ts';
import { type ScreenOptions, screenOf } from '../output/screen.ts';
import { parseLiveEvent } from './live-event.ts';
import { serverEvents } from './server-events.ts';
import { type TailFilters, tailChoice } from './tail-choice.ts';
import { type TailLines, tailJson, tailTable } from './tail-lines.ts';

export interface TailOptions extends ConsoleOptions, TailFilters, ScreenOptions {
  readonly output: 'table' | 'json';
}

/** A console that lives is heard each 15 seconds. */
const SILENT_MAX = seconds(45);
const RETRY_FIRST = seconds(1);
const RETRY_MAX = seconds(10);

/** Prints the risk events of a running sidewatch as they fire, until `stop` aborts. Rejects with a UserError where it cannot begin. */
export async function tail(options: TailOptions, stop: AbortSignal): Promise<void> {
  const at = consoleAt(options, '/live');
  const readerGone = new AbortController();
  process.stdout.once('error', () => readerGone.abort());
  const until = AbortSignal.any([stop, readerGone.signal]);
  // Lines for another program are not cut.
  const screen = { ...options, wide: options.wide === true || !process.stdout.isTTY };
  const show = shownBy(
    options,
    options.output === 'json' ? tailJson : tailTable(() => screenOf(process.stdout, screen)),
  );
  let live = await connected(at, until);
  if (live) say(`connected to ${at.url.href}: risk events are shown as they fire; Ctrl-C ends`);
  while (live) {
    const why = await followed(live, show, until);
    if (until.aborted) return;
    say(
      `${at.url.href}  the connection has ended (${why}); trying again, and what fires until then is not shown`,
    );
    live = await connectedAgain(at, until);
    if (live) say(`connected to ${at.url.href} again`);
  }
}

function shownBy(filters: TailFilters, lines: TailLines): (data: string) => Promise<void> {
  const chosen = tailChoice(filters);
  const print = printer(process.stdout);
  return async (data) => {
    const one = parseLiveEvent(data);
    const text = one && chosen(one) ? lines(one) : '';
    if (text !== '') await print(text);
  };
}

/** undefined where `until` has aborted. */
async function connected(at: ConsoleAt, until: AbortSignal): Promise<Response | undefined> {
  try {
    const answer = await consoleAnswer(at, until);
    if (answer.body && answer.headers.get('content-type')?.startsWith('text/event-stream')) return answer;
    throw new ConsoleFault(
      `${at.url.href}  the answer is not from the console of a sidewatch that has a live stream`,
      false,
    );
  } catch (error) {
    if (until.aborted) return undefined;
    throw error;
  }
}

/** The same after a connection has ended: waits for as long as that may help. */
async function connectedAgain(at: ConsoleAt, until: AbortSignal): Promise<Response | undefined> {
  for (let wait = RETRY_FIRST; ; wait = Math.min(wait * 2, RETRY_MAX) as typeof wait) {
    await pause(wait, undefined, { signal: until }).catch(() => {});
    if (until.aborted) return undefined;
    try {
      return await connected(at, until);
    } catch (error) {
      if (!(error instanceof ConsoleFault) || !error.passing) throw error;
    }
  }
}

/** Shows what comes until the connection ends; resolves with the reason. */
async function followed(
  { body }: Response,
  show: (data: string) => Promise<void>,
  until: AbortSignal,
): Promise<string> {
  const reader = body!.getReader();
  let why = 'the console closed it: it stopped, or this reader was too slow';
  const end = () => void reader.cancel().catch(() => {});
  const silence = setTimeout(() => {
    why = `nothing was heard for ${SILENT_MAX / 1000} seconds`;
    end();
  }, SILENT_MAX);
  until.addEventListener('abort', end);
  try {
    for await (const { name, data } of serverEvents(pieces(reader), () => silence.refresh()))
      if (name === 'risk') await show(data);
    return why;
  } catch (error) {
    if (error instanceof UserError) throw error;
    return fetchFault(error);
  } finally {
    clearTimeout(silence);
    until.removeEventListener('abort', end);
    end();
  }
}

async function* pieces(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

const say = (text: string) => void process.stderr.write(`${plainText(text)}\n`);
