export interface Paid {
  readonly key: string;
  /** Who pays for its room: the network of the client behind its first hit, '' where there is none. */
  readonly payer: string;
}

/** One payer's groups, the least recently hit first. */
type Own<G> = Map<string, G>;

/**
 * Whose groups give way: those of the payer that has most. With P payers and room for C groups, one that has no more than
 * C / P of them loses none, whatever the others do. All steps take a constant time.
 */
export class Payers<G extends Paid> {
  readonly #payers = new Map<string, Own<G>>();
  /** Payers by how many groups they have, of as many the one first whose groups were least recently hit, or left. */
  readonly #bySize: Set<Own<G>>[] = [];

  /** Adds a group, or says that it was hit. */
  touch(group: G): void {
    const own = this.#payers.get(group.payer) ?? new Map<string, G>();
    this.#move(own, () => {
      own.delete(group.key);
      own.set(group.key, group);
    });
    this.#payers.set(group.payer, own);
  }

  /** Twice is fine. */
  delete(group: G): void {
    const own = this.#payers.get(group.payer);
    if (!own?.has(group.key)) return;
    this.#move(own, () => own.delete(group.key));
    if (own.size === 0) this.#payers.delete(group.payer);
  }

  /** The least recently hit group of the payer that has most; of several such payers, of the first in #bySize. */
  get first(): G | undefined {
    for (const own of this.#bySize.at(-1) ?? []) for (const group of own.values()) return group;
    return undefined;
  }

  #move(own: Own<G>, change: () => void): void {
    this.#bySize[own.size]?.delete(own);
    change();
    while (this.#bySize.length <= own.size) this.#bySize.push(new Set());
    this.#bySize[own.size]?.add(own);
    this.#bySize[0]?.clear();
    while (this.#bySize.at(-1)?.size === 0) this.#bySize.pop();
  }
}
