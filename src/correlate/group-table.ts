import type { Hit } from '../model/hit.ts';

/** The groups of one rule in order of their last hit, within a bound. */
export class GroupTable<Group extends { readonly key: string }> {
  readonly #most: number;
  readonly #make: (key: string, values: Hit['group']) => Group;
  readonly #full: () => void;
  readonly #groups = new Map<string, Group>();

  /** `full` is called before a group beyond `most` is made; it should forget one. */
  constructor(most: number, make: (key: string, values: Hit['group']) => Group, full: () => void) {
    this.#most = most;
    this.#make = make;
    this.#full = full;
  }

  get size(): number {
    return this.#groups.size;
  }

  /** The hit's group, made if need be; from now on the most recently hit one. */
  of(hit: Hit): Group {
    const key = JSON.stringify(hit.group);
    let group = this.#groups.get(key);
    if (group) this.#groups.delete(key);
    else {
      if (this.#groups.size >= this.#most) this.#full();
      group = this.#make(key, hit.group);
    }
    this.#groups.set(key, group);
    return group;
  }

  peek(key: string): Group | undefined {
    return this.#groups.get(key);
  }

  forget(group: Group): void {
    this.#groups.delete(group.key);
  }

  /** The least recently hit one. */
  get oldest(): Group | undefined {
    for (const group of this.#groups.values()) return group;
    return undefined;
  }
}
