import type { Values } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import type { HeldHit } from './held-hit.ts';
import type { ValuePattern } from './value-pattern.ts';

/** In `layout`: the text has characters beyond Latin-1, each of which makes all of them take two bytes. */
const WIDE = 2 ** 20;
/** The layout of a hit without an identity. */
const UNNAMED = 2 ** 21;

const NO_NUMBERS: readonly number[] = [];

/** A hit that is held as its identity and what differs from a pattern. Its values are unpacked each time they are asked for. */
export class PackedHit implements HeldHit {
  readonly at: Micros;
  readonly pattern: ValuePattern;
  /** The identity and then what differs: in one text, because each text has a cost of its own. */
  readonly text: string;
  /** The length of the identity, or UNNAMED; WIDE is added. One number, because each field counts. */
  readonly layout: number;

  constructor({ at, pattern, text, layout }: Pick<PackedHit, 'at' | 'pattern' | 'text' | 'layout'>) {
    this.at = at;
    this.pattern = pattern;
    this.text = text;
    this.layout = layout;
  }

  static of({ at, identity }: HeldHit, pattern: ValuePattern, difference: string): PackedHit {
    // A join copies. What is concatenated, or cut out of another text, would keep all of its parts in memory.
    const text = identity === null ? difference : [identity, difference].join('');
    const wide = Buffer.byteLength(text) > text.length ? WIDE : 0;
    return new PackedHit({
      at,
      pattern,
      text,
      layout: wide + (identity === null ? UNNAMED : identity.length),
    });
  }

  get identity(): string | null {
    return this.layout & UNNAMED ? null : this.text.slice(0, this.layout & ~WIDE);
  }

  hasIdentity(identity: string): boolean {
    return identity.length === (this.layout & ~WIDE) && this.text.startsWith(identity);
  }

  get input(): string {
    return this.pattern.input;
  }

  get values(): Values {
    return this.pattern.values(this.layout & UNNAMED ? this.text : this.text.slice(this.layout & ~WIDE));
  }

  /** Only conditions that a late hit can revoke are about numbers. */
  get numbers(): readonly number[] {
    return NO_NUMBERS;
  }

  get textBytes(): number {
    return this.layout & WIDE ? this.text.length * 2 : this.text.length;
  }
}
