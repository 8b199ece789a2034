import { didYouMean } from '../../lib/nearest.ts';

/** Every modifier of Sigma 2.1, and of pySigma, with its kind. The order of modifiers is checked by kind. */
export const MODIFIERS = {
  all: 'link',
  neq: 'link',
  exists: 'exists',
  expand: 'expand',
  cased: 'cased',
  windash: 'dash',
  utf16le: 'wide',
  wide: 'wide',
  utf16be: 'wide',
  utf16: 'wide',
  base64: 'base64',
  base64offset: 'base64',
  contains: 'place',
  startswith: 'place',
  endswith: 'place',
  re: 'regex',
  i: 'flag',
  m: 'flag',
  s: 'flag',
  ignorecase: 'flag',
  multiline: 'flag',
  dotall: 'flag',
  cidr: 'network',
  fieldref: 'reference',
  minute: 'time',
  hour: 'time',
  day: 'time',
  week: 'time',
  month: 'time',
  year: 'time',
  lt: 'compare',
  lte: 'compare',
  gt: 'compare',
  gte: 'compare',
} as const;

export type Modifier = keyof typeof MODIFIERS;
type Kind = (typeof MODIFIERS)[Modifier];

/** The kinds that may come before a modifier of the kind, and the reason to give for any other. */
const BEFORE: Readonly<Record<Kind, { readonly kinds: readonly Kind[]; readonly why: string }>> = {
  link: {
    kinds: [
      ...['link', 'expand', 'cased', 'dash', 'wide', 'base64', 'place', 'regex', 'flag', 'network'],
      ...['reference', 'time', 'compare'],
    ] as Kind[],
    why: '',
  },
  exists: { kinds: [], why: 'it cannot be combined with other modifiers' },
  expand: {
    kinds: ['link', 'cased', 'dash', 'place', 'regex', 'flag', 'network', 'time', 'compare'],
    why: 'placeholders are filled in before anything is encoded',
  },
  cased: {
    kinds: ['link', 'expand', 'dash', 'wide', 'base64', 'place', 'reference'],
    why: 'it applies to text',
  },
  dash: { kinds: ['link', 'expand', 'cased', 'place'], why: 'it applies to text before it is encoded' },
  wide: {
    kinds: ['link', 'expand', 'cased', 'dash', 'place'],
    why: 'it encodes text, once, and before base64',
  },
  base64: {
    kinds: ['link', 'expand', 'cased', 'dash', 'wide'],
    why: 'it encodes text, once; contains, startswith and endswith come after it',
  },
  place: {
    kinds: ['link', 'expand', 'cased', 'dash', 'wide', 'base64', 'place', 'regex', 'flag', 'reference'],
    why: 'it applies to text',
  },
  regex: { kinds: ['link', 'expand'], why: 're must be the first modifier' },
  flag: { kinds: ['link', 'expand', 'place', 'regex', 'flag'], why: 'it is a flag of re' },
  network: { kinds: ['link', 'expand'], why: 'cidr must be the first modifier' },
  reference: {
    kinds: ['link', 'cased'],
    why: 'the value is the name of a field; contains, startswith and endswith come after it',
  },
  time: { kinds: ['link', 'expand'], why: 'it applies to times, before a comparison' },
  compare: { kinds: ['link', 'expand', 'time'], why: 'it compares with one number' },
};

/** Kinds that need the value of one field. */
const OF_A_FIELD: ReadonlySet<Kind> = new Set(['exists', 'reference', 'time', 'compare']);

/** Modifiers that were checked. */
export class ModifierChain {
  readonly modifiers: readonly Modifier[];

  constructor(modifiers: readonly Modifier[]) {
    this.modifiers = modifiers;
  }

  has(modifier: Modifier): boolean {
    return this.modifiers.includes(modifier);
  }

  /** The first modifier of the kind. */
  of<K extends Kind>(
    kind: K,
  ): { [M in Modifier]: (typeof MODIFIERS)[M] extends K ? M : never }[Modifier] | undefined {
    return this.modifiers.find((modifier) => MODIFIERS[modifier] === kind) as never;
  }
}

/** The modifiers after the name of a field; the name '' is that of a keyword. Otherwise all of their faults. */
export function parseModifiers(
  words: readonly string[],
  field: string,
): ModifierChain | { readonly faults: readonly string[] } {
  const unknown = words.filter((word) => !Object.hasOwn(MODIFIERS, word));
  const faults = unknown.map((word) =>
    word === ''
      ? 'ends with | or has ||; wants a modifier after each |'
      : `"${word}" is not a modifier${didYouMean(word, Object.keys(MODIFIERS))}`,
  );
  if (faults.length > 0) return { faults };
  const modifiers = words as readonly Modifier[];
  const fault = orderFault(modifiers) ?? (field === '' ? keywordFault(modifiers) : undefined);
  return fault === undefined ? new ModifierChain(modifiers) : { faults: [fault] };
}

function orderFault(modifiers: readonly Modifier[]): string | undefined {
  for (const [i, modifier] of modifiers.entries()) {
    const before = modifiers.slice(0, i);
    if (before.includes(modifier)) return `has ${modifier} twice`;
    const kind = MODIFIERS[modifier];
    const { kinds, why } = BEFORE[kind];
    const wrong = before.find((one) => !kinds.includes(MODIFIERS[one]));
    if (wrong !== undefined)
      return `${modifier} cannot follow ${wrong}: ${why || BEFORE[MODIFIERS[wrong]].why}`;
    if (kind === 'flag' && !before.includes('re')) return `${modifier} works only with re`;
  }
  return undefined;
}

function keywordFault(modifiers: readonly Modifier[]): string | undefined {
  const wrong = modifiers.find((modifier) => OF_A_FIELD.has(MODIFIERS[modifier]));
  return wrong && `${wrong} needs a field, and a keyword has none`;
}
