import { isCostlyJson, PLAIN_BYTES_MAX } from '../document/charge.ts';
import { isObject, type JsonObject, ownValue, parseJson, textOf } from '../document/json.ts';

/** What EKS writes at the end of a line that was too long. */
const CUT_MARK = /\[Truncated\.\.\.\]\s*$/;

/** What the API server itself says of an event whose objects it took out. */
const TRUNCATED = 'audit.k8s.io/truncated';

/** Whether the text [start, end) may be the last of a text that ends at `last`, or was marked as cut off. */
export function isCutOff(bytes: Uint8Array, start: number, end: number, last: number): boolean {
  let at = end;
  while (at < last && bytes[at]! <= 0x20) at++;
  return at === last || CUT_MARK.test(textOf(bytes.subarray(Math.max(start, end - 32), end)));
}

/**
 * The audit event whose JSON text breaks off, with the values that are whole. It is marked with the annotation of the API
 * server. undefined where the text does not break off, is too large, or says too little: it must name its Audit-ID and its stage.
 */
export function truncatedEvent(bytes: Uint8Array): JsonObject | undefined {
  if (bytes.length > PLAIN_BYTES_MAX || isCostlyJson(bytes, 0, bytes.length)) return undefined;
  const closed = closedText(textOf(bytes).replace(CUT_MARK, ''));
  const parsed = closed === undefined ? undefined : parseJson(closed);
  const event = parsed !== undefined && 'value' in parsed ? parsed.value : undefined;
  if (!isObject(event)) return undefined;
  if (typeof ownValue(event, 'auditID') !== 'string' || typeof ownValue(event, 'stage') !== 'string')
    return undefined;
  const annotations = ownValue(event, 'annotations');
  return { ...event, annotations: { ...(isObject(annotations) ? annotations : {}), [TRUNCATED]: 'true' } };
}

/** The text up to its last whole value, with the brackets closed that are open there. */
function closedText(text: string): string | undefined {
  const closing: string[] = [];
  let whole = 0;
  let isValue = true;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '{' || c === '[') {
      closing.push(c === '{' ? '}' : ']');
      isValue = c === '[';
      whole = i + 1;
    } else if (c === '}' || c === ']') {
      if (closing.pop() !== c || closing.length === 0) return undefined;
      whole = i + 1;
    } else if (c === ',') {
      isValue = closing.at(-1) === ']';
      whole = i;
    } else if (c === ':') isValue = true;
    else if (c === '"') {
      i = endOfString(text, i);
      if (i < 0) break;
      if (isValue) whole = i + 1;
    }
  }
  return closing.length === 0 ? undefined : text.slice(0, whole) + closing.reverse().join('');
}

/** The index of the closing quote; -1 without one. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '"') return i;
    if (text[i] === '\\') i++;
  }
  return -1;
}
