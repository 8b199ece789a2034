import { SingleBar } from 'cli-progress';

const CLEAR_LINE = '\r\u001b[K';

export interface Progress {
  add(bytes: number): void;
  /** Writes a line above the bar. */
  say(text: string): void;
  stop(): void;
}

/** A progress bar over the bytes of all inputs, only on a terminal that can draw one. */
export function progressBar(
  bytes: number,
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean },
): Progress {
  const write = (text: string) => void stream.write(`${text}\n`);
  if (!stream.isTTY || process.env['TERM'] === 'dumb' || bytes === 0)
    return { add() {}, say: write, stop() {} };
  const bar = new SingleBar({
    stream,
    format: 'replay [{bar}] {percentage}%',
    clearOnComplete: true,
    hideCursor: true,
    forceRedraw: true,
  });
  bar.start(bytes, 0);
  return {
    add: (more) => bar.increment(more),
    say: (text) => write(`${CLEAR_LINE}${text}`),
    stop: () => bar.stop(),
  };
}
