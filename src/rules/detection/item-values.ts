import { parseNetwork } from '../../lib/address.ts';
import { re2Fault } from '../../lib/re2.ts';
import { shownValue } from '../../lib/shown-value.ts';
import { eachInSteps, type Steps } from '../../lib/steps.ts';
import type { Scalar } from '../../model/event.ts';
import type { Lists } from '../source/value-lists.ts';
import { countDashVariants, dashVariants } from './dashes.ts';
import { toBase64, toUtf16 } from './encode-value.ts';
import { EXPANDED_MAX, expandPlaceholders, type Piece } from './expand-placeholders.ts';
import { foldCase, type TextTest, TIME_PARTS, type TimePart } from './expression.ts';
import type { ModifierChain } from './modifiers.ts';
import {
  codePoints,
  containing,
  endingWith,
  literalText,
  mapText,
  type Pattern,
  parsePattern,
  startingWith,
} from './pattern.ts';
import { anchored, patternRegex, regexFlags } from './regex.ts';
import { numberIn } from './text-test.ts';
import { TIME_RANGES } from './time-part.ts';

interface Fault {
  readonly fault: string;
}

/** The tests for one value: any of them is enough. */
export type ValueTests = readonly TextTest[];

/**
 * The tests for a value under its modifiers. A value that names lists is several: under `all` each has its own tests, and none has
 * any if a list is empty; without `all` the tests are one array, as those of 100,000 arrays would stay in memory.
 */
export function* makingValueTests(
  value: NonNullable<Scalar>,
  chain: ModifierChain,
  lists: Lists,
): Steps<readonly ValueTests[] | Fault> {
  const make = makerOf(chain);
  if (!chain.has('expand')) {
    const made = make([{ text: String(value), listed: false }], chain, value);
    return 'fault' in made ? made : [made];
  }
  const ways = expandPlaceholders(String(value), lists);
  if ('fault' in ways) return ways;
  const isApart = chain.has('all');
  const apart: ValueTests[] = [];
  const together: TextTest[] = [];
  let fault: Fault | undefined;
  yield* eachInSteps(ways, (pieces) => {
    const made = make(pieces, chain, value);
    if ('fault' in made) fault ??= made;
    else if (isApart) apart.push(made);
    else for (const test of made) together.push(test);
  });
  return fault ?? (isApart ? apart : [together]);
}

/** `whole`: the value as written in the rule, with its type. */
type Make = (
  pieces: readonly Piece[],
  chain: ModifierChain,
  whole: NonNullable<Scalar>,
) => ValueTests | Fault;

function makerOf(chain: ModifierChain): Make {
  if (chain.has('re')) return regex;
  if (chain.has('cidr')) return network;
  if (chain.of('time') !== undefined) return time;
  return chain.of('compare') === undefined ? text : comparison;
}

/** Modifiers that leave a text as it is. */
const SAME_TEXT: ReadonlySet<string> = new Set(['expand', 'cased', 'all', 'neq']);
const SPECIAL = /[*?\\]/;

const text: Make = (pieces, chain) => {
  const whole = joinedText(pieces);
  if (!SPECIAL.test(whole) && chain.modifiers.every((modifier) => SAME_TEXT.has(modifier)))
    return [
      chain.has('cased') ? { kind: 'cased-equal', text: whole } : { kind: 'equal', text: foldCase(whole) },
    ];
  const pattern = patternOf(pieces);
  if (chain.has('windash') && countDashVariants(pattern) > EXPANDED_MAX)
    return { fault: `windash makes more than ${EXPANDED_MAX} variants of it` };
  const tests: TextTest[] = [];
  for (const dashed of chain.has('windash') ? dashVariants(pattern) : [pattern]) {
    const encoded = encode(dashed, chain);
    if ('fault' in encoded) return encoded;
    for (const one of encoded) tests.push(testOf(place(one, chain), chain.has('cased')));
  }
  return tests;
};

/** Lists have up to 100,000 values, nearly all of them in one piece. */
const joinedText = (pieces: readonly Piece[]): string =>
  pieces.length === 1 ? pieces[0]!.text : pieces.map((piece) => piece.text).join('');

function patternOf(pieces: readonly Piece[]): Pattern {
  return pieces.flatMap((piece) => parsePattern(piece.text));
}

function encode(pattern: Pattern, chain: ModifierChain): readonly Pattern[] | Fault {
  const wide = chain.of('wide');
  const how = chain.of('base64');
  if (how !== undefined) return toBase64(pattern, how, wide);
  if (wide === undefined) return [pattern];
  const made = toUtf16(pattern, wide);
  return 'fault' in made ? made : [made];
}

const PLACES: Readonly<Record<string, (pattern: Pattern) => Pattern>> = {
  contains: containing,
  startswith: startingWith,
  endswith: endingWith,
};

function place(pattern: Pattern, { modifiers }: ModifierChain): Pattern {
  return modifiers.reduce((made, modifier) => PLACES[modifier]?.(made) ?? made, pattern);
}

/** The test for a pattern. Without wildcards it is equality, which makes no string. */
function testOf(pattern: Pattern, cased: boolean): TextTest {
  if (cased) {
    const whole = literalText(pattern);
    return whole === undefined ? { kind: 'cased-pattern', pattern } : { kind: 'cased-equal', text: whole };
  }
  const folded = mapText(pattern, (run) => codePoints(foldCase(run)));
  const whole = literalText(folded);
  return whole === undefined ? { kind: 'pattern', pattern: folded } : { kind: 'equal', text: whole };
}

const regex: Make = (pieces, chain) => {
  const source = pieces
    .map((piece) => (piece.listed ? patternRegex(parsePattern(piece.text)) : piece.text))
    .join('');
  const flags = regexFlags(chain);
  const fault = re2Fault(source, flags);
  return fault === undefined ? [{ kind: 'regex', source: anchored(source, chain), flags }] : { fault };
};

const network: Make = (pieces) => {
  const written = joinedText(pieces);
  return parseNetwork(written) === undefined
    ? { fault: `wants a network in CIDR form, has ${shownValue(written)}` }
    : [{ kind: 'cidr', network: written }];
};

const comparison: Make = (pieces, chain, whole) => {
  const value = numberOf(pieces, whole);
  const op = chain.of('compare')!;
  return value === undefined
    ? { fault: `${op} wants a number, has ${shownValue(shown(pieces, whole))}` }
    : [{ kind: 'compare', op, value }];
};

const time: Make = (pieces, chain, whole) => {
  const part = TIME_PARTS.find((one) => chain.has(one)) as TimePart;
  const [least, most] = TIME_RANGES[part];
  const value = numberOf(pieces, whole);
  if (value === undefined || !Number.isInteger(value) || value < least || value > most)
    return {
      fault: `${part} wants a whole number from ${least} to ${most}, has ${shownValue(shown(pieces, whole))}`,
    };
  return [{ kind: 'time', part, op: chain.of('compare') ?? 'eq', value }];
};

/** A list from a text file has numbers as text; a rule has them as numbers. */
function numberOf(pieces: readonly Piece[], whole: NonNullable<Scalar>): number | undefined {
  if (typeof whole === 'number') return Number.isFinite(whole) ? whole : undefined;
  const [piece] = pieces;
  return pieces.length === 1 && piece!.listed ? numberIn(piece!.text) : undefined;
}

function shown(pieces: readonly Piece[], whole: NonNullable<Scalar>): NonNullable<Scalar> {
  return pieces.some((piece) => piece.listed) ? joinedText(pieces) : whole;
}
