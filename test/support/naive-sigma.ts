import { BlockList } from 'node:net';

// Sigma's detection language once more, slowly and straight from the specification: what the compiled rule must agree with.
// It shares no code with src/rules. ASCII alone, and only what is not refused.

type Json = unknown;
type Lists = Readonly<Record<string, readonly (string | number)[]>>;
type Test = (text: string) => boolean;

/** Whether an event is as a detection (a map of selections and a condition) says. */
export function naive(detection: Readonly<Record<string, Json>>, event: Json, lists: Lists): boolean {
  return named(detection, { node: event, whole: event }, lists);
}

/** What is asked: an event, or a member of an array. `whole` has its text. */
interface Subject {
  readonly node: Json;
  readonly whole: Json;
}

function named(block: Readonly<Record<string, Json>>, subject: Subject, lists: Lists): boolean {
  const names = Object.keys(block).filter((name) => name !== 'condition');
  const value = (name: string) => selection(block[name], subject, lists);
  const of = (pattern: string) =>
    names.filter((name) =>
      pattern === 'them' ? name[0] !== '_' : new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name),
    );
  const conditions = [block['condition']].flat() as readonly string[];
  return conditions.some((condition) => {
    const script = condition
      .replaceAll(/(1|any|all) of (\S+?)(?=\s|\)|$)/g, (_, amount: string, pattern: string) => {
        const values = of(pattern).map(value);
        return String(amount === 'all' ? values.every(Boolean) : values.some(Boolean)).toUpperCase();
      })
      .replaceAll(/\w+/g, (word) => {
        const known: Record<string, string> = { and: '&&', or: '||', not: '!', TRUE: 'true', FALSE: 'false' };
        return known[word] ?? String(value(word));
      });
    return Boolean(new Function(`return ${script}`)());
  });
}

function selection(body: Json, subject: Subject, lists: Lists): boolean {
  if (Array.isArray(body)) return body.some((part) => selection(part, subject, lists));
  if (typeof body !== 'object' || body === null) return keyword(body, ['contains'], subject, lists);
  return Object.entries(body).every(([key, value]) => item(key, value, subject, lists));
}

function item(key: string, value: Json, subject: Subject, lists: Lists): boolean {
  const [name = '', ...chain] = key.split('|');
  if (name === '') {
    const placed = chain.some((one) => /contains|with|^re$|cidr/.test(one)) ? chain : [...chain, 'contains'];
    return keyword(value, placed, subject, lists);
  }
  const block = /^(.*?)\[(any|all|all_or_empty|none)\]\.?(.*)$/.exec(name);
  if (block) {
    const [, path = '', quantifier = '', rest = ''] = block;
    const members = membersOf(subject.node, path).map((member) => {
      const inner = { node: member, whole: member };
      if (rest !== '' || typeof value !== 'object' || value === null || isValues(value))
        return item([rest === '' ? '.' : rest, ...chain].join('|'), value, inner, lists);
      return body(value, inner, lists);
    });
    if (quantifier === 'any') return members.includes(true);
    if (quantifier === 'none') return !members.includes(true);
    return !members.includes(false) && (members.length > 0 || quantifier === 'all_or_empty');
  }
  if (typeof value === 'object' && value !== null && !isValues(value))
    return membersOf(subject.node, name).some((member) =>
      body(value, { node: member, whole: member }, lists),
    );
  const leaves = leavesAt(subject.node, name);
  const holds = (): boolean => {
    if (value === null) return leaves === undefined || leaves.includes(null);
    if (chain.includes('exists')) return (leaves !== undefined) === value;
    const texts = textsOf(leaves ?? []);
    const values = [value].flat();
    if (chain.includes('fieldref')) {
      const refer = (one: Json) => {
        const others = textsOf(leavesAt(subject.node, String(one)) ?? []);
        return texts.some((text) => others.some((other) => pair(text, other, chain)));
      };
      return chain.includes('all') ? values.every(refer) : values.some(refer);
    }
    return linked(values, chain, texts, lists);
  };
  return holds() !== chain.includes('neq');
}

const isValues = (value: object): boolean =>
  Array.isArray(value) && value.some((one) => typeof one !== 'object' || one === null);

function body(value: Json, subject: Subject, lists: Lists): boolean {
  return Object.hasOwn(value as object, 'condition')
    ? named(value as Record<string, Json>, subject, lists)
    : selection(value, subject, lists);
}

