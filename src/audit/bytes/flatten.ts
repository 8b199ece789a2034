import { ProtobufFields } from '../../lib/protobuf-fields.ts';
import { AnyToken } from './any-token.ts';
import type { FieldTokens } from './field-tokens.ts';
import { JsonSpan } from './json-span.ts';
import { KIND } from './token-kinds.ts';

/** Adds the members of the well-formed JSON array at `at`; members of nested arrays take the place of their array. */
export function flatten(u8: Uint8Array, at: number, values: FieldTokens): void {
  const span = new JsonSpan(u8);
  // Without recursion, as in field-path.ts: it is enough to know how many arrays are open.
  let open = 1;
  let hasValue = span.enter(at);
  while (open > 0 && !values.isFull) {
    if (!hasValue) {
      open--;
      hasValue = open > 0 && span.next();
      continue;
    }
    if (span.isAtArray()) {
      open++;
      hasValue = span.enter(span.pos);
      continue;
    }
    span.value();
    values.add(span.kind, span.start, span.end, true);
    hasValue = span.next();
  }
  values.markFound();
}

/** The same for the ArrayValue [start, end) of an OTLP map. */
export function flattenArrayValue(u8: Buffer, start: number, end: number, values: FieldTokens): void {
  const fields = new ProtobufFields().over(u8, start, end);
  const any = new AnyToken();
  while (!values.isFull && fields.next()) {
    if (fields.field !== 1) continue;
    any.read(u8, fields.start, fields.end);
    if (any.kind === KIND.arrayValue) flattenArrayValue(u8, any.start, any.end, values);
    else values.add(any.kind, any.start, any.end, true);
  }
  values.markFound();
}
