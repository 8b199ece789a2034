import { oncePer } from '../../lib/once-per.ts';
import { hasAllOfOne, markTrigrams, TRIGRAM_PLACES } from '../../lib/trigrams.ts';
import type { EventReader, FieldId, FieldPlan, RepeatingSet, Scalar, ValueMemo } from '../../model/event.ts';
import type { Request } from '../../model/request.ts';
import { REPEATING_SETS } from '../../semantics/repeating-sets.ts';
import { objectOf } from '../document/any-value-json.ts';
import {
  checkValues,
  EventTooLarge,
  isCostlyJson,
  PLAIN_BYTES_MAX,
  PLAIN_MESSAGES_MAX,
} from '../document/charge.ts';
import { EMPTY_OBJECT, type JsonObject, textOf } from '../document/json.ts';
import { withPatch } from '../document/json-patch.ts';
import { OBJECT_FIELDS } from '../document/json-strings.ts';
import { type CompiledField, compiledFields } from '../plain/compiled-fields.ts';
import { decodeMap } from '../plain/decode-otlp.ts';
import type { FieldPath } from '../plain/field-path.ts';
import { ParsedReader } from '../plain/parsed-reader.ts';
import type { Origin } from '../plain/record-origin.ts';
import { bareOrigin } from '../plain/record-origin.ts';
import { AlikeValues } from './alike-values.ts';
import { WellFormed } from './any-token.ts';
import { AsciiText } from './ascii-text.ts';
import { ByteEnvelopes, envelopePaths } from './byte-envelopes.ts';
import { scalarOf } from './decode-token.ts';
import { FieldTokens, LITERAL_UNKNOWN } from './field-tokens.ts';
import { flatten, flattenArrayValue } from './flatten.ts';
import { type Literals, literalsIn } from './literals.ts';
import { locateFrom } from './locate.ts';
import { MapScanner } from './map-scan.ts';
import { PAUSED, Scanner } from './scan.ts';
import { KIND, type TokenKind } from './token-kinds.ts';
import { compileTrie, eventPaths, type Trie, type TriePath, type TriePlace } from './trie.ts';

/**
 * A list of more bytes through whose members a path leads is read from the parsed document: in the bytes each field would
 * search all of it.
 */
const LARGE_LIST = 2 ** 16;

const NO_BYTES = Buffer.alloc(0);
const NO_VIEW = new DataView(new ArrayBuffer(0));
const NO_ORIGIN = bareOrigin(0, {});

/** Shared, as it has no state between calls. */
const COUNTING = new WellFormed();

const AUDIT_ID = 'auditID';
const STAGED = 'stageTimestamp';
const RECEIVED = 'requestReceivedTimestamp';
const OLD = 'timestamp';
const BODY = 'requestObject';

/** What the reader keeps for a field of the event. */
interface ByteField {
  readonly field: CompiledField;
  readonly place: TriePlace;
  /** True for the request's body and fields in it. */
  readonly inBody: boolean;
  readonly literals: Literals;
  readonly values: FieldTokens;
  /** A single value's text as ASCII bytes, once a rule asks for it. */
  readonly ascii: AsciiText;
  asciiTurn: number;
  /** The trigrams of that text, marked with the turn. Made when a rule asks for them. */
  trigrams: Int32Array | undefined;
  trigramsTurn: number;
  /** Readers of the objects among the values: those that were asked for in `membersTurn`. */
  readonly members: (EventReader | undefined)[];
  membersTurn: number;
}

/** The fields of a set that the plan has, and the memos of their values. */
interface AlikeSet {
  readonly fields: readonly ByteField[];
  /** Of each, the nodes at which it may end. */
  readonly ends: readonly Int32Array[];
  readonly values: AlikeValues;
}

/** Without an array on the way to a field, the first of its ends in the event is its node. */
function firstSeen(ends: Int32Array, seen: Int32Array, turn: number): number {
  for (let i = 0; i < ends.length; i++) if (seen[ends[i]!] === turn) return ends[i]!;
  return ABSENT;
}

/** By plan: many large requests at once have a reader each, and these share what is remembered. */
const alikeOf = oncePer((_: FieldPlan) => new Map<RepeatingSet, AlikeValues>());

