import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeldBytes } from '../../../src/receive/held-bytes.ts';
import { runs } from '../../support/property.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

describe('a buffer', () => {
  it('holds what has come, however much is claimed', () => {
    const held = new HeldBytes(256 * MIB);
    expect(held.take(10, 64 * MIB)!.length).toBe(4 * KIB);
    expect(held.take(10, 20)!.length).toBe(20);
    expect(held.take(70 * KIB, 100 * KIB)!.length).toBe(128 * KIB);
    expect(held.take(5 * MIB, 6 * MIB)!.length).toBe(6 * MIB);
    expect(held.held).toBe(4 * KIB + 20 + 128 * KIB + 6 * MIB);
  });

  it('is used again for a message that it holds whole: the smallest such one', () => {
    const held = new HeldBytes(256 * MIB);
    const [large, small] = [held.take(MIB, 2 * MIB)!, held.take(200 * KIB, 256 * KIB)!];
    held.give(large);
    held.give(small);
    expect(held.held).toBe(0);
    expect(held.take(1, 20)).not.toBe(small);
    expect(held.take(1, 250 * KIB)).toBe(small);
    expect(held.take(1, 250 * KIB)).toBe(large);
    expect(held.take(1, 250 * KIB)!.length).toBe(4 * KIB);
  });

  it('of a few bytes or of many is not kept, nor are more than 16 MiB', () => {
    const held = new HeldBytes(256 * MIB);
    for (const size of [64 * KIB, 5 * MIB]) {
      const buffer = held.take(size, size)!;
      held.give(buffer);
      expect(held.take(size, size)).not.toBe(buffer);
    }
    const five = Array.from({ length: 5 }, () => held.take(4 * MIB, 4 * MIB)!);
    for (const buffer of five) held.give(buffer);
    const again = Array.from({ length: 5 }, () => held.take(4 * MIB, 4 * MIB)!);
    expect(again.filter((buffer) => five.includes(buffer))).toHaveLength(4);
  });

  it('is refused over the budget, also an idle one', () => {
    const held = new HeldBytes(MIB);
    const buffer = held.take(MIB, MIB)!;
    expect(held.take(1, 1)).toBeUndefined();
    expect(held.add(1)).toBe(false);
    held.give(buffer);
    expect(held.add(1)).toBe(true);
    expect(held.take(1, MIB)).toBeUndefined();
    held.subtract(1);
    expect(held.take(1, MIB)).toBe(buffer);
  });
});

it('the budget is kept, and what is given back is room again, whatever the order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(3), fc.nat(3 * MIB), fc.nat(64 * MIB)), { maxLength: 60 }),
      (steps) => {
        const held = new HeldBytes(8 * MIB);
        const taken: Buffer[] = [];
        for (const [kind, least, claimed] of steps) {
          if (kind === 0) {
            const buffer = taken.shift();
            if (buffer) held.give(buffer);
          } else {
            const buffer = held.take(Math.min(least, claimed), claimed);
            if (buffer) {
              expect(buffer.length).toBeGreaterThanOrEqual(Math.min(least, claimed));
              expect(taken.includes(buffer)).toBe(false);
              taken.push(buffer);
            }
          }
          expect(held.held).toBe(taken.reduce((sum, { length }) => sum + length, 0));
          expect(held.held).toBeLessThanOrEqual(8 * MIB);
        }
      },
    ),
    runs(50),
  );
});
