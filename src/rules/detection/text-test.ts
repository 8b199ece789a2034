import { RE2JS } from 're2js';
import { makingNetworks } from '../../lib/networks.ts';
import { oncePerInSteps } from '../../lib/once-per.ts';
import { RecentlyUsed } from '../../lib/recently-used.ts';
import { eachInSteps, type Steps } from '../../lib/steps.ts';
import type { Bound } from '../../model/rule.ts';
import { MEETS } from '../../semantics/condition.ts';
import { foldCase, type TextTest } from './expression.ts';
import { patternTest } from './pattern.ts';
import { timePart } from './time-part.ts';

type Passes = (text: string) => boolean;

/** One test for all of them: true if any passes. Takes the text as it is. */
export const textTest = oncePerInSteps(function* (tests: readonly TextTest[]): Steps<Passes> {
  const passes = yield* makingAnyOf(tests);
  return tests.some(isSlow) ? longEnough(tests, memoized(passes)) : passes;
});

/** A text that is too short for every test is not looked up. */
function longEnough(tests: readonly TextTest[], passes: Passes): Passes {
  // Not by spreading: a list may have more entries than a call takes arguments.
  const least = tests.reduce(
    (shortest, test) => Math.min(shortest, leastLength(test)),
    Number.POSITIVE_INFINITY,
  );
  return least === 0 ? passes : (text) => text.length >= least && passes(text);
}

/** A regular expression of so many characters, which rules use to find long texts. */
const OF_LENGTH = /^\^?\.\{(\d+)(?:,\d*)?\}\$?$/;

/** No shorter text passes; 0 where that is not known. */
function leastLength(test: TextTest): number {
  return test.kind === 'regex' ? Number(OF_LENGTH.exec(test.source)?.[1] ?? 0) : 0;
}

/** A look-up in the memo costs as much as dozens of other tests. */
const isSlow = ({ kind }: TextTest): boolean => kind === 'regex' || kind === 'cidr';

/** Texts whose answer is kept: agents, users, addresses and paths repeat. */
const MEMO_MAX = 256;
/** The answer for a longer text is not kept: it takes memory, and clients choose it. */
const MEMO_LENGTH = 200;

function memoized(passes: Passes): Passes {
  const memo = new RecentlyUsed<string, boolean>({ max: MEMO_MAX });
  return (text) => {
    if (text.length > MEMO_LENGTH) return passes(text);
    const known = memo.get(text);
    if (known !== undefined) return known;
    const answer = passes(text);
    memo.set(text, answer);
    return answer;
  };
}

function* makingAnyOf(tests: readonly TextTest[]): Steps<Passes> {
  const texts = new Set<string>();
  const folded = new Set<string>();
  const foldedPatterns: Passes[] = [];
  const blocks: string[] = [];
  const others: Passes[] = [];
  yield* eachInSteps(tests, (test) => {
    if (test.kind === 'cased-equal') texts.add(test.text);
    else if (test.kind === 'equal') folded.add(test.text);
    else if (test.kind === 'cased-pattern') others.push(patternTest(test.pattern));
    else if (test.kind === 'pattern') foldedPatterns.push(patternTest(test.pattern));
    else if (test.kind === 'cidr') blocks.push(test.network);
    else if (test.kind === 'compare') others.push(comparing(test, numberIn));
    else if (test.kind === 'time') others.push(comparing(test, (text) => timePart(text, test.part)));
  });
  for (const test of tests) {
    if (test.kind !== 'regex') continue;
    const regex = RE2JS.compile(test.source, test.flags);
    others.push((text) => regex.test(text));
    yield;
  }
  const set = blocks.length > 0 ? yield* makingNetworks(blocks) : undefined;
  const ways: Passes[] = [
    ...(texts.size > 0 ? [(text: string) => texts.has(text)] : []),
    ...(folded.size > 0 || foldedPatterns.length > 0 ? [foldedTest(folded, foldedPatterns)] : []),
    ...(set === undefined ? [] : [(text: string) => set.contains(text)]),
    ...others,
  ];
  if (ways.length === 1) return ways[0]!;
  return (text) => {
    for (let i = 0; i < ways.length; i++) if (ways[i]!(text)) return true;
    return false;
  };
}

function foldedTest(equal: ReadonlySet<string>, patterns: readonly Passes[]): Passes {
  return (text) => {
    const folded = foldCase(text);
    if (equal.has(folded)) return true;
    for (let i = 0; i < patterns.length; i++) if (patterns[i]!(folded)) return true;
    return false;
  };
}

/** A text that is not a number fails every comparison. */
function comparing({ op, value }: Bound, figureOf: (text: string) => number | undefined): Passes {
  const compare = MEETS[op];
  return (text) => {
    const figure = figureOf(text);
    return figure !== undefined && compare(figure, value);
  };
}

const DECIMAL = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** The number that a text is, in decimal; undefined for another text. */
export function numberIn(text: string): number | undefined {
  return DECIMAL.test(text) ? Number(text) : undefined;
}
