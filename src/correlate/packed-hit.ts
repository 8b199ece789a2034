import type { Values } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import type { HeldHit } from './held-hit.ts';
import type { ValuePattern } from './value-pattern.ts';

/** Stands for the length of the identity of a hit without one. */
const NO_IDENTITY = -1;
const NO_NUMBERS: readonly number[] = [];

/** A hit that is held as its identity and what differs from a pattern. Its values are unpacked each time they are asked for. */
export class PackedHit implements HeldHit {
  readonly at: Micros;
  readonly pattern: ValuePattern;
  /** The identity and then what differs: in one text, because each text has a cost of its own. */
  readonly text: string;
  readonly identityLength: number;

  constructor({
    at,
    pattern,
    text,
    identityLength,
  }: Pick<PackedHit, 'at' | 'pattern' | 'text' | 'identityLength'>) {
    this.at = at;
    this.pattern = pattern;
    this.text = text;
    this.identityLength = identityLength;
  }

  static of({ at, identity }: HeldHit, pattern: ValuePattern, difference: string): PackedHit {
    // A join copies. What is concatenated, or cut out of another text, would keep all of its parts in memory.
    const text = identity === null ? difference : [identity, difference].join('');
    return new PackedHit({ at, pattern, text, identityLength: identity?.length ?? NO_IDENTITY });
  }

  get identity(): string | null {
    return this.identityLength === NO_IDENTITY ? null : this.text.slice(0, this.identityLength);
  }

  hasIdentity(identity: string): boolean {
    return identity.length === this.identityLength && this.text.startsWith(identity);
  }

  get input(): string {
    return this.pattern.input;
  }

  get values(): Values {
    return this.pattern.values(this.text.slice(Math.max(0, this.identityLength)));
  }

  /** Only conditions that a late hit can revoke are about numbers. */
  get numbers(): readonly number[] {
    return NO_NUMBERS;
  }
}