function alikeValues(plan: FieldPlan, set: RepeatingSet): AlikeValues {
  const sets = alikeOf(plan);
  const values = sets.get(set) ?? new AlikeValues();
  sets.set(set, values);
  return values;
}

/**
 * In place of the node at which a field is in the current event: it is absent, has many values, or only the parsed document
 * shows its values (a map's arrays of maps, and what a patch adds).
 */
const ABSENT = -1;
const MANY = -2;
const PARSED = -3;

/**
 * Reads fields from an event's bytes. It gives the same answers as ParsedReader (a property test compares them), which
 * documents them. For most events it creates no object and decodes no string. Fields with many values, members and keywords
 * are worked out when they are asked for. One object for many events.
 */
export class ByteReader implements EventReader {
  readonly trie: Trie;
  readonly scanner: Scanner;
  /** The nodes of the event's times. */
  readonly stageTimestamp: number;
  readonly requestReceivedTimestamp: number;
  readonly timestamp: number;
  readonly #body: number;
  readonly #auditId: number;
  /** The nodes of fields that are objects or lists. */
  readonly #objects: Int32Array;
  readonly #maps: MapScanner;
  readonly #envelopes = new Map<Request['shape'], ByteEnvelopes>();
  /** By field id; undefined for a field of the record or resource, or of another scope. */
  readonly #fields: readonly (ByteField | undefined)[];
  readonly #alike: Readonly<Record<RepeatingSet, AlikeSet>>;
  /** Reads fields of the record and resource, and the parsed event where it is needed. */
  readonly #parsed: ParsedReader;
  readonly #literalTurn: Int32Array;
  readonly #literal: Int32Array;
  readonly #scalarTurn: Int32Array;
  readonly #scalar: Scalar[];
  #parsedInTurn = 0;
  #documentParsed = false;
  /** The turn of an event whose body is a list of operations: what they add is read from the parsed document. */
  #patchTurn = 0;
  #u8: Buffer = NO_BYTES;
  #view: DataView = NO_VIEW;
  #start = 0;
  #end = 0;
  #json = true;
  #origin: Origin = NO_ORIGIN;

  constructor(plan: FieldPlan) {
    const fields = compiledFields(plan);
    this.trie = compileTrie(eventPaths(plan), [
      ...envelopePaths(),
      ...OBJECT_FIELDS,
      AUDIT_ID,
      STAGED,
      RECEIVED,
      OLD,
      BODY,
    ]);
    const node = (path: string) => this.trie.knownNodes.get(path)!;
    this.#auditId = node(AUDIT_ID);
    this.#objects = Int32Array.from(OBJECT_FIELDS, node);
    this.stageTimestamp = node(STAGED);
    this.requestReceivedTimestamp = node(RECEIVED);
    this.timestamp = node(OLD);
    this.#body = node(BODY);
    this.scanner = new Scanner(this.trie);
    this.#maps = new MapScanner(this.trie, this.scanner);
    this.#parsed = ParsedReader.of(plan);
    this.#fields = plan.needs.map(({ path, literals }, id) => {
      const field = fields[id];
      const place = this.trie.places.get(path);
      return field?.base === 'event' && place
        ? {
            field,
            place,
            inBody: place.inner.includes(this.#body) || place.ends.includes(this.#body),
            literals: literalsIn(literals),
            values: new FieldTokens(),
            ascii: new AsciiText(),
            asciiTurn: 0,
            trigrams: undefined,
            trigramsTurn: 0,
            members: [],
            membersTurn: 0,
          }
        : undefined;
    });
    const alike = (set: RepeatingSet): AlikeSet => {
      const paths: readonly string[] = REPEATING_SETS[set];
      const found = plan.needs.flatMap(({ path, within }, id) =>
        within === undefined && paths.includes(path) ? (this.#fields[id] ?? []) : [],
      );
      const ends = found.map(({ place }) => Int32Array.from(place.ends));
      return { fields: found, ends, values: alikeValues(plan, set) };
    };
    this.#alike = { client: alike('client'), request: alike('request') };
    this.#literalTurn = new Int32Array(plan.needs.length);
    this.#literal = new Int32Array(plan.needs.length);
    this.#scalarTurn = new Int32Array(plan.needs.length);
    this.#scalar = new Array<Scalar>(plan.needs.length).fill(null);
  }

