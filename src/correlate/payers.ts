export interface Paid {
  readonly key: string;
  /** Who pays for its room: the network of the client behind its first hit, '' where there is none. All groups of a payer share one text. */
  payer: string;
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
      for (const one of several.values()) {
        group.payer = one.payer;
        break;
      }
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

  /** The least recently hit group of the payer that has most; undefined where no payer has more than one. */
  get first(): G | undefined {
    for (const several of this.#bySize.at(-1) ?? []) for (const group of several.values()) return group;
    return undefined;
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
