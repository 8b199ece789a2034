import { SingleBar } from 'cli-progress';
import type { Ms } from '../../model/time.ts';
import { steadyClock } from '../../ops/clock.ts';

const CLEAR_LINE = '\r\u001b[K';

export interface Progress {
  add(bytes: number): void;
  /** Writes a line above the bar. */
  say(text: string): void;
  stop(): void;
}

/**
 * A progress bar over the bytes of all inputs, only on a terminal that can draw one: with events a second and the time that
 * is left. `events`: how many were read so far.
 */
export function progressBar(
  bytes: number,
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean },
  events: () => number,
): Progress {
  const write = (text: string) => void stream.write(`${text}\n`);
  if (!stream.isTTY || process.env['TERM'] === 'dumb' || bytes === 0)
    return { add() {}, say: write, stop() {} };
  const bar = new SingleBar({
    stream,
    format: 'replay [{bar}] {percentage}% {pace}',
    clearOnComplete: true,
    hideCursor: true,
    forceRedraw: true,
  });
  const began = steadyClock();
  let done = 0;
  bar.start(bytes, 0, { pace: '' });
  return {
    add(more) {
      done += more;
      bar.increment(more, { pace: pace(done / bytes, events(), (steadyClock() - began) as Ms) });
    },
    say: (text) => write(`${CLEAR_LINE}${text}`),
    stop: () => bar.stop(),
  };
}

/** How fast it goes, and how long it still takes at this pace: `12,345 events/s, 1:05 left`. '' while that is not known. */
export function pace(part: number, events: number, elapsed: Ms): string {
  if (elapsed <= 0 || part <= 0) return '';
  const rate = Math.round((events * 1000) / elapsed).toLocaleString('en-US');
  const left = Math.ceil((elapsed * Math.max(0, 1 - part)) / part / 1000);
  const [minutes, seconds] = [Math.floor(left / 60), String(left % 60).padStart(2, '0')];
  return `${rate} events/s, ${minutes}:${seconds} left`;
}
