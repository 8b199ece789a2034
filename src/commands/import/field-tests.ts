import { parseNetwork } from '../../lib/address.ts';
import { anyCondition, type RowCondition, type RowTest, sigmaText } from './row-condition.ts';
import { UnreadablePart } from './unreadable-part.ts';

/** Fields whose values are addresses: a network in their place means what it holds. */
const ADDRESSES: ReadonlySet<string> = new Set(['src_ip', 'sourceIPs']);

/** Sigma's modifiers by the signs of a search. */
export const COMPARISONS: Readonly<Record<string, string>> = {
  '<': 'lt',
  '<=': 'lte',
  '>': 'gt',
  '>=': 'gte',
};

/** A test for equality with any of these texts; `*` in them is a wildcard where `isPattern`, and case counts where `cased`. */
export function equalTest(
  field: string,
  texts: readonly string[],
  where: string,
  { cased = false, isPattern = true } = {},
): RowTest {
  return {
    field,
    modifiers: cased ? ['cased'] : [],
    values: texts.map((text) => sigmaText(text, isPattern)),
    zero: texts.some((text) => (isPattern ? fitsZero(text) : text === '0')),
    where,
  };
}

function fitsZero(pattern: string): boolean {
  const rest = pattern.replaceAll('*', '');
  return rest === '0' || (rest === '' && pattern !== '');
}

const HOLDS: Readonly<Record<string, (one: number, other: number) => boolean>> = {
  lt: (one, other) => one < other,
  lte: (one, other) => one <= other,
  gt: (one, other) => one > other,
  gte: (one, other) => one >= other,
};

export function numberTest(field: string, op: string, value: number, where: string): RowTest {
  return { field, modifiers: [op], values: [value], zero: HOLDS[op]!(0, value), where };
}

/** Equality with any of these values; networks are tests of their own. */
export function anyOfTexts(field: string, texts: readonly string[], where: string): RowCondition {
  const isNetwork = (text: string) =>
    ADDRESSES.has(field) && text.includes('/') && parseNetwork(text) !== undefined;
  const networks = texts.filter(isNetwork);
  const others = texts.filter((text) => !isNetwork(text));
  return anyCondition([
    ...(networks.length > 0 ? [{ kind: 'test', test: networkTest(field, networks, where) } as const] : []),
    ...(others.length > 0 ? [{ kind: 'test', test: equalTest(field, others, where) } as const] : []),
  ]);
}

/** Throws UnreadablePart for a value that is no network. */
export function networkTest(field: string, values: readonly string[], where: string): RowTest {
  const odd = values.find((value) => parseNetwork(value) === undefined);
  if (odd !== undefined) throw new UnreadablePart(where, `${odd} is no network`);
  return { field, modifiers: ['cidr'], values, zero: false, where };
}