  /** Finds the envelope of what this reader has read last, in requests of this shape. */
  envelopes(shape: Request['shape']): ByteEnvelopes {
    const known = this.#envelopes.get(shape) ?? new ByteEnvelopes(this.trie, this.scanner, shape);
    this.#envelopes.set(shape, known);
    return known;
  }

  /** Makes the JSON text [start, end) the next event. Returns 0, or the REASONS code that says why it cannot, or PAUSED. */
  json(u8: Buffer, view: DataView, start: number, end: number, origin: Origin): number {
    this.#take(u8, view, start, end, true, origin);
    return this.#notePatch(this.scanner.scan(u8, view, start, end));
  }

  /** After PAUSED: goes on. */
  further(): number {
    return this.#notePatch(this.scanner.scan(this.#u8, this.#view, this.#start, this.#end));
  }

  /** The same for a well-formed KeyValueList. */
  map(u8: Buffer, view: DataView, start: number, end: number, origin: Origin): number {
    this.#take(u8, view, start, end, false, origin);
    return this.#notePatch(this.#maps.scan(u8, start, end));
  }

  /** Forgets the bytes of the last event: a reader is kept for the next request, however large this one was. */
  release(): void {
    this.#take(NO_BYTES, NO_VIEW, 0, 0, true, NO_ORIGIN);
    this.#parsed.turn(EMPTY_OBJECT, NO_ORIGIN);
    for (const field of this.#fields) field?.ascii.release();
  }

  /** Takes and returns the result of the scan. */
  #notePatch(why: number): number {
    if (why === PAUSED) return why;
    const { turn, seen, kind } = this.scanner;
    const body = kind[this.#body];
    if (seen[this.#body] === turn && (body === KIND.array || body === KIND.arrayValue)) {
      this.#patchTurn = turn;
      this.scanner.arrayInside = turn;
    }
    return why;
  }

  get hasAuditId(): boolean {
    return this.scanner.seen[this.#auditId] === this.scanner.turn;
  }

  /** Whether one of the event's objects may stand in a string, as JSON text. */
  get hasJsonStrings(): boolean {
    const { seen, kind, start, turn } = this.scanner;
    const nodes = this.#objects;
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i]!;
      const is = kind[node]!;
      if ((is !== KIND.ascii && is !== KIND.utf8 && is !== KIND.escaped) || seen[node] !== turn) continue;
      const first = this.#u8[start[node]!];
      if (first === 0x7b || first === 0x5b || (first === 0x5c && is === KIND.escaped)) return true;
    }
    return false;
  }

  #take(u8: Buffer, view: DataView, start: number, end: number, json: boolean, origin: Origin): void {
    this.#u8 = u8;
    this.#view = view;
    this.#start = start;
    this.#end = end;
    this.#json = json;
    this.#origin = origin;
  }

  state(id: FieldId): 'absent' | 'null' | 'value' | 'object' {
    const field = this.#fields[id];
    if (!field) return this.#recordReader().state(id);
    const node = this.#find(field);
    if (node === ABSENT) return 'absent';
    if (node === MANY) return this.#values(field).state;
    if (node === PARSED) return this.#documentReader().state(id);
    switch (this.scanner.kind[node]) {
      case KIND.null:
        return 'null';
      case KIND.object:
      case KIND.kvlist:
        return 'object';
      default:
        return 'value';
    }
  }

  count(id: FieldId): number {
    const field = this.#fields[id];
    if (!field) return this.#recordReader().count(id);
    const node = this.#find(field);
    if (node === ABSENT) return 0;
    if (node === MANY) return this.#values(field).count;
    if (node === PARSED) return this.#documentReader().count(id);
    const kind = this.scanner.kind[node]!;
    return kind === KIND.null || kind === KIND.object || kind === KIND.kvlist ? 0 : 1;
  }

