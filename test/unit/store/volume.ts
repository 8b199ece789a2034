import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory of its own, so small that it can be filled, or read-only. */
export interface Volume extends Disposable {
  readonly path: string;
  /** Takes all of its room but for about so many bytes, with a file of something else. */
  fill(left: number): void;
  /** Removes that file. */
  free(): void;
  readOnly(): void;
}

const run = (...args: readonly string[]): boolean =>
  spawnSync('mount', args, { stdio: 'ignore' }).status === 0;

function mounted(mebibytes: number): Volume | undefined {
  const path = mkdtempSync(join(tmpdir(), 'volume-'));
  const ballast = join(path, 'ballast');
  if (!run('-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path)) {
    rmSync(path, { recursive: true });
    return undefined;
  }
  return {
    path,
    fill: (left) => {
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - left)));
    },
    free: () => unlinkSync(ballast),
    readOnly: () => {
      if (!run('-o', 'remount,ro', path)) throw new Error(`${path} could not be made read-only`);
    },
    [Symbol.dispose]() {
      // Lazily: a test that failed may have files open there.
      spawnSync('umount', ['-l', path]);
      rmSync(path, { recursive: true });
    },
  };
}

/** Mounting needs root, and a container may not allow it to root either. */
export const MAY_MOUNT = (() => {
  using volume = mounted(1);
  return volume !== undefined;
})();

export function smallVolume(mebibytes: number): Volume {
  const volume = mounted(mebibytes);
  if (!volume) throw new Error('this machine does not allow mounting: ask MAY_MOUNT first');
  return volume;
}
