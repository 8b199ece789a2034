import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { linesOf } from '../../../src/commands/replay/lines.ts';
import { merged } from '../../../src/commands/replay/merge.ts';
import type { Micros } from '../../../src/model/time.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-lines-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(content: string | Uint8Array, name = 'file') {
  const path = join(folder, name);
  writeFileSync(path, content);
  const lines: [number, string][] = [];
  let progress = 0;
  for await (const { number, bytes } of linesOf(path, (n) => (progress += n)))
    lines.push([number, String(bytes)]);
  return { lines, progress };
}

describe('lines of a file', () => {
  const three = 'one\n\nthree\nlast without an end';
  const numbered = [
    [1, 'one'],
    [3, 'three'],
    [4, 'last without an end'],
  ];

  test('are numbered as an editor numbers them; empty ones are skipped', async () => {
    expect((await read(three)).lines).toEqual(numbered);
  });

  test('are the same compressed, whatever the name', async () => {
    for (const packed of [gzipSync(three), zstdCompressSync(three)]) {
      const { lines, progress } = await read(packed);
      expect(lines).toEqual(numbered);
      expect(progress).toBe(packed.length);
    }
  });

  test('a pretty-printed document is one line', async () => {
    const text = JSON.stringify({ kind: 'EventList', items: [{ a: 1 }] }, null, 2);
    const { lines } = await read(text);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]![1])).toEqual(JSON.parse(text));
  });

  test('an empty file and one of a single byte are no trouble', async () => {
    expect((await read('')).lines).toEqual([]);
    expect((await read('x')).lines).toEqual([[1, 'x']]);
  });

  test('a cut-off archive is an error, not a short file', async () => {
    await expect(read(gzipSync(three).subarray(0, 20))).rejects.toThrow();
  });

  test('lines across the pieces that a file is read in stay whole', async () => {
    const long = Array.from({ length: 5000 }, (_, i) => `${i} ${'x'.repeat(i % 97)}`);
    const { lines } = await read(long.join('\n'));
    expect(lines.map(([, text]) => text)).toEqual(long);
  });
});

describe('merging files', () => {
  async function* from(times: readonly number[]) {
    for (const at of times) yield { at: at as Micros };
  }
  const all = async (files: readonly (readonly number[])[], most?: number) => {
    const out: number[] = [];
    for await (const { at } of merged(files.map(from), most)) out.push(at);
    return out;
  };

  test('gives everything in order of time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(1000), { maxLength: 30 }), { maxLength: 5 }),
        async (files) => {
          expect(await all(files)).toEqual(files.flat().sort((a, b) => a - b));
        },
      ),
    );
  });

  test('loses nothing where the buffer is too small to put it in order', async () => {
    expect(await all([[5, 4, 3, 2, 1]], 2)).toEqual([3, 2, 1, 4, 5]);
  });
});
