export interface Paid {
  readonly key: string;
  /** Who pays for its room: the network of the client behind its first hit, '' where there is none. All groups of a payer share one text. */
  payer: string;
  /** Set where it stands for groups that had to make room. */
  readonly overflow?: 'network' | 'all' | undefined;
}

/** The groups of a payer that has several, the least recently hit first. */
type Several<G> = Map<string, G>;

/**
 * Groups by payer: the payer with most groups gives way. With P payers and room for C groups, a payer with no more than
 * C / P of them loses none, whatever the others do. All steps take constant time; a payer of one group, as most are,
 * takes one slot in a map.
 */
export class Payers<G extends Paid> {
  readonly #single = new Map<string, G>();
  readonly #several = new Map<string, Several<G>>();
  /** Payers of several groups, by how many they have. */
  readonly #bySize: (Set<Several<G>> | undefined)[] = [];

  add(group: G): void {
    const { key, payer } = group;
    const several = this.#several.get(payer);
    const single = this.#single.get(payer);
    if (several) {
      for (const one of onlyFirst(several.values())) group.payer = one.payer;
      this.#resize(several, () => several.set(key, group));
    } else if (single) {
      group.payer = single.payer;
      this.#single.delete(payer);
      const both = new Map([[single.key, single]]);
      this.#several.set(payer, both);
      this.#resize(both, () => both.set(key, group));
    } else this.#single.set(payer, group);
  }

  /** To be called when a group was hit again. */
  touch(group: G): void {
    const several = this.#several.get(group.payer);
    if (several?.delete(group.key)) several.set(group.key, group);
  }

  /** Twice is fine. */
  delete(group: G): void {
    const { key, payer } = group;
    if (this.#single.get(payer)?.key === key) this.#single.delete(payer);
    const several = this.#several.get(payer);
    if (!several?.has(key)) return;
    this.#resize(several, () => several.delete(key));
    if (several.size > 1) return;
    this.#several.delete(payer);
    for (const last of several.values()) this.#single.set(payer, last);
  }

  /** The least recently hit group of the payer that has most; undefined where no payer has more than one. No overflow group. */
  get first(): G | undefined {
    for (const several of this.#bySize.at(-1) ?? []) return leastRecent(several.values());
    return undefined;
  }

  /** How many groups a payer has, with its overflow group. */
  groupsOf(payer: string): number {
    return this.#single.has(payer) ? 1 : (this.#several.get(payer)?.size ?? 0);
  }

  /** The least recently hit group of a payer, which is no overflow group. */
  firstOf(payer: string): G | undefined {
    const single = this.#single.get(payer);
    return leastRecent(single ? [single] : (this.#several.get(payer)?.values() ?? []));
  }

  /** Payers of several groups, in the order in which those of one size give way. */
  get order(): readonly string[] {
    const payers: string[] = [];
    for (const ofOneSize of this.#bySize)
      for (const several of ofOneSize ?? [])
        for (const { payer } of onlyFirst(several.values())) payers.push(payer);
    return payers;
  }

  /** After the groups of another table were added: an order that it had. */
  restoreOrder(payers: readonly string[]): void {
    for (const payer of payers) {
      const several = this.#several.get(payer);
      if (several) this.#resize(several, () => {});
    }
  }

  #resize(several: Several<G>, change: () => void): void {
    const before = this.#bySize[several.size];
    before?.delete(several);
    if (before?.size === 0) this.#bySize[several.size] = undefined;
    change();
    while (this.#bySize.length <= several.size) this.#bySize.push(undefined);
    if (several.size > 1) {
      const now = this.#bySize[several.size] ?? new Set();
      this.#bySize[several.size] = now.add(several);
    }
    while (this.#bySize.length > 0 && this.#bySize.at(-1) === undefined) this.#bySize.pop();
  }
}

function* onlyFirst<T>(items: Iterable<T>): Iterable<T> {
  for (const item of items) {
    yield item;
    return;
  }
}

function leastRecent<G extends Paid>(groups: Iterable<G>): G | undefined {
  for (const group of groups) if (group.overflow === undefined) return group;
  return undefined;
}