function keyword(value: Json, chain: readonly string[], subject: Subject, lists: Lists): boolean {
  const texts: string[] = [];
  const collect = (node: Json): void => {
    if (typeof node === 'object' && node !== null) for (const one of Object.values(node)) collect(one);
    else if (node !== null) texts.push(String(node));
  };
  collect(subject.whole);
  return linked([value].flat(), chain, texts, lists) !== chain.includes('neq');
}

function linked(
  values: readonly Json[],
  chain: readonly string[],
  texts: readonly string[],
  lists: Lists,
): boolean {
  const some = (tests: readonly Test[]) => tests.some((test) => texts.some(test));
  const each = values.map((value) => (chain.includes('expand') ? expanded(String(value), lists) : [value]));
  return chain.includes('all')
    ? each.every((ways) => ways.length > 0 && ways.every((way) => some(testsOf(way, chain))))
    : each.some((ways) => ways.some((way) => some(testsOf(way, chain))));
}

function expanded(value: string, lists: Lists): readonly string[] {
  const placeholder = /%(\w+)%/.exec(value);
  if (!placeholder) return [value];
  return lists[placeholder[1]!]!.flatMap((one) =>
    expanded(
      value.replace(placeholder[0], () => String(one)),
      lists,
    ),
  );
}

function pair(text: string, other: string, chain: readonly string[]): boolean {
  const [a, b] = chain.includes('cased') ? [text, other] : [text.toLowerCase(), other.toLowerCase()];
  if (chain.includes('contains')) return a.indexOf(b) >= 0;
  if (chain.includes('startswith')) return a.slice(0, b.length) === b;
  return chain.includes('endswith') ? a.length >= b.length && a.slice(a.length - b.length) === b : a === b;
}

function testsOf(value: Json, chain: readonly string[]): readonly Test[] {
  const number = Number(value);
  const than = (a: number) => {
    if (chain.includes('lt')) return a < number;
    if (chain.includes('lte')) return a <= number;
    if (chain.includes('gt')) return a > number;
    return chain.includes('gte') ? a >= number : a === number;
  };
  const part = ['minute', 'hour', 'day', 'week', 'month', 'year'].find((one) => chain.includes(one));
  if (part !== undefined) return [(text) => than(timePart(text, part))];
  if (/lt|gt/.test(chain.join('|'))) return [(text) => /^\S*\d$/.test(text) && than(Number(text))];
  if (chain.includes('cidr')) {
    const [address = '', bits = '32'] = String(value).split('/');
    const list = new BlockList();
    list.addSubnet(address, Number(bits), 'ipv4');
    return [(text) => /^[\d.]+$/.test(text) && list.check(text)];
  }
  if (chain.includes('re')) return [regex(String(value), chain)];
  return dashed(String(value), chain)
    .flatMap((one) => encoded(one, chain))
    .map((one) => glob(one, chain));
}

function regex(source: string, chain: readonly string[]): Test {
  const flags = [
    chain.includes('i') ? 'i' : '',
    chain.includes('m') ? 'm' : '',
    chain.includes('s') ? 's' : '',
  ].join('');
  if (chain.includes('startswith')) {
    const made = new RegExp(`(?:${source})`, `${flags}y`);
    return (text) => {
      made.lastIndex = 0;
      return made.test(text);
    };
  }
  const made = new RegExp(chain.includes('endswith') ? `(?:${source})(?![^])` : source, flags);
  return (text) => made.test(text);
}

function dashed(value: string, chain: readonly string[]): readonly string[] {
  if (!chain.includes('windash')) return [value];
  const at = value.search(/(?<!\w)[-/](?=\w)/);
  if (at < 0) return [value];
  return dashed(value.slice(at + 1), chain)
    .filter((rest, i, all) => all.indexOf(rest) === i)
    .flatMap((rest) => ['-', '/', '–', '—', '―'].map((dash) => value.slice(0, at) + dash + rest));
}

/** Values with escapes are not encoded by the tests that use this. */
function encoded(value: string, chain: readonly string[]): readonly string[] {
  const [zero, one] = ['\0', ''];
  let text = value;
  if (chain.includes('wide') || chain.includes('utf16le'))
    text = value.replaceAll(/[^*?]/g, (character) => `${one}${character}${zero}`);
  if (chain.includes('utf16be')) text = value.replaceAll(/[^*?]/g, (character) => `${zero}${character}`);
  if (chain.includes('base64')) return [btoa(text)];
  if (!chain.includes('base64offset')) return [text];
  return ['', '_', '__'].map((before) => {
    // What is around the value decides over some characters; the others are looked for.
    const around = ['\0', '\u00ff'].flatMap((first) =>
      ['\0', '\u00ff'].map((last) => btoa(before.replaceAll('_', first) + text + last.repeat(3))),
    );
    const [any = ''] = around;
    return [...any]
      .map((c, i) => (c !== '=' && around.every((other) => other[i] === c) ? c : ' '))
      .join('')
      .trim();
  });
}

