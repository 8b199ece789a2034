import { UnreadablePart } from './unreadable-part.ts';

/** The value of a key, with the lines that it stands on. */
export interface ConfValue {
  /** A value over several lines has their line ends. */
  readonly text: string;
  readonly file: string;
  /** Of its first line. */
  readonly line: number;
}

export type ConfStanza = ReadonlyMap<string, ConfValue>;

/** Stanzas of configuration files by name. The keys of `default` count in all of them. */
export class Conf {
  readonly #stanzas: ReadonlyMap<string, ConfStanza>;
  readonly #heads: ReadonlyMap<string, string>;

  /** `heads`: the `file:line` of each stanza. */
  constructor(stanzas: ReadonlyMap<string, ConfStanza>, heads: ReadonlyMap<string, string>) {
    this.#stanzas = stanzas;
    this.#heads = heads;
  }

  get names(): readonly string[] {
    return [...this.#stanzas.keys()].filter((name) => name !== DEFAULT);
  }

  stanza(name: string): ConfStanza | undefined {
    const own = this.#stanzas.get(name);
    const common = this.#stanzas.get(DEFAULT);
    return own && common ? new Map([...common, ...own]) : own;
  }

  /** The `file:line` where a stanza stands first. */
  placeOf(name: string): string {
    return this.#heads.get(name) ?? '';
  }
}

/** Keys before the first stanza, or in one of this name, are defaults. */
const DEFAULT = 'default';

/** `file:line` of a place in a value. */
export function placeIn({ text, file, line }: ConfValue, offset = 0): string {
  return `${file}:${line + (text.slice(0, offset).split('\n').length - 1)}`;
}

/** Files of one name, each over the ones before it, key by key. */
export function confOf(files: readonly { readonly path: string; readonly text: string }[]): Conf {
  const stanzas = new Map<string, Map<string, ConfValue>>();
  const heads = new Map<string, string>();
  for (const { path, text } of files)
    for (const { stanza, key, value } of entries(path, text)) {
      const known = stanzas.get(stanza) ?? new Map<string, ConfValue>();
      stanzas.set(stanza, known);
      if (key !== undefined) known.set(key, value);
      else if (!heads.has(stanza)) heads.set(stanza, placeIn(value));
    }
  return new Conf(stanzas, heads);
}

interface Entry {
  readonly stanza: string;
  /** undefined for the head of the stanza. */
  readonly key: string | undefined;
  readonly value: ConfValue;
}

/** A backslash at the end of a line goes on in the next one; lines that begin with # are comments, except within a value. */
function* entries(file: string, text: string): Generator<Entry> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  let stanza = DEFAULT;
  for (let i = 0; i < lines.length; i++) {
    const line = i + 1;
    const written = lines[i]!.trim();
    if (written === '' || written.startsWith('#')) continue;
    const head = /^\[(.*)\]$/.exec(written)?.[1];
    if (head !== undefined) {
      stanza = head;
      yield { stanza, key: undefined, value: { text: '', file, line } };
      continue;
    }
    const parts = [lines[i]!];
    while (parts.at(-1)!.endsWith('\\') && i + 1 < lines.length) parts.push(lines[++i]!);
    const whole = parts.map((part) => part.replace(/\\$/, '')).join('\n');
    const sign = whole.indexOf('=');
    if (sign < 0) continue;
    const text = whole.slice(sign + 1).replace(/^[ \t]+/, '');
    yield { stanza, key: whole.slice(0, sign).trim(), value: { text: text.trimEnd(), file, line } };
  }
}

const TRUE = new Set(['1', 'true', 't', 'yes', 'y']);
const FALSE = new Set(['0', 'false', 'f', 'no', 'n']);

/** A yes or no of a stanza. Throws UnreadablePart for another word: either guess could turn a search on or off. */
export function isOn(value: ConfValue | undefined, otherwise: boolean): boolean {
  if (value === undefined || value.text === '') return otherwise;
  const word = value.text.toLowerCase();
  if (!TRUE.has(word) && !FALSE.has(word))
    throw new UnreadablePart(placeIn(value), `${value.text} is neither yes (1) nor no (0)`);
  return TRUE.has(word);
}
