import { constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Encoding, inflater } from '../../../src/receive/inflate.ts';

const MIB = 2 ** 20;
/** One that opens to `most` bytes. */
const opener = (most: number) => {
  const open = inflater();
  return (bytes: Buffer, encoding: Encoding) => open(bytes, encoding, most);
};
const text = (length: number) => Buffer.alloc(length, '{"kind":"Event","level":"Metadata"}');
/** The same gzip with another length in its trailer. zlib then says that it is broken, after it made the output. */
const claiming = (bytes: Buffer, length: number) => {
  const lie = Buffer.from(bytes);
  lie.writeUInt32LE(length, lie.length - 4);
  return lie;
};

/** A zstd frame that says nothing of its size, but that it wants a window of 2 ** `log` bytes. */
function windowed(content: Buffer, log: number): Buffer {
  const frame = zstdCompressSync(content, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });
  expect(frame.readUInt8(4) >> 5).toBe(0);
  frame.writeUInt8((log - 10) << 3, 5);
  return frame;
}

describe('what opens', () => {
  it.each([0, 1, 63, 64, 65_536, MIB, 4 * MIB, 4 * MIB + 1, 9 * MIB])(
    '%i bytes come out as they went in',
    async (length) => {
      const open = opener(16 * MIB);
      expect(
        (await open(gzipSync(text(length)), 'gzip')).toString('latin1') === text(length).toString('latin1'),
      ).toBe(true);
      expect(
        (await open(deflateSync(text(length)), 'deflate')).toString('latin1') ===
          text(length).toString('latin1'),
      ).toBe(true);
      expect(text(length).equals((await open(zstdCompressSync(text(length)), 'zstd')) as Buffer)).toBe(true);
    },
  );

  it('may be of several members, of which the last is the smallest', async () => {
    const open = opener(16 * MIB);
    const members = [text(5 * MIB), text(100_000), text(3)];
    const opened = await open(Buffer.concat(members.map((member) => gzipSync(member))), 'gzip');
    expect(Buffer.concat(members).equals(opened as Buffer)).toBe(true);
  });

  it('may be of several zstd frames, one of which may be skippable or empty', async () => {
    const open = opener(16 * MIB);
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]);
    for (const sizes of [
      [1000, 0, 3],
      [5 * MIB, 100_000],
    ]) {
      const members = sizes.map(text);
      const bytes = Buffer.concat([skippable, ...members.map((member) => zstdCompressSync(member))]);
      expect(Buffer.concat(members).equals((await open(bytes, 'zstd')) as Buffer)).toBe(true);
    }
  });

  it('may be zstd with a window of 32 MiB', async () => {
    expect((await opener(16 * MIB)(windowed(text(9 * MIB), 25), 'zstd')).length).toBe(9 * MIB);
  });

  it('opens on the thread where it is long, as each of its members costs time and need hold nothing', async () => {
    const empty = gzipSync(Buffer.alloc(0));
    for (const most of [MIB, 16 * MIB]) {
      const opened = opener(most)(Buffer.alloc(empty.length * 15_000, empty), 'gzip');
      expect(opened).toBeInstanceOf(Promise);
      expect((await opened).length).toBe(0);
    }
  });

  it('may come many at a time', async () => {
    const open = opener(16 * MIB);
    const bytes = gzipSync(text(5 * MIB));
    const all = await Promise.all(Array.from({ length: 6 }, () => open(bytes, 'gzip')));
    expect(all.map(({ length }) => length)).toEqual(Array(6).fill(5 * MIB));
  });
});

describe('what does not', () => {
  it.each([100, MIB, 6 * MIB])(
    'is too large from %i bytes and one on, whatever its trailer says',
    async (most) => {
      const open = opener(most);
      expect((await open(gzipSync(text(most)), 'gzip')).length).toBe(most);
      const over = gzipSync(text(most + 1));
      expect(await open(over, 'gzip')).toBe('too large');
      expect(await open(claiming(over, 1), 'gzip')).not.toBeInstanceOf(Buffer);
      expect(await open(claiming(over, 0xffff_ffff), 'gzip')).not.toBeInstanceOf(Buffer);
      expect(await open(deflateSync(text(most + 1)), 'deflate')).toBe('too large');
      expect((await open(zstdCompressSync(text(most)), 'zstd')).length).toBe(most);
      for (const frame of [zstdCompressSync(text(most + 1)), windowed(text(most + 1), 23)])
        expect(await open(frame, 'zstd')).toBe('too large');
      const two = [most, 1].map((length) => zstdCompressSync(text(length)));
      expect(await open(Buffer.concat(two), 'zstd')).toBe('too large');
    },
  );

  it('is broken where a byte is wrong, at once and on the thread; the next one opens', async () => {
    const open = opener(16 * MIB);
    for (const length of [1000, 5 * MIB]) {
      const whole = gzipSync(text(length));
      expect(await open(claiming(whole, length + 1), 'gzip')).toBe('broken');
      expect(await open(whole.subarray(0, -9), 'gzip')).toBe('broken');
      expect((await open(whole, 'gzip')).length).toBe(length);
    }
    expect(await open(Buffer.alloc(0), 'gzip')).toBe('broken');
    expect(await open(Buffer.alloc(0), 'deflate')).toBe('broken');
    for (const length of [1000, 5 * MIB]) {
      const whole = zstdCompressSync(text(length));
      expect(await open(whole.subarray(0, -3), 'zstd')).toBe('broken');
      expect(await open(Buffer.concat([whole, Buffer.from('more')]), 'zstd')).toBe('broken');
    }
    expect(await open(Buffer.alloc(0), 'zstd')).toBe('broken');
    expect(await open(Buffer.from('no frame'), 'zstd')).toBe('broken');
  });

  it('is a zstd frame that wants more memory for its window than senders have use for', async () => {
    expect(await opener(16 * MIB)(windowed(text(1000), 26), 'zstd')).toBe('too large');
  });

  it('is zstd of very many frames, each of which costs time', async () => {
    const empty = zstdCompressSync(Buffer.alloc(0));
    expect(await opener(16 * MIB)(Buffer.concat(Array(17).fill(empty)), 'zstd')).toBe('broken');
    expect((await opener(16 * MIB)(Buffer.concat(Array(16).fill(empty)), 'zstd')).length).toBe(0);
  });

  it('is an answer too, for any bytes', async () => {
    const open = opener(1000);
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array(),
        fc.constantFrom('gzip' as const, 'deflate' as const, 'zstd' as const),
        async (bytes, encoding) => {
          const opened = await open(Buffer.from(bytes), encoding);
          expect(opened === 'broken' || opened === 'too large' || opened.length <= 1000).toBe(true);
        },
      ),
    );
  });
});