  literal(id: FieldId, i: number): number {
    const field = this.#fields[id];
    if (!field) return this.#recordReader().literal(id, i);
    const node = this.#find(field);
    if (node >= 0 && i === 0) {
      if (this.#literalTurn[id] === this.scanner.turn) return this.#literal[id]!;
      const found = this.#literalAt(field, node);
      this.#literalTurn[id] = this.scanner.turn;
      this.#literal[id] = found;
      return found;
    }
    if (node === PARSED) return this.#documentReader().literal(id, i);
    const values = this.#severalValues(field, node, i);
    if (values.literals[i] === LITERAL_UNKNOWN) {
      const kind = values.kinds[i] as TokenKind;
      values.literals[i] = this.#lookUp(field.literals, kind, values.starts[i]!, values.ends[i]!);
    }
    return values.literals[i]!;
  }

  mayHold(id: FieldId, trigrams: readonly Int32Array[]): boolean {
    const field = this.#fields[id];
    if (field === undefined) return true;
    const { turn } = this.scanner;
    field.trigrams ??= new Int32Array(TRIGRAM_PLACES);
    if (field.trigramsTurn !== turn) {
      const node = this.#find(field);
      if (node < 0) return true;
      const text = this.#asciiAt(field, node);
      if (text.length < 0) return true;
      markTrigrams(text.view, text.start, text.start + text.length, field.trigrams, turn);
      field.trigramsTurn = turn;
    }
    return hasAllOfOne(field.trigrams, turn, trigrams);
  }

  /** Valid for this turn. */
  #asciiAt(field: ByteField, node: number): AsciiText {
    const { ascii } = field;
    if (field.asciiTurn === this.scanner.turn) return ascii;
    field.asciiTurn = this.scanner.turn;
    const { kind, start, end } = this.scanner;
    ascii.take(this.#u8, this.#view, kind[node] as TokenKind, start[node]!, end[node]!);
    return ascii;
  }

  #literalAt(field: ByteField, node: number): number {
    const { kind, start, end } = this.scanner;
    if (kind[node] === KIND.escaped) {
      const { u8, start: from, length } = this.#asciiAt(field, node);
      if (length >= 0) return field.literals.ofAscii(u8, from, from + length);
    }
    return this.#lookUp(field.literals, kind[node] as TokenKind, start[node]!, end[node]!);
  }

  isNull(id: FieldId, i: number): boolean {
    const field = this.#fields[id];
    if (!field) return this.#recordReader().isNull(id, i);
    const node = this.#find(field);
    // A single value outside an array is never null: then the field itself would be null.
    if (node >= 0 && i === 0 && this.count(id) === 1) return false;
    if (node === PARSED) return this.#documentReader().isNull(id, i);
    return this.#severalValues(field, node, i).kinds[i] === KIND.null;
  }

  scalar(id: FieldId, i: number): Scalar {
    const field = this.#fields[id];
    if (!field) return this.#recordReader().scalar(id, i);
    const node = this.#find(field);
    if (node >= 0 && i === 0) {
      // Identity, facts and values of a hit read the same fields.
      if (this.#scalarTurn[id] === this.scanner.turn) return this.#scalar[id]!;
      const { kind, start, end } = this.scanner;
      if (this.count(id) === 0) throw new RangeError('there is no value 0');
      const scalar = this.#decoded(kind[node] as TokenKind, start[node]!, end[node]!);
      this.#scalarTurn[id] = this.scanner.turn;
      this.#scalar[id] = scalar;
      return scalar;
    }
    if (node === PARSED) return this.#documentReader().scalar(id, i);
    const values = this.#severalValues(field, node, i);
    const known = values.scalars[i];
    if (known !== undefined) return known;
    const scalar = this.#decoded(values.kinds[i] as TokenKind, values.starts[i]!, values.ends[i]!);
    values.scalars[i] = scalar;
    return scalar;
  }

  memo(set: RepeatingSet): ValueMemo | undefined {
    if (!this.#json) return undefined;
    const { fields, ends, values } = this.#alike[set];
    const { kind, start, end, seen, turn, arrayInside } = this.scanner;
    const view = this.#view;
    values.begin();
    for (let f = 0; f < fields.length; f++) {
      const node = arrayInside === turn ? this.#soleNode(fields[f]!) : firstSeen(ends[f]!, seen, turn);
      if (node === ABSENT) values.add(view, KIND.absent, 0, 0);
      else if (node < 0 || kind[node] === KIND.object) return undefined;
      else values.add(view, kind[node]!, start[node]!, end[node]!);
    }
    return values.memo();
  }

  /** The node whose bytes are all that a field of a set has: a value, or an array. As `#find` for ABSENT and PARSED. */
  #soleNode(field: ByteField): number {
    const node = this.#find(field);
    return node === MANY ? this.#arrayAt(field.place) : node;
  }

  /** The node of an array that holds all of the field's values: its bytes are all that counts. PARSED where there is none. */
  #arrayAt({ ends, inner }: TriePlace): number {
    const { kind, seen, turn } = this.scanner;
    for (let i = 0; i < inner.length; i++)
      if (seen[inner[i]!] === turn && kind[inner[i]!] === KIND.array) return PARSED;
    for (let i = 0; i < ends.length; i++)
      if (seen[ends[i]!] === turn) return kind[ends[i]!] === KIND.array ? ends[i]! : PARSED;
    return PARSED;
  }

