import { type Level, ordinaryLines, responseObjects, scanLines } from './captured.ts';

export interface LinesSpec {
  readonly level: Level;
  /** Mean length of an ordinary line; 0 leaves the captured ones as they are. */
  readonly bytes: number;
  /** The part of all lines that are hits of the scanning rules, each another request. */
  readonly share: number;
}

/** Requests of one scanner, and scanners at a time: each scan crosses the rules' threshold of six once. */
const SCAN = 8;
const SCANNERS = 5;

/** Audit lines without end: the ordinary day over and over, with hits among them, the first of them at `start` (Unix ms). */
export function* auditLines({ level, bytes, share }: LinesSpec, start: number): Generator<string, never> {
  const ordinary = sized(level, bytes);
  const template = refusedLine();
  const every = share > 0 ? Math.round(1 / share) : Number.POSITIVE_INFINITY;
  for (let n = 1, hits = 0; ; n++)
    yield n % every === 0 ? hit(template, hits++, start) : ordinary[n % ordinary.length]!;
}

/** The n-th hit of the scans. */
function hit(template: string, n: number, start: number): string {
  const scanner = Math.floor(n / (SCAN * SCANNERS)) * SCANNERS + (n % SCANNERS);
  return refused(template, {
    auditId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    address: `81.${2 + (scanner >> 16)}.${(scanner >> 8) & 255}.${scanner & 255}`,
    at: start + n,
  });
}

/** A captured request that an anonymous client was refused. */
export const refusedLine = (): string => scanLines().find((line) => line.includes('"code":403'))!;

/** The same request by another client at another time (Unix ms). */
export function refused(
  template: string,
  { auditId, address, at }: { readonly auditId: string; readonly address: string; readonly at: number },
): string {
  const time = new Date(at).toISOString().replace('Z', '000Z');
  return template
    .replace(/"auditID":"[^"]+"/, `"auditID":"${auditId}"`)
    .replace(/"sourceIPs":\["[^"]+"\]/, `"sourceIPs":["${address}"]`)
    .replace(/"(requestReceivedTimestamp|stageTimestamp)":"[^"]+"/g, `"$1":"${time}"`);
}

/**
 * Ordinary lines made longer the way that real ones are long, with what captured objects hold: many short strings, since
 * one long one is copied at the speed of memcpy. Metadata: more annotations. RequestResponse: the answer to a list.
 */
function sized(level: Level, bytes: number): string[] {
  const lines = ordinaryLines(level === 'request-response' && bytes === 0 ? level : 'metadata');
  if (bytes === 0) return lines;
  const objects = responseObjects();
  const more = bytes - lines.reduce((sum, line) => sum + line.length, 0) / lines.length;
  return level === 'metadata'
    ? lines.map((line, i) => annotated(line, i, more, annotations(objects)))
    : lines.map((line, i) => answered(line, i, more, objects));
}

/** `"key":"value"` of each short text in the objects. */
function annotations(objects: readonly string[]): string[] {
  const pairs = objects.flatMap((text) => text.match(/"[\w./-]{4,40}":"[^"\\]{1,60}"/g) ?? []);
  return [...new Set(pairs)];
}

function annotated(line: string, i: number, more: number, pairs: readonly string[]): string {
  const added = take(pairs, i * 7, more);
  return line.includes('"annotations":{')
    ? line.replace('"annotations":{', () => `"annotations":{${added},`)
    : line.replace(/\}$/, () => `,"annotations":{${added}}}`);
}

function answered(line: string, i: number, more: number, objects: readonly string[]): string {
  const list = `{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"${i}"},"items":[${take(objects, i, more)}]}`;
  return line
    .replace('"level":"Metadata"', '"level":"RequestResponse"')
    .replace('"requestReceivedTimestamp"', () => `"responseObject":${list},"requestReceivedTimestamp"`);
}

/** Members from the i-th on, with commas, until they are about `length` long. */
function take(from: readonly string[], i: number, length: number): string {
  const taken: string[] = [];
  for (let size = 0; size < length; i++) {
    const one = from[i % from.length]!;
    // The last one is left out where that comes closer.
    if (taken.length > 0 && size + one.length / 2 > length) break;
    taken.push(one);
    size += one.length + 1;
  }
  return taken.join(',');
}
