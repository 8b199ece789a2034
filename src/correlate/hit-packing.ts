import type { HeldHit } from './held-hit.ts';
import { PackedHit } from './packed-hit.ts';
import { type FieldLists, fieldLists, ValuePattern } from './value-pattern.ts';

/** Patterns that a hit is compared with: those that were used last. An older one is held for as long as a hit needs it. */
export const RECENT_PATTERNS_MAX = 8;

/** So small a part of its fields may differ that no better pattern is looked for, and so large a one that a new one is made. */
const CLOSE = 1 / 4;
const FAR = 1 / 2;
/** So few fields may always differ: a pattern of its own would take up more. */
const FEW = 2;

/**
 * Packs the hits of a rule's groups. A hit carries some thirty facts and fields, few of which differ from those of another
 * hit; held as what differs, it takes up a twentieth.
 */
export class HitPacking {
  /** The one that was used last first. All of them are held by hits. */
  readonly #recent: ValuePattern[] = [];
  /** A hit may be held under several keys. */
  #last: { readonly hit: HeldHit; readonly packed: PackedHit } | undefined;
  /** What the patterns of the hits that are held take up, in bytes. */
  bytes = 0;

  /** Packs a hit that is then held; one that it has packed stays as it is. */
  hold(hit: HeldHit): PackedHit {
    if (hit instanceof PackedHit && hit.pattern.packing === this) {
      hit.pattern.holders++;
      return hit;
    }
    if (this.#last?.hit !== hit) {
      const seen = fieldLists(hit.values);
      const pattern = this.#like(hit.input, seen) ?? new ValuePattern(this, hit, seen);
      this.#last = { hit, packed: PackedHit.of(hit, pattern, pattern.difference(seen)) };
    }
    const { packed } = this.#last!;
    const { pattern } = packed;
    if (pattern.holders === 0) {
      this.bytes += pattern.bytes;
      this.#recent.unshift(pattern);
      if (this.#recent.length > RECENT_PATTERNS_MAX) this.#recent.pop();
    }
    pattern.holders++;
    return packed;
  }

  /** For a hit that is held no more. */
  release({ pattern }: PackedHit): void {
    // A copy of a group holds hits that it did not pack.
    if (pattern.packing !== this) return;
    pattern.holders--;
    if (pattern.holders > 0) return;
    this.bytes -= pattern.bytes;
    const index = this.#recent.indexOf(pattern);
    if (index >= 0) this.#recent.splice(index, 1);
    if (this.#last?.packed.pattern === pattern) this.#last = undefined;
  }

  /** The pattern from which the hit differs least, as far as that was looked for. */
  #like(input: string, seen: FieldLists): ValuePattern | undefined {
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#recent.length && least > seen.fields.length * CLOSE; i++) {
      const distance = this.#recent[i]!.distance(input, seen);
      if (distance < least) [best, least] = [i, distance];
    }
    if (least > Math.max(FEW, seen.fields.length * FAR)) return undefined;
    const pattern = this.#recent[best]!;
    if (best > 0) {
      this.#recent.splice(best, 1);
      this.#recent.unshift(pattern);
    }
    return pattern;
  }
}
