import { FACTS, type Hit, type Values } from '../model/hit.ts';
import { overflowKey } from './group-table.ts';
import type { CountedHit } from './held-hit.ts';
import { SlidingGroup, type SlidingShape } from './sliding-group.ts';
import type { Figures } from './window-figures.ts';

/** The name under which the values of a folded hit carry the key of its group. It is no field path, and no fact. */
const GROUP = '@folded.group';

/** Facts about a hit's client. Several groups have no client in common. */
const CLIENT: ReadonlySet<string> = new Set([
  FACTS.client,
  FACTS.claimed,
  FACTS.countryCode,
  FACTS.country,
  FACTS.city,
  FACTS.lat,
  FACTS.lon,
]);

/** Stands for groups that had to make room: those of one network, or all. What they held counts here as that of one group. */
export class OverflowGroup extends SlidingGroup {
  /** `network`: the payer; undefined for the one that stands for all. */
  constructor(network: string | undefined, shape: SlidingShape) {
    super(overflowKey(network), { payer: network ?? '' }, shape);
  }

  override get overflow(): 'network' | 'all' {
    return this.key === overflowKey(undefined) ? 'all' : 'network';
  }

  override get values(): Hit['group'] {
    return [];
  }

  /** undefined where it stands for all, or for clients without an address. */
  get network(): string | undefined {
    return this.payer === '' ? undefined : this.payer;
  }
}

/** A hit of a group as one of its overflow group; one that was folded before stays as it is. */
export function foldedHit({ keys, held }: CountedHit, group: SlidingGroup): CountedHit {
  const { at, identity, input, values, numbers } = held;
  if (group.overflow) return { keys, held };
  const kept = Object.entries(values).filter(([name]) => !CLIENT.has(name));
  return {
    keys,
    held: { at, identity, input, values: { ...Object.fromEntries(kept), [GROUP]: [group.key] }, numbers },
  };
}

/** The figures of folded hits, without the keys of their groups, and how many groups there are. */
export function foldedFigures(figures: Figures): { readonly figures: Figures; readonly groups: number } {
  const { [GROUP]: groups = [], ...values }: Values = figures.values;
  const truncated = figures.truncated.filter((field) => field !== GROUP);
  return { figures: { ...figures, values, truncated }, groups: groups.length };
}
