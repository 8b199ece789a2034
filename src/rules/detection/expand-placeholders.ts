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

const START: readonly (readonly Piece[])[] = [[]];

/** One value for each combination of list values for its `%name%`s; none if a list is empty. */
export function expandPlaceholders(
  value: string,
  lists: Lists,
): readonly (readonly Piece[])[] | { readonly fault: string } {
  let ways: readonly (readonly Piece[])[] = START;
  let from = 0;
  let written = '';
  const write = () => {
    const piece = { text: written, listed: false };
    if (written !== '') ways = ways.map((before) => [...before, piece]);
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
    if (ways.length * list.length > EXPANDED_MAX)
      return {
        fault: `stands for more than ${EXPANDED_MAX} values, ${name} combined with the lists before it`,
      };
    const pieces = list.map((one) => ({ text: String(one), listed: true }));
    ways =
      ways === START
        ? pieces.map((piece) => [piece])
        : ways.flatMap((before) => pieces.map((piece) => [...before, piece]));
  }
  written += value.slice(from);
  write();
  return ways;
}

function unknownList(name: string, lists: Lists): string {
  const how = didYouMean(name, lists.keys()) || '; define it under rules.lists in the configuration';
  return `no list is named "${name}"${how} (write \\%)`;
}
