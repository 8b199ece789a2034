import { setImmediate } from 'node:timers/promises';
import { ProtobufFields, WIRE } from '../lib/protobuf-fields.ts';

const REQUEST = { resourceLogs: 1 } as const;
const RESOURCE_LOGS = { scopeLogs: 2 } as const;
const SCOPE_LOGS = { scope: 1, logRecords: 2 } as const;
const SCOPE = { name: 1 } as const;

/** The scope of Sidewatch's own records. */
const OWN_SCOPE = Buffer.from('sidewatch');

/** Records, or what holds them, that are gone through in one turn of the event loop. One that is edited costs a microsecond or more: some milliseconds. */
const RECORDS_A_TURN = 2 ** 12;
/** Pieces that are copied in one turn. */
const PIECES_A_TURN = 2 ** 16;

/** What becomes of a record, by its index: it stays as it is, it goes, or these bytes are added to its end. */
export type Edit = (record: number, isOwn: boolean) => 'same' | 'gone' | Uint8Array;

/** What becomes of a field; the pieces are its new value. */
type Edited = 'same' | 'gone' | readonly Uint8Array[];

/**
 * The bytes of an ExportLogsServiceRequest with some records edited. All other bytes stay as they are, except for the lengths
 * of what holds an edited record. undefined where the bytes are not what this reads; 'nothing' where no record is left.
 */
export async function spliced(bytes: Buffer, edit: Edit): Promise<Buffer | 'nothing' | undefined> {
  const splice = new Splice(bytes, edit);
  const edited = await splice.request();
  if (splice.broken) return undefined;
  if (splice.dropped > 0 && splice.dropped === splice.records) return 'nothing';
  return edited === 'same' || edited === 'gone' ? Buffer.from(bytes) : joined(edited);
}

async function joined(pieces: readonly Uint8Array[]): Promise<Buffer> {
  const whole = Buffer.allocUnsafe(sizeOf(pieces));
  let at = 0;
  for (const [i, piece] of pieces.entries()) {
    whole.set(piece, at);
    at += piece.length;
    if ((i + 1) % PIECES_A_TURN === 0) await setImmediate();
  }
  return whole;
}

class Splice {
  readonly #u8: Buffer;
  readonly #edit: Edit;
  broken = false;
  records = 0;
  dropped = 0;

  constructor(u8: Buffer, edit: Edit) {
    this.#u8 = u8;
    this.#edit = edit;
  }

  request(): Promise<Edited> {
    const scopeLogs = (start: number, end: number) => this.#scopeLogs(start, end);
    const resourceLogs = (start: number, end: number) =>
      this.#message(start, end, RESOURCE_LOGS.scopeLogs, scopeLogs);
    return this.#message(0, this.#u8.length, REQUEST.resourceLogs, resourceLogs);
  }

  async #scopeLogs(start: number, end: number): Promise<Edited> {
    const isOwn = await this.#isOwn(start, end);
    return this.#message(start, end, SCOPE_LOGS.logRecords, (from, to) => {
      const edit = this.#edit(this.records++, isOwn);
      if (edit === 'gone') this.dropped++;
      return typeof edit === 'string' ? edit : [this.#u8.subarray(from, to), edit];
    });
  }

  /**
   * A message of which the fields of one number are edited. It goes where all of these go, so that none is left empty.
   */
  async #message(
    start: number,
    end: number,
    number: number,
    edit: (start: number, end: number) => Edited | Promise<Edited>,
  ): Promise<Edited> {
    const pieces: Uint8Array[] = [];
    const fields = new ProtobufFields().over(this.#u8, start, end);
    /** Up to here the pieces have everything. */
    let done = start;
    let tag = start;
    let seen = 0;
    let gone = 0;
    while (fields.next()) {
      if (fields.field === number && fields.wire === WIRE.bytes) {
        const made = edit(fields.start, fields.end);
        const edited = made instanceof Promise ? await made : made;
        if (++seen % RECORDS_A_TURN === 0) await setImmediate();
        if (edited !== 'same') {
          if (edited === 'gone') gone++;
          this.#push(pieces, done, edited === 'gone' ? tag : this.#afterTag(tag));
          if (edited !== 'gone') {
            pieces.push(lengthOf(edited));
            for (const piece of edited) pieces.push(piece);
          }
          done = fields.end;
        }
      }
      tag = fields.end;
    }
    if (fields.broken) this.broken = true;
    if (seen > 0 && gone === seen) return 'gone';
    if (done === start) return 'same';
    this.#push(pieces, done, end);
    return pieces;
  }

  #push(pieces: Uint8Array[], from: number, to: number): void {
    if (from < to) pieces.push(this.#u8.subarray(from, to));
  }

  #afterTag(tag: number): number {
    let at = tag;
    while (this.#u8[at]! >= 0x80) at++;
    return at + 1;
  }

  /** The last name counts, as where a message is merged. */
  async #isOwn(start: number, end: number): Promise<boolean> {
    let isOwn = false;
    let seen = 0;
    const [fields, scope] = [new ProtobufFields(), new ProtobufFields()];
    fields.over(this.#u8, start, end);
    while (fields.next()) {
      if (++seen % RECORDS_A_TURN === 0) await setImmediate();
      if (fields.field !== SCOPE_LOGS.scope || fields.wire !== WIRE.bytes) continue;
      scope.over(this.#u8, fields.start, fields.end);
      while (scope.next())
        if (scope.field === SCOPE.name && scope.wire === WIRE.bytes)
          isOwn = OWN_SCOPE.compare(this.#u8, scope.start, scope.end) === 0;
    }
    return isOwn;
  }
}

const lengthOf = (pieces: readonly Uint8Array[]): Uint8Array => varint(sizeOf(pieces));

function sizeOf(pieces: readonly Uint8Array[]): number {
  let size = 0;
  for (const piece of pieces) size += piece.length;
  return size;
}

/** A length or a tag. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Uint8Array.from([...bytes, rest]);
}