function glob(pattern: string, chain: readonly string[]): Test {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    let character = pattern[i]!;
    if (character === '*' || character === '?') {
      source += character === '*' ? '[^]*' : '[^]';
      continue;
    }
    if (character === '\\' && '*?\\'.includes(pattern[i + 1] ?? 'none')) character = pattern[++i]!;
    source += `\\u{${character.codePointAt(0)!.toString(16)}}`;
  }
  const before = chain.includes('contains') || chain.includes('endswith') ? '[^]*' : '';
  const after = chain.includes('contains') || chain.includes('startswith') ? '[^]*' : '';
  const made = new RegExp(`^${before}${source}${after}$`, chain.includes('cased') ? 'u' : 'iu');
  return (text) => made.test(text);
}

function timePart(text: string, part: string): number {
  const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? new Date(text)
    : new Date(Number.NaN);
  if (Number.isNaN(date.getTime())) return Number.NaN;
  const utc = date.toISOString();
  const slices: Record<string, readonly [number, number]> = {
    year: [0, 4],
    month: [5, 7],
    day: [8, 10],
    hour: [11, 13],
    minute: [14, 16],
  };
  const slice = slices[part];
  if (slice) return Number(utc.slice(...slice));
  // The Thursday of the week, and how many Thursdays of its year have been.
  const day = new Date(`${utc.slice(0, 10)}T00:00:00Z`);
  while (day.getUTCDay() !== 1) day.setUTCDate(day.getUTCDate() - 1);
  day.setUTCDate(day.getUTCDate() + 3);
  const year = day.getUTCFullYear();
  let week = 0;
  for (; day.getUTCFullYear() === year; day.setUTCDate(day.getUTCDate() - 7)) week++;
  return week;
}

const textsOf = (leaves: readonly Json[]): readonly string[] =>
  leaves.filter((leaf) => leaf !== null && typeof leaf !== 'object').map(String);

interface Found {
  readonly value: Json;
  readonly through: boolean;
}

/** Scalars, nulls and objects at a path; undefined where it leads nowhere. */
function leavesAt(node: Json, path: string): readonly Json[] | undefined {
  if (path === '.') return [node];
  return look(node, partsOf(path), false)?.flatMap(({ value }) => flat(value));
}

function membersOf(node: Json, path: string): readonly Json[] {
  const found = look(node, partsOf(path), false) ?? [];
  return found.flatMap(({ value, through }) => (value === null && !through ? [] : flat(value)));
}

const flat = (value: Json): readonly Json[] => (Array.isArray(value) ? value.flat(100) : [value]);

function partsOf(path: string): readonly (string | number)[] {
  return path.split('.').flatMap((part) => {
    const [key = '', ...indexes] = part.split(/(?<!\\)\[/);
    return [
      key.replaceAll('\\[', '[').replaceAll('\\]', ']'),
      ...indexes.map((one) => Number.parseInt(one, 10)),
    ];
  });
}

/** The longest key first, and back where it leads nowhere. */
function look(
  node: Json,
  parts: readonly (string | number)[],
  through: boolean,
): readonly Found[] | undefined {
  const [first] = parts;
  if (first === undefined) return [{ value: node, through }];
  if (typeof first === 'number') {
    if (!Array.isArray(node)) return undefined;
    const i = first < 0 ? node.length + first : first;
    return i in node ? look(node[i], parts.slice(1), through) : undefined;
  }
  if (Array.isArray(node)) {
    const found = node.flat(100).flatMap((member) => look(member, parts, true) ?? []);
    return found.length > 0 ? found : undefined;
  }
  if (typeof node !== 'object' || node === null) return undefined;
  const index = parts.findIndex((part) => typeof part === 'number');
  for (let most = index < 0 ? parts.length : index; most > 0; most--) {
    const key = parts.slice(0, most).join('.');
    const found = Object.hasOwn(node, key)
      ? look((node as Record<string, Json>)[key], parts.slice(most), through)
      : undefined;
    if (found) return found;
  }
  return undefined;
}
