import { didYouMean } from '../../lib/nearest.ts';
import type { Lists } from '../source/value-lists.ts';

/** A piece of a value: as written in the rule, or from a list. */
export interface Piece {
  readonly text: string;
  readonly listed: boolean;
}

/** The largest number of values that one value may expand to. */
export const EXPANDED_MAX = 100_000;

/** `\%` is a percent sign. */
const PLACEHOLDER = /\\%|%([\w.-]+)%/g;

/** What stands at one place of a value: one of a list's values, or a text. */
interface Place {
  readonly choices: readonly (string | number)[];
  readonly listed: boolean;
}

/** One value for each combination of list values for its `%name%`s; none if a list is empty. They are made as they are taken. */
export function expandPlaceholders(
  value: string,
  lists: Lists,
): Iterable<readonly Piece[]> | { readonly fault: string } {
  const places: Place[] = [];
  let ways = 1;
  let from = 0;
  let written = '';
  const write = () => {
    if (written !== '') places.push({ choices: [written], listed: false });
    written = '';
  };
  for (const match of value.matchAll(PLACEHOLDER)) {
    written += value.slice(from, match.index);
    from = match.index + match[0].length;
    const name = match[1];
    if (name === undefined) {
      written += '%';
      continue;
    }
    const list = lists.get(name);
    if (list === undefined) return { fault: unknownList(name, lists) };
    write();
    ways *= list.length;
    if (ways > EXPANDED_MAX)
      return {
        fault: `stands for more than ${EXPANDED_MAX} values, ${name} combined with the lists before it`,
      };
    places.push({ choices: list, listed: true });
  }
  written += value.slice(from);
  write();
  return combined(places);
}

function* combined([place, ...others]: readonly Place[]): Iterable<readonly Piece[]> {
  if (place === undefined) {
    yield [];
    return;
  }
  const { choices, listed } = place;
  for (const choice of choices) {
    const piece = { text: String(choice), listed };
    if (others.length === 0) yield [piece];
    else for (const rest of combined(others)) yield [piece, ...rest];
  }
}

function unknownList(name: string, lists: Lists): string {
  const how = didYouMean(name, lists.keys()) || '; define it under rules.lists in the configuration';
  return `no list is named "${name}"${how} (write \\%)`;
}
