import type { Request } from '../../model/request.ts';
import type { DocumentForm, Envelope, FieldTest } from '../envelopes/envelope.ts';
import { ENVELOPES } from '../envelopes/table.ts';
import { scalarOf } from './decode-token.ts';
import type { Scanner } from './scan.ts';
import { KIND, type TokenKind } from './token-kinds.ts';
import type { Trie } from './trie.ts';

/** A row of the table over the nodes of a trie. */
export interface ByteEnvelope {
  readonly only: Request['shape'] | undefined;
  readonly when: readonly (readonly ByteTest[])[];
  /** The node of the array whose members are the events; -1 where the document itself is the event. */
  readonly items: number;
  /** Forms that the plain reader must read. */
  readonly slow: Readonly<Record<DocumentForm, boolean>>;
}

interface ByteTest {
  readonly node: number;
  readonly text: string;
  readonly how: (typeof HOW)[keyof typeof HOW];
}

const HOW = { present: 0, text: 1, equals: 2, startsWith: 3 } as const;

/** Finds the envelope of the document that a scanner has read, by its tokens. Allocates nothing where texts are ASCII. */
export class ByteEnvelopes {
  /** In the order of the table. */
  readonly rows: readonly ByteEnvelope[];
  readonly #scanner: Scanner;

  constructor(trie: Trie, scanner: Scanner) {
    this.#scanner = scanner;
    this.rows = ENVELOPES.map((envelope) => compiled(envelope, (path) => trie.known.get(path)!));
  }

  /** The index of the first row that fits; -1 where none does. */
  find(u8: Buffer, shape: Request['shape']): number {
    const { rows } = this;
    for (let row = 0; row < rows.length; row++) {
      const { only, when } = rows[row]!;
      if (only !== undefined && only !== shape) continue;
      for (let i = 0; i < when.length; i++) if (this.#all(u8, when[i]!)) return row;
    }
    return -1;
  }

  #all(u8: Buffer, tests: readonly ByteTest[]): boolean {
    for (let i = 0; i < tests.length; i++) if (!this.#holds(u8, tests[i]!)) return false;
    return true;
  }

  #holds(u8: Buffer, { node, text, how }: ByteTest): boolean {
    const { seen, turn, kind, start, end } = this.#scanner;
    if (seen[node] !== turn) return false;
    if (how === HOW.present) return true;
    if (!isText(kind[node]!)) return false;
    if (how === HOW.text) return true;
    const from = start[node]!;
    const to = end[node]!;
    if (kind[node] !== KIND.ascii) {
      const value = String(scalarOf(u8, kind[node] as TokenKind, from, to));
      return how === HOW.equals ? value === text : value.startsWith(text);
    }
    if (how === HOW.equals ? to - from !== text.length : to - from < text.length) return false;
    for (let i = 0; i < text.length; i++) if (u8[from + i] !== text.charCodeAt(i)) return false;
    return true;
  }
}

/** Paths of which the byte reader must know where they stand: those of every row. */
export function envelopePaths(): readonly string[] {
  const rows: readonly Envelope[] = ENVELOPES;
  return rows.flatMap(({ when, events }) => [
    ...when.flatMap(({ all }) => all.map(({ path }) => path)),
    ...(typeof events === 'object' ? [events.itemsOf] : []),
  ]);
}

function compiled(
  { only, when, events, slow = [] }: Envelope,
  nodeOf: (path: string) => number,
): ByteEnvelope {
  const readable = events === 'self' || typeof events === 'object';
  return {
    only,
    when: when.map(({ all }) => all.map((test) => ({ node: nodeOf(test.path), ...howOf(test) }))),
    items: typeof events === 'object' ? nodeOf(events.itemsOf) : -1,
    slow: { json: !readable || slow.includes('json'), map: !readable || slow.includes('map') },
  };
}

function howOf(test: FieldTest): Pick<ByteTest, 'how' | 'text'> {
  if ('is' in test) return { how: HOW[test.is], text: '' };
  return 'equals' in test
    ? { how: HOW.equals, text: test.equals }
    : { how: HOW.startsWith, text: test.startsWith };
}

/** A string; bytes are one too, in base64. */
function isText(kind: number): boolean {
  return kind === KIND.ascii || kind === KIND.utf8 || kind === KIND.escaped || kind === KIND.bytes;
}
