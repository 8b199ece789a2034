import { fromBinary } from '@bufbuild/protobuf';
import { KeyValueListSchema } from '../../gen/opentelemetry/proto/common/v1/common_pb.ts';
import type { EventReader, FieldId, FieldPlan, Scalar } from '../../model/event.ts';
import { objectOf } from '../document/any-value-json.ts';
import { EMPTY_OBJECT, type JsonObject, textOf } from '../document/json.ts';
import { withPatch } from '../document/json-patch.ts';
import { type CompiledField, compiledFields } from '../plain/compiled-fields.ts';
import type { FieldPath } from '../plain/field-path.ts';
import { lenientUtf8 } from '../plain/lenient-utf8.ts';
import { ParsedReader } from '../plain/parsed-reader.ts';
import type { Origin } from '../plain/record-origin.ts';
import { bareOrigin } from '../plain/record-origin.ts';
import { ByteEnvelopes, envelopePaths } from './byte-envelopes.ts';
import { scalarOf } from './decode-token.ts';
import { FieldTokens, UNKNOWN } from './field-tokens.ts';
import { flatten, flattenArrayValue } from './flatten.ts';
import { Literals } from './literals.ts';
import { locateFrom } from './locate.ts';
import { MapScanner } from './map-scan.ts';
import { Scanner } from './scan.ts';
import { KIND, type TokenKind } from './token-kinds.ts';
import { compileTrie, eventPaths, type Trie, type TriePath, type TriePlace } from './trie.ts';

const KeyValueList = lenientUtf8(KeyValueListSchema);

const STAGED = 'stageTimestamp';
const RECEIVED = 'requestReceivedTimestamp';
const BODY = 'requestObject';

/** What the reader knows of a field of the event. */
interface ByteField {
  readonly field: CompiledField;
  readonly place: TriePlace;
  /** Whether it is the request's body, or in it. */
  readonly ofBody: boolean;
  readonly literals: Literals;
  readonly values: FieldTokens;
  /** Readers of the objects among the values, as far as they were asked for in `membersTurn`. */
  readonly members: (EventReader | undefined)[];
  membersTurn: number;
}

/** Where a field stands in the current event: a node, nowhere, in many places, or where only the document says it (a map's arrays of maps, a patch). */
const ABSENT = -1;
const MANY = -2;
const PARSED = -3;

/**
 * Reads fields straight from an event's bytes; equal to the ParsedReader by property test, and its documentation is this
 * one's. For an event that no rule asks much of it makes no object and decodes no string. What one field in many places,
 * members and keywords need is worked out when asked for. One object for many events.
 */
export class ByteReader implements EventReader {
  readonly trie: Trie;
  readonly scanner: Scanner;
  readonly envelopes: ByteEnvelopes;
  /** The nodes of the event's times. */
  readonly stageTimestamp: number;
  readonly requestReceivedTimestamp: number;
  readonly #body: number;
  readonly #maps: MapScanner;
  /** By field id; undefined for a field of the record around the event, or of another scope. */
  readonly #fields: readonly (ByteField | undefined)[];
  /** Fields of the record and its resource, members and keywords. */
  readonly #parsed: ParsedReader;
  readonly #literalTurn: Int32Array;
  readonly #literal: Int32Array;
  readonly #scalarTurn: Int32Array;
  readonly #scalar: Scalar[];
  #parsedTurn = 0;
  #whole = false;
  /** The turn of an event whose body is a list of operations: what they add is worked out from the document. */
  #patchTurn = 0;
  #u8: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  #json = true;
  #origin: Origin = bareOrigin(0, undefined);

