import type { Request } from '../../model/request.ts';
import type { DocumentEnvelope, DocumentForm, EventsAt, FieldTest } from '../envelopes/envelope.ts';
import { isMarked, MARKS } from '../envelopes/marks.ts';
import { DOCUMENTS } from '../envelopes/table.ts';
import { scalarOf } from './decode-token.ts';
import type { Scanner } from './scan.ts';
import { KIND, type TokenKind } from './token-kinds.ts';
import type { Trie } from './trie.ts';

/** Where the events of a row are, for the byte reader. */
export interface ByteEnvelope {
  /** The row's index in the table. */
  readonly row: number;
  /** The node of the array whose members are the events; -1 where the document itself is the event. */
  readonly items: number;
  /** The node at which a document stands that has an envelope of its own; -1 without one. */
  readonly inner: number;
  /** Forms that the plain reader must read. */
  readonly slow: Readonly<Record<DocumentForm, boolean>>;
}

/**
 * A step of a program is four numbers: the node whose value is tested, the least and the most bytes that its text may have,
 * and where to go on if the test fails. If it holds, the next step is next. END in place of a node ends the program.
 */
const STEP = 4;
const [LEAST, MOST, ELSE] = [1, 2, 3];
const END = -1;
/** In place of the least length: any text passes, or any value. */
const ANY_TEXT = -1;
const ANY_VALUE = -2;
const MARKED = -3;
const NO_LIMIT = 2 ** 30;

// A copy: see scan.ts.
const KIND_ASCII = KIND.ascii;
/** A bit for each kind that is a string. Bytes are one too, in base64. */
const TEXTS = [KIND.ascii, KIND.utf8, KIND.escaped, KIND.bytes].reduce((bits, kind) => bits | (1 << kind), 0);

/**
 * Finds the envelope of the document that a scanner has read, from its tokens. The rows are compiled to a program of numbers:
 * as objects they would cost an event one percent more time (bench read).
 */
export class ByteEnvelopes {
  readonly #scanner: Scanner;
  readonly #program: Int32Array;
  /** By step: the text that the value must begin with. */
  readonly #texts: readonly string[];
  /** By step: the result where the program ends there. */
  readonly #found: readonly (ByteEnvelope | undefined)[];

  /** Takes the rows that are looked for in requests of this shape. */
  constructor(trie: Trie, scanner: Scanner, shape: Request['shape']) {
    const program: number[] = [];
    const texts: string[] = [];
    const found: (ByteEnvelope | undefined)[] = [];
    const end = (envelope: ByteEnvelope | undefined) => {
      found[program.length / STEP] = envelope;
      program.push(END, 0, 0, 0);
    };
    for (const [row, envelope] of DOCUMENTS.entries()) {
      if (envelope.only !== undefined && envelope.only !== shape) continue;
      for (const { all } of envelope.when) {
        const otherwise = program.length + (all.length + 1) * STEP;
        for (const test of all) {
          const { text, least, most } = compiledTest(test);
          texts[program.length / STEP] = text;
          program.push(trie.knownNodes.get(test.path)!, least, most, otherwise);
        }
        end(byteEnvelope(envelope, row, trie));
      }
    }
    end(undefined);
    this.#scanner = scanner;
    this.#program = Int32Array.from(program);
    this.#texts = Array.from(texts, (text) => text ?? '');
    this.#found = Array.from(found);
  }

  /** The first row that fits. Allocates nothing where texts are ASCII. */
  find(u8: Buffer): ByteEnvelope | undefined {
    const program = this.#program;
    let step = 0;
    for (let node = program[step]!; node !== END; node = program[step]!)
      step = this.#holds(u8, node, step) ? step + STEP : program[step + ELSE]!;
    return this.#found[step / STEP];
  }

  #holds(u8: Buffer, node: number, step: number): boolean {
    const { seen, turn, kind } = this.#scanner;
    if (seen[node] !== turn) return false;
    const least = this.#program[step + LEAST]!;
    if (least === ANY_VALUE) return true;
    if (((TEXTS >> kind[node]!) & 1) === 0) return false;
    if (least === MARKED) return this.#isMarked(u8, node);
    return least === ANY_TEXT || this.#begins(u8, node, step);
  }

  /** No string is made of a text without a mark, unless it has escapes of characters. */
  #isMarked(u8: Buffer, node: number): boolean {
    const { kind, start, end } = this.#scanner;
    const [from, to] = [start[node]!, end[node]!];
    if (kind[node] === KIND.bytes) return isMarked(String(scalarOf(u8, KIND.bytes, from, to)));
    const text = u8.subarray(from, to);
    if (MARKS.some((mark) => text.includes(mark))) return true;
    return (
      kind[node] === KIND.escaped &&
      text.includes('\\u') &&
      isMarked(String(scalarOf(u8, KIND.escaped, from, to)))
    );
  }

  #begins(u8: Buffer, node: number, step: number): boolean {
    const { kind, start, end } = this.#scanner;
    const program = this.#program;
    const text = this.#texts[step / STEP]!;
    const from = start[node]!;
    const to = end[node]!;
    if (kind[node] !== KIND_ASCII) {
      const value = String(scalarOf(u8, kind[node] as TokenKind, from, to));
      return value.startsWith(text) && value.length <= program[step + MOST]!;
    }
    if (to - from < program[step + LEAST]! || to - from > program[step + MOST]!) return false;
    for (let i = 0; i < text.length; i++) if (u8[from + i] !== text.charCodeAt(i)) return false;
    return true;
  }
}

/** The paths that the rows name; the trie must know them. */
export function envelopePaths(): readonly string[] {
  return DOCUMENTS.flatMap(({ when, events }) => {
    const items = itemsPath(events) ?? innerPath(events);
    const paths = when.flatMap(({ all }) => all.map(({ path }) => path));
    return items === undefined ? paths : [...paths, items];
  });
}

function byteEnvelope(
  { events, slow = [], cluster }: DocumentEnvelope,
  row: number,
  trie: Trie,
): ByteEnvelope {
  const items = itemsPath(events);
  const inner = innerPath(events);
  const isKnown = events === 'self' || items !== undefined || inner !== undefined;
  const readable = isKnown && cluster === undefined;
  return {
    row,
    items: items === undefined ? -1 : trie.knownNodes.get(items)!,
    inner: inner === undefined ? -1 : trie.knownNodes.get(inner)!,
    slow: { json: !readable || slow.includes('json'), map: !readable || slow.includes('map') },
  };
}

const itemsPath = (events: EventsAt): string | undefined =>
  typeof events === 'object' && 'itemsOf' in events ? events.itemsOf : undefined;

const innerPath = (events: EventsAt): string | undefined =>
  typeof events === 'object' && 'documentAt' in events ? events.documentAt : undefined;

const LEAST_OF = { text: ANY_TEXT, present: ANY_VALUE, marked: MARKED } as const;

function compiledTest(test: FieldTest): { text: string; least: number; most: number } {
  if ('is' in test) return { text: '', least: LEAST_OF[test.is], most: NO_LIMIT };
  return 'equals' in test
    ? { text: test.equals, least: test.equals.length, most: test.equals.length }
    : { text: test.startsWith, least: test.startsWith.length, most: NO_LIMIT };
}
