import type { FieldPath } from '../plain/field-path.ts';
import { scalarOf } from './decode-token.ts';
import type { FieldTokens } from './field-tokens.ts';
import { flatten } from './flatten.ts';
import { JsonSpan } from './json-span.ts';
import { KIND, type TokenKind } from './token-kinds.ts';

/**
 * `walk` of field-path.ts from one step of the path on, for the well-formed JSON [start, end) at which the steps before it
 * end: same order, same backtracking. False where it leads nowhere.
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
    const one = kind === KIND.array ? memberAt(u8, start, keys) : undefined;
    return one !== undefined && step(u8, path, at + 1, one.kind, one.start, one.end, through, values);
  }
  if (kind === KIND.array) return walkMembers(u8, path, at, start, values);
  if (kind !== KIND.object) return false;
  for (const { key, next } of keys) {
    const found = valueOfKey(u8, start, key);
    if (found && step(u8, path, next, found.kind, found.start, found.end, through, values)) return true;
  }
  return false;
}

function walkMembers(u8: Buffer, path: FieldPath, at: number, start: number, values: FieldTokens): boolean {
  const span = new JsonSpan(u8);
  let any = false;
  for (let hasItem = span.enter(start); hasItem; hasItem = span.next()) {
    span.value();
    if (span.kind !== KIND.array) values.countMember();
    if (step(u8, path, at, span.kind, span.start, span.end, true, values)) any = true;
  }
  return any;
}

/** The member at an index of the array at `start`. A negative index counts from the end. */
function memberAt(u8: Buffer, start: number, index: number): JsonSpan | undefined {
  const span = new JsonSpan(u8);
  let skip = index;
  if (index < 0) {
    for (let hasItem = span.enter(start); hasItem; hasItem = span.next()) {
      span.value();
      skip++;
    }
    if (skip < 0) return undefined;
  }
  for (let hasItem = span.enter(start); hasItem; hasItem = span.next()) {
    span.value();
    if (skip-- === 0) return span;
  }
  return undefined;
}

/** The value of a key in the object at `start`; the last one where the key occurs twice. */
function valueOfKey(u8: Buffer, start: number, key: string): JsonSpan | undefined {
  const span = new JsonSpan(u8);
  let found: JsonSpan | undefined;
  for (let hasItem = span.enter(start); hasItem; hasItem = span.next()) {
    span.key();
    const same = scalarOf(u8, span.kind, span.start, span.end) === key;
    span.toValue();
    span.value();
    if (same) found = span.copy();
  }
  return found;
}
