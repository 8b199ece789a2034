import { statSync } from 'node:fs';
import { SingleBar } from 'cli-progress';

/** A bar over the bytes of all files, on a terminal; nothing elsewhere. */
export function progressBar(
  files: readonly string[],
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean },
) {
  const total = files.reduce(
    (sum, file) => sum + (file === '-' ? 0 : (statSync(file, { throwIfNoEntry: false })?.size ?? 0)),
    0,
  );
  if (!stream.isTTY || total === 0) return { add() {}, stop() {} };
  const bar = new SingleBar({
    stream,
    format: 'replay [{bar}] {percentage}%',
    clearOnComplete: true,
    hideCursor: true,
  });
  bar.start(total, 0);
  return {
    add: (bytes: number) => bar.increment(bytes),
    stop: () => bar.stop(),
  };
}
