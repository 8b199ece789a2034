import { runEnd, type Shape, type TextSpan } from './spans.ts';

/** The values of `data` and `stringData` of Secrets in JSON: in the annotation of kubectl, in a body that is a text. */
export const SECRET_OBJECTS: Shape = { hint: /ata"/, find: dataOfSecrets };

function* dataOfSecrets(text: string): Iterable<TextSpan> {
  if (!mayHoldSecret(text)) return;
  for (let from = 0; ; ) {
    DATA.lastIndex = from;
    if (!DATA.test(text)) return;
    from = yield* membersOf(text, DATA.lastIndex);
  }
}

const DATA = /"(?:data|stringData)"\s{0,8}:\s{0,8}\{/g;

/**
 * JSON that says nothing of its kind is one that was cut, since keys come in order: `data` before `kind`. It may be a Secret.
 */
function mayHoldSecret(text: string): boolean {
  return /"kind"\s{0,8}:\s{0,8}"Secret/.test(text) || !/"kind"\s{0,8}:/.test(text);
}

const BETWEEN = /[^"{}]*/y;
const IN_TEXT = /[^"\\]*(?:\\.[^"\\]*)*/sy;

/** The texts of one map that are values. Returns where the map ends. */
function* membersOf(text: string, start: number): Generator<TextSpan, number> {
  let depth = 1;
  let isValue = false;
  for (let at = start; ; ) {
    const next = runEnd(BETWEEN, text, at);
    isValue = text.slice(at, next).includes(':');
    at = next + 1;
    if (next >= text.length) return text.length;
    if (text[next] === '"') {
      const end = runEnd(IN_TEXT, text, at);
      if (isValue && end > at) yield [at, end];
      at = end + 1;
      continue;
    }
    depth += text[next] === '{' ? 1 : -1;
    if (depth === 0) return at;
  }
}