  #decoded(kind: TokenKind, start: number, end: number): Scalar {
    if (end - start > PLAIN_BYTES_MAX)
      throw new EventTooLarge(`a value is too large to be decoded (${end - start} bytes)`);
    return scalarOf(this.#u8, kind, start, end);
  }

  members(scope: FieldId): number {
    const field = this.#fields[scope];
    if (!field) return this.#recordReader().members(scope);
    const node = this.#find(field);
    if (node === ABSENT) return 0;
    if (node === MANY) return this.#values(field).objects;
    if (node === PARSED) return this.#documentReader().members(scope);
    const kind = this.scanner.kind[node];
    return kind === KIND.object || kind === KIND.kvlist ? 1 : 0;
  }

  member(scope: FieldId, i: number): EventReader {
    const field = this.#fields[scope];
    if (!field) return this.#recordReader().member(scope, i);
    const node = this.#find(field);
    if (node === PARSED) return this.#documentReader().member(scope, i);
    if (i >= this.members(scope)) throw new RangeError(`there is no member ${i}`);
    if (field.membersTurn !== this.scanner.turn) {
      field.membersTurn = this.scanner.turn;
      field.members.length = 0;
      if (node === MANY) this.#checkMembers(field);
    }
    field.members[i] ??= ParsedReader.member(field.field, this.#object(field, node, i));
    return field.members[i];
  }

  /** Each of them is decoded by itself. */
  #checkMembers({ values }: ByteField): void {
    let bytes = 0;
    for (let i = 0; i < values.objects; i++) bytes += values.objectEnds[i]! - values.objectStarts[i]!;
    if (bytes > PLAIN_BYTES_MAX)
      throw new EventTooLarge(`the objects of a list are too large to be decoded (${bytes} bytes)`);
  }

