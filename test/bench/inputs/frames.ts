import { readFileSync, writeFileSync } from 'node:fs';

// Byte strings in a file, each behind its length: how a run's inputs reach the processes that measure. Made once, by one
// tree's code, so that all variants get the same bytes.

export function writeFrames(path: string, frames: readonly Uint8Array[]): void {
  const parts = frames.flatMap((frame) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(frame.length);
    return [length, frame];
  });
  writeFileSync(path, Buffer.concat(parts));
}

export function readFrames(path: string): Buffer[] {
  const all = readFileSync(path);
  const frames: Buffer[] = [];
  for (let at = 0; at < all.length; ) {
    const length = all.readUInt32LE(at);
    frames.push(all.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return frames;
}