  constructor(plan: FieldPlan) {
    const fields = compiledFields(plan);
    this.trie = compileTrie(eventPaths(plan), [...envelopePaths(), STAGED, RECEIVED, BODY]);
    this.stageTimestamp = this.trie.known.get(STAGED)!;
    this.requestReceivedTimestamp = this.trie.known.get(RECEIVED)!;
    this.#body = this.trie.known.get(BODY)!;
    this.scanner = new Scanner(this.trie);
    this.envelopes = new ByteEnvelopes(this.trie, this.scanner);
    this.#maps = new MapScanner(this.trie, this.scanner);
    this.#parsed = ParsedReader.of(plan);
    this.#fields = plan.needs.map(({ path, literals }, id) => {
      const field = fields[id];
      const place = this.trie.places.get(path);
      return field?.base === 'event' && place
        ? {
            field,
            place,
            ofBody: place.inner.includes(this.#body) || place.ends.includes(this.#body),
            literals: new Literals(literals),
            values: new FieldTokens(),
            members: [],
            membersTurn: 0,
          }
        : undefined;
    });
    this.#literalTurn = new Int32Array(plan.needs.length);
    this.#literal = new Int32Array(plan.needs.length);
    this.#scalarTurn = new Int32Array(plan.needs.length);
    this.#scalar = new Array<Scalar>(plan.needs.length).fill(null);
  }

  /** Takes the JSON text [start, end) as the next event. Returns 0, or the REASONS code for which it cannot. */
  json(u8: Buffer, view: DataView, start: number, end: number, origin: Origin): number {
    this.#take(u8, start, end, true, origin);
    return this.#noted(this.scanner.scan(u8, view, start, end));
  }

  /** The same for a well-formed KeyValueList. */
  map(u8: Buffer, start: number, end: number, origin: Origin): number {
    this.#take(u8, start, end, false, origin);
    return this.#noted(this.#maps.scan(u8, start, end));
  }

  #noted(why: number): number {
    const { turn, seen, kind } = this.scanner;
    const body = kind[this.#body];
    if (seen[this.#body] === turn && (body === KIND.array || body === KIND.arrayValue)) {
      this.#patchTurn = turn;
      this.scanner.arrayInside = turn;
    }
    return why;
  }

  #take(u8: Buffer, start: number, end: number, json: boolean, origin: Origin): void {
    this.#u8 = u8;
    this.#start = start;
    this.#end = end;
    this.#json = json;
    this.#origin = origin;
  }

  state(id: FieldId): 'absent' | 'null' | 'value' | 'object' {
    const field = this.#fields[id];
    if (!field) return this.#around().state(id);
    const node = this.#find(field);
    if (node === ABSENT) return 'absent';
    if (node === MANY) return this.#values(field).state;
    if (node === PARSED) return this.#wholly().state(id);
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
    if (!field) return this.#around().count(id);
    const node = this.#find(field);
    if (node === ABSENT) return 0;
    if (node === MANY) return this.#values(field).count;
    if (node === PARSED) return this.#wholly().count(id);
    const kind = this.scanner.kind[node]!;
    return kind === KIND.null || kind === KIND.object || kind === KIND.kvlist ? 0 : 1;
  }

  literal(id: FieldId, i: number): number {
    const field = this.#fields[id];
    if (!field) return this.#around().literal(id, i);
    const node = this.#find(field);
    if (node >= 0 && i === 0) {
      if (this.#literalTurn[id] === this.scanner.turn) return this.#literal[id]!;
      const { kind, start, end } = this.scanner;
      const found = this.#lookUp(field.literals, kind[node] as TokenKind, start[node]!, end[node]!);
      this.#literalTurn[id] = this.scanner.turn;
      this.#literal[id] = found;
      return found;
    }
    if (node === PARSED) return this.#wholly().literal(id, i);
    const values = this.#several(field, node, i);
    if (values.literals[i] === UNKNOWN) {
      const kind = values.kinds[i] as TokenKind;
      values.literals[i] = this.#lookUp(field.literals, kind, values.starts[i]!, values.ends[i]!);
    }
    return values.literals[i]!;
  }

  isNull(id: FieldId, i: number): boolean {
    const field = this.#fields[id];
    if (!field) return this.#around().isNull(id, i);
    const node = this.#find(field);
    // One value that is no member of an array is never null: the field itself would be.
    if (node >= 0 && i === 0 && this.count(id) === 1) return false;
    if (node === PARSED) return this.#wholly().isNull(id, i);
    return this.#several(field, node, i).kinds[i] === KIND.null;
  }

  scalar(id: FieldId, i: number): Scalar {
    const field = this.#fields[id];
    if (!field) return this.#around().scalar(id, i);
    const node = this.#find(field);
    if (node >= 0 && i === 0) {
      // Identity, facts and values of one hit ask for the same fields.
      if (this.#scalarTurn[id] === this.scanner.turn) return this.#scalar[id]!;
      const { kind, start, end } = this.scanner;
      if (this.count(id) === 0) throw new RangeError('there is no value 0');
      const scalar = scalarOf(this.#u8, kind[node] as TokenKind, start[node]!, end[node]!);
      this.#scalarTurn[id] = this.scanner.turn;
      this.#scalar[id] = scalar;
      return scalar;
    }
    if (node === PARSED) return this.#wholly().scalar(id, i);
    const values = this.#several(field, node, i);
    const known = values.scalars[i];
    if (known !== undefined) return known;
    const scalar = scalarOf(this.#u8, values.kinds[i] as TokenKind, values.starts[i]!, values.ends[i]!);
    values.scalars[i] = scalar;
    return scalar;
  }

  members(scope: FieldId): number {
    const field = this.#fields[scope];
    if (!field) return this.#around().members(scope);
    const node = this.#find(field);
    if (node === ABSENT) return 0;
    if (node === MANY) return this.#values(field).objects;
    if (node === PARSED) return this.#wholly().members(scope);
    const kind = this.scanner.kind[node];
    return kind === KIND.object || kind === KIND.kvlist ? 1 : 0;
  }

  member(scope: FieldId, i: number): EventReader {
    const field = this.#fields[scope];
    if (!field) return this.#around().member(scope, i);
    const node = this.#find(field);
    if (node === PARSED) return this.#wholly().member(scope, i);
    if (i >= this.members(scope)) throw new RangeError(`there is no member ${i}`);
    if (field.membersTurn !== this.scanner.turn) {
      field.membersTurn = this.scanner.turn;
      field.members.length = 0;
    }
    field.members[i] ??= ParsedReader.member(field.field, this.#object(field, node, i));
    return field.members[i];
  }

  #object({ values }: ByteField, node: number, i: number): JsonObject {
    if (node === MANY)
      return this.#parse(values.objectKinds[i]!, values.objectStarts[i]!, values.objectEnds[i]!);
    const { kind, start, end } = this.scanner;
    return this.#parse(kind[node]!, start[node]!, end[node]!);
  }

  someLeaf(test: (text: string) => boolean): boolean {
    return this.#wholly().someLeaf(test);
  }

  #lookUp(literals: Literals, kind: TokenKind, start: number, end: number): number {
    if (kind === KIND.ascii || kind === KIND.integer) return literals.ofAscii(this.#u8, start, end);
    if (kind === KIND.null) return -1;
    const scalar = scalarOf(this.#u8, kind, start, end);
    return scalar === null ? -1 : literals.ofText(String(scalar));
  }

  #find({ place, ofBody }: ByteField): number {
    const { seen, kind, turn, arrayInside } = this.scanner;
    const { ends, inner, hasIndex } = place;
    if (arrayInside === turn) {
      if (ofBody && this.#patchTurn === turn) return PARSED;
      for (let i = 0; i < inner.length; i++) {
        const node = inner[i]!;
        if (seen[node] !== turn) continue;
        if (kind[node] === KIND.array) return MANY;
        if (kind[node] === KIND.arrayValue) return PARSED;
      }
    }
    for (let i = 0; i < ends.length; i++) {
      const node = ends[i]!;
      if (seen[node] !== turn) continue;
      if (hasIndex) {
        if (kind[node] === KIND.array) return MANY;
        if (kind[node] === KIND.arrayValue) return PARSED;
        continue;
      }
      return kind[node] === KIND.array || kind[node] === KIND.arrayValue ? MANY : node;
    }
    return ABSENT;
  }

  #several(field: ByteField, node: number, i: number): FieldTokens {
    const values = node === MANY ? this.#values(field) : undefined;
    if (!values || i >= values.count) throw new RangeError(`there is no value ${i}`);
    return values;
  }

  #values(field: ByteField): FieldTokens {
    const { values } = field;
    // Apart, since a function with a closure in it allocates for it even where it is not reached.
    if (values.turn !== this.scanner.turn) this.#locate(field);
    return values;
  }

  #locate({ field, place, values }: ByteField): void {
    values.begin(this.scanner.turn);
    for (let i = 0; i < place.paths.length; i++)
      if (this.#follow(place.paths[i]!, field.paths[i]!, values)) return;
  }

  /** False: the path leads nowhere. */
  #follow({ ends, inner, index }: TriePath, path: FieldPath, values: FieldTokens): boolean {
    const { turn, seen, kind, start, end } = this.scanner;
    // At first keys are walked one by one, and no literal key ends the path.
    const first = inner.length + 1 - ends.length;
    for (let i = 0; i <= inner.length; i++) {
      const node = i < first ? -1 : ends[i - first]!;
      if (node >= 0 && seen[node] === turn && this.#put(node, path, index, values)) return true;
      const on = i < inner.length ? inner[i]! : -1;
      if (on >= 0 && seen[on] === turn && kind[on] === KIND.array)
        return locateFrom(this.#u8, path, i + 1, KIND.array, start[on]!, end[on]!, values);
    }
    return false;
  }

  /** Adds what stands at the end of a path, or from its index on. */
  #put(node: number, path: FieldPath, index: number, values: FieldTokens): boolean {
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

  /** The record and resource around the event. */
  #around(): ParsedReader {
    if (this.#parsedTurn !== this.scanner.turn) {
      this.#parsedTurn = this.scanner.turn;
      this.#whole = false;
      this.#parsed.turn(EMPTY_OBJECT, this.#origin);
    }
    return this.#parsed;
  }

  /** The event as a document, for what is seldom asked. */
  #wholly(): ParsedReader {
    const reader = this.#around();
    if (!this.#whole) {
      this.#whole = true;
      reader.turn(withPatch(this.#document()), this.#origin);
    }
    return reader;
  }

  #document(): JsonObject {
    return this.#parse(this.#json ? KIND.object : KIND.kvlist, this.#start, this.#end);
  }

  /** [start, end) is an object of JSON, or a KeyValueList. */
  #parse(kind: number, start: number, end: number): JsonObject {
    const bytes = this.#u8.subarray(start, end);
    if (kind === KIND.object) return JSON.parse(textOf(bytes)) as JsonObject;
    return objectOf(fromBinary(KeyValueList, bytes).values);
  }
}
