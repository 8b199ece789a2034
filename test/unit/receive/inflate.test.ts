import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inflater } from '../../../src/receive/inflate.ts';

const MIB = 2 ** 20;
const text = (length: number) => Buffer.alloc(length, '{"kind":"Event","level":"Metadata"}');
/** The same gzip with another length in its trailer. zlib then says that it is broken, after it made the output. */
const claiming = (bytes: Buffer, length: number) => {
  const lie = Buffer.from(bytes);
  lie.writeUInt32LE(length, lie.length - 4);
  return lie;
};

describe('what opens', () => {
  it.each([0, 1, 63, 64, 65_536, MIB, 4 * MIB, 4 * MIB + 1, 9 * MIB])(
    '%i bytes come out as they went in',
    async (length) => {
      const open = inflater(16 * MIB);
      expect(
        (await open(gzipSync(text(length)), 'gzip')).toString('latin1') === text(length).toString('latin1'),
      ).toBe(true);
      expect(
        (await open(deflateSync(text(length)), 'deflate')).toString('latin1') ===
          text(length).toString('latin1'),
      ).toBe(true);
    },
  );

  it('may be of several members, of which the last is the smallest', async () => {
    const open = inflater(16 * MIB);
    const members = [text(5 * MIB), text(100_000), text(3)];
    const opened = await open(Buffer.concat(members.map((member) => gzipSync(member))), 'gzip');
    expect(Buffer.concat(members).equals(opened as Buffer)).toBe(true);
  });

  it('may come many at a time', async () => {
    const open = inflater(16 * MIB);
    const bytes = gzipSync(text(5 * MIB));
    const all = await Promise.all(Array.from({ length: 6 }, () => open(bytes, 'gzip')));
    expect(all.map(({ length }) => length)).toEqual(Array(6).fill(5 * MIB));
  });
});

describe('what does not', () => {
  it.each([100, MIB, 6 * MIB])(
    'is too large from %i bytes and one on, whatever its trailer says',
    async (most) => {
      const open = inflater(most);
      expect((await open(gzipSync(text(most)), 'gzip')).length).toBe(most);
      const over = gzipSync(text(most + 1));
      expect(await open(over, 'gzip')).toBe('too large');
      expect(await open(claiming(over, 1), 'gzip')).not.toBeInstanceOf(Buffer);
      expect(await open(claiming(over, 0xffff_ffff), 'gzip')).not.toBeInstanceOf(Buffer);
      expect(await open(deflateSync(text(most + 1)), 'deflate')).toBe('too large');
    },
  );

  it('is broken where a byte is wrong, at once and on the thread; the next one opens', async () => {
    const open = inflater(16 * MIB);
    for (const length of [1000, 5 * MIB]) {
      const whole = gzipSync(text(length));
      expect(await open(claiming(whole, length + 1), 'gzip')).toBe('broken');
      expect(await open(whole.subarray(0, -9), 'gzip')).toBe('broken');
      expect((await open(whole, 'gzip')).length).toBe(length);
    }
    expect(await open(Buffer.alloc(0), 'gzip')).toBe('broken');
    expect(await open(Buffer.alloc(0), 'deflate')).toBe('broken');
  });

  it('is an answer too, for any bytes', async () => {
    const open = inflater(1000);
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array(),
        fc.constantFrom('gzip' as const, 'deflate' as const),
        async (bytes, encoding) => {
          const opened = await open(Buffer.from(bytes), encoding);
          expect(opened === 'broken' || opened === 'too large' || opened.length <= 1000).toBe(true);
        },
      ),
    );
  });
});
