import { randomBytes } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { piecesOf } from '../../../../src/commands/replay/byte-pieces.ts';
import { linesOf } from '../../../../src/commands/replay/file-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-lines-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(content: string | Uint8Array, name = 'file') {
  const path = join(folder, name);
  writeFileSync(path, content);
  const lines: [number, string][] = [];
  let progress = 0;
  let nul = 0;
  for await (const { number, bytes } of linesOf(
    path,
    (n) => (progress += n),
    (n) => (nul += n),
  ))
    lines.push([number, String(bytes)]);
  return { lines, progress, nul };
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

  test('several pretty-printed documents in one file are a line each, behind a blank line too', async () => {
    const documents = [{ a: [1, {}] }, { b: 'x}{' }, { c: null }];
    const { lines } = await read(`\n${documents.map((one) => JSON.stringify(one, null, 2)).join('\n')}\n`);
    expect(lines.map(([number, text]) => [number, JSON.parse(text)])).toEqual([
      [2, documents[0]],
      [8, documents[1]],
      [11, documents[2]],
    ]);
  });

  test('of an array over lines each member is one, however long the array is', async () => {
    const items = [{ a: 1 }, { b: [2] }, { c: { d: 3 } }];
    const texts = [
      `[\n${items.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`,
      `[${items.map((one) => JSON.stringify(one)).join('\n,')}]`,
      JSON.stringify(items, null, 2),
    ];
    for (const text of texts) {
      const { lines } = await read(text);
      const members = lines.map(([, line]) => JSON.parse(line.replace(/^[[,\s]+|[\],\s]+$/g, '')));
      expect(members).toEqual(items);
    }
  });

  test('a document that begins behind another on its line goes on in the next line', async () => {
    const { lines } = await read('{"a":1}{"b":2},{"c":\n3}');
    expect(lines.map(([number, text]) => [number, text.trim()])).toEqual([
      [1, '{"a":1}{"b":2},'],
      [1, '{"c":\n3}'],
    ]);
  });

  test('end at NUL bytes, which are counted and are no lines', async () => {
    const zeros = '\0'.repeat(200_000);
    const { lines, nul } = await read(`${zeros}one\n\0\0\nthree\0\0and\n\0{\n"a":1\0}\nlast\0`);
    expect(lines).toEqual([
      [1, 'one'],
      [3, 'three'],
      [3, 'and'],
      [4, '{\n"a":1\n'],
      [5, '}'],
      [6, 'last'],
    ]);
    expect(nul).toBe(200_007);
  });

  test('all members of a gzip archive and all frames of a zstd one are read', async () => {
    const texts = ['one\n', '\nthree\n', 'last without an end'];
    const skippable = (nibble: number) => Buffer.from([0x50 + nibble, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const frames = texts.map((text) => zstdCompressSync(text));
    const [first, ...others] = frames;
    for (const packed of [
      texts.map((text) => gzipSync(text)),
      frames,
      [skippable(0), ...frames],
      [first!, skippable(15), ...others, skippable(7)],
    ]) {
      const { lines, progress } = await read(Buffer.concat(packed));
      expect(lines).toEqual(numbered);
      expect(progress).toBe(Buffer.concat(packed).length);
    }
  });

  test('frames may end anywhere in what is read at once', async () => {
    const text = (i: number) => `${i} ${'x'.repeat(i % 300)}\n`;
    const random = randomBytes(200_000).toString('base64');
    const frames = Array.from({ length: 300 }, (_, i) => zstdCompressSync(text(i)));
    const { lines } = await read(Buffer.concat([...frames, zstdCompressSync(`${random}\n`), ...frames]));
    const all = Array.from({ length: 300 }, (_, i) => text(i).slice(0, -1));
    expect(lines.map(([, line]) => line)).toEqual([...all, random, ...all]);
  });

  test('what is no frame behind a frame is an error, and so is one that ends early', async () => {
    const frame = zstdCompressSync(three);
    await expect(read(Buffer.concat([frame, Buffer.from('garbage')]))).rejects.toThrow();
    await expect(read(Buffer.concat([frame, Buffer.from('x')]))).rejects.toThrow();
    for (const size of [5, 12, frame.length - 1])
      await expect(read(Buffer.concat([frame, frame.subarray(0, size)]))).rejects.toThrow();
  });

  test('a file that is replaced while it is read is an error, not half of each', async () => {
    const path = join(folder, 'rotated');
    writeFileSync(path, 'x'.repeat(100_000));
    const pieces = piecesOf(path);
    await pieces.next();
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'y'.repeat(100_000));
    await expect(pieces.next()).rejects.toThrow('it was replaced while it was read');
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
