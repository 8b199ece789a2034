import { readVarint } from '../../lib/protobuf-fields.ts';
import type { Scalar } from '../../model/event.ts';
import { textOf } from '../document/json.ts';
import { KIND, type TokenKind } from './token-kinds.ts';

/** The scalar of a token, as JSON.parse (or any-value-json.ts, for an OTLP map) would give it. */
export function scalarOf(u8: Buffer, kind: TokenKind, start: number, end: number): Scalar {
  switch (kind) {
    case KIND.true:
      return true;
    case KIND.false:
      return false;
    case KIND.ascii:
      return u8.toString('latin1', start, end);
    case KIND.utf8:
      return textOf(u8.subarray(start, end));
    case KIND.escaped:
      return JSON.parse(`"${textOf(u8.subarray(start, end))}"`) as string;
    case KIND.integer:
    case KIND.number:
      return Number(u8.toString('latin1', start, end));
    case KIND.varint: {
      const value = readVarint(u8, start);
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : String(value);
    }
    case KIND.double: {
      const value = u8.readDoubleLE(start);
      return Number.isFinite(value) ? value : null;
    }
    case KIND.bytes:
      return u8.subarray(start, end).toString('base64');
    default:
      return null;
  }
}
