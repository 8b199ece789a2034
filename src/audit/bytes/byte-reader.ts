import { fromBinary } from '@bufbuild/protobuf';
import { KeyValueListSchema } from '../../gen/opentelemetry/proto/common/v1/common_pb.ts';
import type { EventReader, FieldId, FieldPlan, Scalar } from '../../model/event.ts';
import { objectOf } from '../document/any-value-json.ts';
import { EMPTY_OBJECT, type JsonObject, textOf } from '../document/json.ts';
import { OBJECT_FIELDS } from '../document/json-strings.ts';
import { type CompiledField, compiledFields } from '../plain/compiled-fields.ts';
import { lenientUtf8 } from '../plain/lenient-utf8.ts';
import { ParsedReader } from '../plain/parsed-reader.ts';
import type { Origin } from '../plain/record-origin.ts';
import { bareOrigin } from '../plain/record-origin.ts';
import { ByteEnvelopes, envelopePaths } from './byte-envelopes.ts';
import { scalarOf } from './decode-token.ts';
import { FieldTokens, UNKNOWN } from './field-tokens.ts';
import { flatten, flattenArrayValue } from './flatten.ts';
import { Literals } from './literals.ts';
import { locate, locateFrom } from './locate.ts';
import { MapScanner } from './map-scan.ts';
import { Scanner } from './scan.ts';
import { KIND, type TokenKind } from './token-kinds.ts';
import { compileTrie, eventPaths, type Trie, type TriePlace } from './trie.ts';

const KeyValueList = lenientUtf8(KeyValueListSchema);

const AUDIT_ID = 'auditID';
const STAGED = 'stageTimestamp';
const RECEIVED = 'requestReceivedTimestamp';

/** What the reader knows of a field of the event. */
interface ByteField {
  readonly field: CompiledField;
  readonly place: TriePlace;
  readonly literals: Literals;
  readonly values: FieldTokens;
  /** Readers of the objects among the values, as far as they were asked for in `membersTurn`. */
  readonly members: (EventReader | undefined)[];
  membersTurn: number;
}

/** Where a field stands in the current event: a node, nowhere, in many places, or in a map's arrays of maps. */
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
  readonly #auditId: number;
  /** The nodes of fields that are objects or lists. */
  readonly #objects: Int32Array;
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
  #u8: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  #json = true;
  #origin: Origin = bareOrigin(0, undefined);

  constructor(plan: FieldPlan) {
    const fields = compiledFields(plan);
    this.trie = compileTrie(eventPaths(plan), [
      ...envelopePaths(),
      ...OBJECT_FIELDS,
      AUDIT_ID,
      STAGED,
      RECEIVED,
    ]);
    this.#auditId = this.trie.known.get(AUDIT_ID)!;
    this.#objects = Int32Array.from(OBJECT_FIELDS, (path) => this.trie.known.get(path)!);
    this.stageTimestamp = this.trie.known.get(STAGED)!;
    this.requestReceivedTimestamp = this.trie.known.get(RECEIVED)!;
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
    return this.scanner.scan(u8, view, start, end);
  }

  /** The same for a well-formed KeyValueList. */
  map(u8: Buffer, start: number, end: number, origin: Origin): number {
    this.#take(u8, start, end, false, origin);
    return this.#maps.scan(u8, start, end);
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

  #find({ place }: ByteField): number {
    const { seen, kind, turn, arrayInside } = this.scanner;
    const { ends, inner, index } = place;
    if (arrayInside === turn) {
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
      if (index >= 0) {
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
    const { turn, seen, kind, start, end, arrayInside } = this.scanner;
    values.begin(turn);
    const u8 = this.#u8;
    if (arrayInside === turn)
      for (let i = 0; i < place.inner.length; i++) {
        const node = place.inner[i]!;
        if (seen[node] === turn && kind[node] === KIND.array) {
          locate(u8, this.#start, field.path, values);
          return;
        }
      }
    if (place.index >= 0) {
      for (const node of place.ends)
        if (
          seen[node] === turn &&
          locateFrom(u8, field.path, place.index, kind[node] as TokenKind, start[node]!, end[node]!, values)
        )
          break;
      return;
    }
    for (let i = 0; i < place.ends.length; i++) {
      const node = place.ends[i]!;
      if (seen[node] !== turn) continue;
      if (kind[node] === KIND.array) flatten(u8, start[node]!, values);
      else flattenArrayValue(u8, start[node]!, end[node]!, values);
      return;
    }
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
      reader.turn(this.#document(), this.#origin);
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
