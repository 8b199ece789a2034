import type { Steps } from '../../lib/steps.ts';
import { isObject, type JsonObject, parseJson, textOf } from '../document/json.ts';
import { DOCUMENTS_MAX, DocumentPieces, PIECES_STEP } from '../texts/document-pieces.ts';
import { isCutOff, truncatedEvent } from '../texts/truncated-event.ts';
import type { DocumentFault } from './body-contents.ts';

/** What was found in a record of several documents: how many, and the first fault of each kind. */
export interface SeveralDocuments {
  documents: number;
  /** A malformed document. */
  malformed?: string;
  /** Text that is not JSON. Without an event beside it, it may be some other text. */
  unparsed?: string;
  /** A member of an array that is not an object. Without an event beside it, it is no fault. */
  item?: string;
  /** NUL bytes around the documents. */
  nulBytes: number;
  /** True where there is nothing but what may be around documents. */
  blank: boolean;
  /** True where something begins as a document, but is not one. */
  broken: boolean;
}

/** Visits the events of the document [start, end). */
export type ReadPiece = (start: number, end: number) => Steps<DocumentFault | undefined>;

/** Visits an event whose text breaks off. */
export type ReadTruncated = (event: JsonObject) => DocumentFault | undefined;

/**
 * Goes through the pieces of the text [start, end). `read` visits the events of one document and returns its fault if it has
 * one. After `documentsMax` documents it stops. A step for each document. Without `truncated`, an event that breaks off is
 * text that is not JSON.
 */
export function* piecewise(
  bytes: Uint8Array,
  [start, end]: readonly [number, number],
  documentsMax: number,
  read: ReadPiece,
  truncated?: ReadTruncated,
): Steps<SeveralDocuments> {
  const pieces = new DocumentPieces(bytes, start, end);
  const found: SeveralDocuments = { documents: 0, nulBytes: 0, blank: true, broken: false };
  let items = 0;
  for (let i = 1; pieces.next(); i++) {
    found.blank = false;
    if (pieces.kind === 'document') {
      if (found.documents === documentsMax) {
        found.malformed ??= tooMany(documentsMax);
        break;
      }
      found.documents++;
      noteFault(found, yield* read(pieces.start, pieces.end));
      yield;
    } else if (pieces.kind === 'item') found.item ??= notAnObject(found.documents + items++);
    else if (pieces.kind === 'broken' && truncated && isCutOff(bytes, pieces.start, pieces.end, end)) {
      const event = truncatedEvent(bytes.subarray(pieces.start, pieces.end));
      if (event === undefined) noteBroken(found, bytes, pieces);
      else {
        found.documents++;
        noteFault(found, truncated(event));
      }
    } else if (pieces.kind === 'broken') noteBroken(found, bytes, pieces);
    else found.unparsed ??= faultOf(textOf(bytes.subarray(pieces.start, pieces.end)), 'text');
    if (i % PIECES_STEP === 0) yield;
  }
  found.nulBytes = pieces.nulBytes;
  return found;
}

/** The same for the members of an OTLP array. */
export function memberwise(
  members: readonly unknown[],
  read: (member: unknown) => DocumentFault | undefined,
): SeveralDocuments {
  const found: SeveralDocuments = { documents: 0, nulBytes: 0, blank: members.length === 0, broken: false };
  for (const member of members) {
    if (found.documents === DOCUMENTS_MAX) {
      found.malformed ??= tooMany(DOCUMENTS_MAX);
      break;
    }
    if (isObject(member)) noteFault(found, read(member));
    else found.item ??= notAnObject(found.documents);
    found.documents++;
  }
  return found;
}

function noteFault(found: SeveralDocuments, fault: DocumentFault | undefined): void {
  if (fault?.unparsed) found.unparsed ??= fault.why;
  else if (fault) found.malformed ??= fault.why;
}

function noteBroken(
  found: SeveralDocuments,
  bytes: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
): void {
  found.broken = true;
  found.unparsed ??= faultOf(textOf(bytes.subarray(start, end)), 'broken');
}

export const tooMany = (most: number): string => `more than ${most} documents; the others were not read`;
export const notAnObject = (index: number): string => `item ${index} is not an object`;

function faultOf(text: string, kind: 'broken' | 'text'): string {
  if (kind === 'text' && text.includes('{')) return 'text stands before the event';
  const parsed = parseJson(text);
  if ('why' in parsed) return parsed.why;
  return kind === 'text' ? 'text stands beside the event' : 'nested too deeply';
}