  #object({ values }: ByteField, node: number, i: number): JsonObject {
    if (node === MANY)
      return this.#parse(values.objectKinds[i]!, values.objectStarts[i]!, values.objectEnds[i]!);
    const { kind, start, end } = this.scanner;
    return this.#parse(kind[node]!, start[node]!, end[node]!);
  }

  someLeaf(test: (text: string) => boolean): boolean {
    return this.#documentReader().someLeaf(test);
  }

  #lookUp(literals: Literals, kind: TokenKind, start: number, end: number): number {
    if (kind === KIND.ascii || kind === KIND.integer) return literals.ofAscii(this.#u8, start, end);
    // No literal is that long.
    if (kind === KIND.null || end - start > PLAIN_BYTES_MAX) return -1;
    const scalar = scalarOf(this.#u8, kind, start, end);
    return scalar === null ? -1 : literals.ofText(String(scalar));
  }

  #find({ place, inBody }: ByteField): number {
    const { seen, kind, turn, arrayInside } = this.scanner;
    const { ends, inner, hasIndex } = place;
    if (arrayInside === turn) {
      if (inBody && this.#patchTurn === turn) return PARSED;
      for (let i = 0; i < inner.length; i++) {
        const node = inner[i]!;
        if (seen[node] !== turn) continue;
        if (kind[node] === KIND.array) return this.#sizeOf(node) > LARGE_LIST ? PARSED : MANY;
        if (kind[node] === KIND.arrayValue) return PARSED;
      }
    }
    for (let i = 0; i < ends.length; i++) {
      const node = ends[i]!;
      if (seen[node] !== turn) continue;
      if (hasIndex) {
        if (kind[node] === KIND.array) return this.#sizeOf(node) > PLAIN_BYTES_MAX ? PARSED : MANY;
        if (kind[node] === KIND.arrayValue) return PARSED;
        continue;
      }
      return kind[node] === KIND.array || kind[node] === KIND.arrayValue ? MANY : node;
    }
    return ABSENT;
  }

  #sizeOf(node: number): number {
    return this.scanner.end[node]! - this.scanner.start[node]!;
  }

  #severalValues(field: ByteField, node: number, i: number): FieldTokens {
    const values = node === MANY ? this.#values(field) : undefined;
    if (!values || i >= values.count) throw new RangeError(`there is no value ${i}`);
    return values;
  }

  #values(field: ByteField): FieldTokens {
    const { values } = field;
    // A method of its own: a function with a closure in it allocates for the closure even where it is not reached.
    if (values.turn !== this.scanner.turn) {
      this.#locate(field);
      checkValues(values.count, values.objects);
    }
    return values;
  }

  #locate({ field, place, values }: ByteField): void {
    values.begin(this.scanner.turn);
    for (let i = 0; i < place.paths.length; i++)
      if (this.#follow(place.paths[i]!, field.paths[i]!, values)) return;
  }

  /** False where the path leads nowhere. */
  #follow({ ends, inner, index }: TriePath, path: FieldPath, values: FieldTokens): boolean {
    const { turn, seen, kind, start, end } = this.scanner;
    // The first keys may be fixed: there no literal key ends the path.
    const first = inner.length + 1 - ends.length;
    for (let i = 0; i <= inner.length; i++) {
      const node = i < first ? -1 : ends[i - first]!;
      if (node >= 0 && seen[node] === turn && this.#addValues(node, path, index, values)) return true;
      const on = i < inner.length ? inner[i]! : -1;
      if (on >= 0 && seen[on] === turn && kind[on] === KIND.array)
        return locateFrom(this.#u8, path, i + 1, KIND.array, start[on]!, end[on]!, values);
    }
    return false;
  }

  /** Adds the values at the end of a path, or from its index on. False where there are none. */
  #addValues(node: number, path: FieldPath, index: number, values: FieldTokens): boolean {
    const u8 = this.#u8;
    const kind = this.scanner.kind[node] as TokenKind;
    const start = this.scanner.start[node]!;
    const end = this.scanner.end[node]!;
    if (index >= 0) return locateFrom(u8, path, index, kind, start, end, values);
    if (kind === KIND.array) flatten(u8, start, values);
    else if (kind === KIND.arrayValue) flattenArrayValue(u8, start, end, values);
    else values.add(kind, start, end, false);
    return true;
  }

  /** For fields of the record and resource. */
  #recordReader(): ParsedReader {
    if (this.#parsedInTurn !== this.scanner.turn) {
      this.#parsedInTurn = this.scanner.turn;
      this.#documentParsed = false;
      this.#parsed.turn(EMPTY_OBJECT, this.#origin);
    }
    return this.#parsed;
  }

  /** The event as a parsed document, for what is rarely asked. */
  #documentReader(): ParsedReader {
    const reader = this.#recordReader();
    if (!this.#documentParsed) {
      this.#documentParsed = true;
      reader.turn(withPatch(this.#document()), this.#origin);
    }
    return reader;
  }

  #document(): JsonObject {
    return this.#parse(this.#json ? KIND.object : KIND.kvlist, this.#start, this.#end);
  }

  /** `kind`: [start, end) is a JSON object, or a KeyValueList. */
  #parse(kind: number, start: number, end: number): JsonObject {
    this.#checkDecodable(kind, start, end);
    const bytes = this.#u8.subarray(start, end);
    if (kind === KIND.object) return JSON.parse(textOf(bytes)) as JsonObject;
    return objectOf(decodeMap(bytes));
  }

  #checkDecodable(kind: number, start: number, end: number): void {
    const size = end - start;
    // A message takes two bytes, and JSON more.
    if (size <= 2 * PLAIN_MESSAGES_MAX) return;
    if (size > PLAIN_BYTES_MAX || this.#isCostly(kind, start, end))
      throw new EventTooLarge(`too large to be decoded (${size} bytes), as its rules ask for`);
  }

  #isCostly(kind: number, start: number, end: number): boolean {
    if (kind === KIND.object) return isCostlyJson(this.#u8, start, end);
    COUNTING.begin();
    COUNTING.map(this.#u8, start, end);
    return COUNTING.messages > PLAIN_MESSAGES_MAX;
  }
}
