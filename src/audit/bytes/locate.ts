import type { FieldPath } from '../plain/field-path.ts';
import { scalarOf } from './decode-token.ts';
import type { FieldTokens } from './field-tokens.ts';
import { flatten } from './flatten.ts';
import { JsonSpan } from './json-span.ts';
import { KIND, type TokenKind } from './token-kinds.ts';

/**
 * `walk` of field-path.ts from a step of the path on, over the well-formed JSON [start, end) that the steps before it led to:
 * the same order, the same way back. False: it leads nowhere.
 */
export function locateFrom(
  u8: Buffer,
  path: FieldPath,
  at: number,
  kind: TokenKind,
  start: number,
  end: number,
  values: FieldTokens,
): boolean {
  return step(u8, path, at, kind, start, end, false, values);
}

function step(
  u8: Buffer,
  path: FieldPath,
  at: number,
  kind: TokenKind,
  start: number,
  end: number,
  through: boolean,
  values: FieldTokens,
): boolean {
  const keys = path.steps[at];
  if (keys === undefined) {
    if (kind === KIND.array) flatten(u8, start, values);
    else values.add(kind, start, end, through);
    return true;
  }
  if (typeof keys === 'number') {
    const one = kind === KIND.array ? pick(u8, start, keys) : undefined;
    return one !== undefined && step(u8, path, at + 1, one.kind, one.start, one.end, through, values);
  }
  if (kind === KIND.array) return members(u8, path, at, start, values);
  if (kind !== KIND.object) return false;
  for (const { key, next } of keys) {
    const found = member(u8, start, key);
    if (found && step(u8, path, next, found.kind, found.start, found.end, through, values)) return true;
  }
  return false;
}

function members(u8: Buffer, path: FieldPath, at: number, start: number, values: FieldTokens): boolean {
  const span = new JsonSpan(u8);
  let any = false;
  for (let full = span.enter(start); full; full = span.more()) {
    span.value();
    if (step(u8, path, at, span.kind, span.start, span.end, true, values)) any = true;
  }
  return any;
}

/** The member at an index of the array at `start`, counted from its end where the index is negative. */
function pick(u8: Buffer, start: number, index: number): JsonSpan | undefined {
  const span = new JsonSpan(u8);
  let skip = index;
  if (index < 0) {
    for (let full = span.enter(start); full; full = span.more()) {
      span.value();
      skip++;
    }
    if (skip < 0) return undefined;
  }
  for (let full = span.enter(start); full; full = span.more()) {
    span.value();
    if (skip-- === 0) return span;
  }
  return undefined;
}

/** The value of a key in the object at `start`: the last one where the key stands twice. */
function member(u8: Buffer, start: number, key: string): JsonSpan | undefined {
  const span = new JsonSpan(u8);
  let found: JsonSpan | undefined;
  for (let full = span.enter(start); full; full = span.more()) {
    span.key();
    const same = scalarOf(u8, span.kind, span.start, span.end) === key;
    span.toValue();
    span.value();
    if (same) found = span.copy();
  }
  return found;
}
