import { parseNetwork } from '../lib/address.ts';
import { fold, type TextTest } from './expression.ts';
import { containing, endingWith, type Pattern, parsePattern, plainText, startingWith } from './pattern.ts';
import { show } from './shapes.ts';
import { REGEX_FLAGS, regexFault } from './text-test.ts';

/** Every modifier of Sigma 2.1, and of pySigma. `false`: known, and refused for now. */
export const MODIFIERS = {
  contains: 'shape',
  startswith: 'shape',
  endswith: 'shape',
  all: 'link',
  cidr: 'type',
  re: 'type',
  i: 'flag',
  m: 'flag',
  s: 'flag',
  ignorecase: 'flag',
  multiline: 'flag',
  dotall: 'flag',
  base64: false,
  base64offset: false,
  cased: false,
  day: false,
  exists: false,
  expand: false,
  fieldref: false,
  gt: false,
  gte: false,
  hour: false,
  lt: false,
  lte: false,
  minute: false,
  month: false,
  neq: false,
  utf16: false,
  utf16be: false,
  utf16le: false,
  week: false,
  wide: false,
  windash: false,
  year: false,
} as const;

export type Modifier = keyof typeof MODIFIERS;

const SHAPES: Readonly<Record<string, (pattern: Pattern) => Pattern>> = {
  contains: containing,
  startswith: startingWith,
  endswith: endingWith,
};

/** Why these modifiers do not go together, or undefined. */
export function chainFault(modifiers: readonly Modifier[]): string | undefined {
  const type = modifiers.find((modifier) => MODIFIERS[modifier] === 'type');
  if (type !== undefined && modifiers[0] !== type) return `${type} must be the first modifier`;
  if (type !== undefined && modifiers.some((modifier) => MODIFIERS[modifier] === 'shape'))
    return `not supported yet: ${modifiers.join('|')} together`;
  const flag = modifiers.find((modifier) => MODIFIERS[modifier] === 'flag');
  if (flag !== undefined && type !== 're') return `${flag} goes with re only`;
  return undefined;
}

/** The test that a value becomes under modifiers that go together. */
export function makeTest(
  value: string,
  modifiers: readonly Modifier[],
): TextTest | { readonly fault: string } {
  if (modifiers[0] === 're') return regex(value, modifiers);
  if (modifiers[0] === 'cidr') {
    if (parseNetwork(value) === undefined)
      return { fault: `wants a network in CIDR form, has ${show(value)}` };
    return { kind: 'cidr', network: value };
  }
  const pattern = modifiers.reduce((made, name) => SHAPES[name]?.(made) ?? made, parsePattern(fold(value)));
  const text = plainText(pattern);
  return text === undefined ? { kind: 'pattern', pattern } : { kind: 'equal', text };
}

function regex(source: string, modifiers: readonly Modifier[]): TextTest | { readonly fault: string } {
  let flags = 0;
  for (const modifier of modifiers) {
    if (MODIFIERS[modifier] === 'flag') flags |= FLAGS[modifier as keyof typeof FLAGS];
  }
  const fault = regexFault(source, flags);
  return fault === undefined ? { kind: 'regex', source, flags } : { fault };
}

const FLAGS = {
  ...REGEX_FLAGS,
  ignorecase: REGEX_FLAGS.i,
  multiline: REGEX_FLAGS.m,
  dotall: REGEX_FLAGS.s,
} as const;
