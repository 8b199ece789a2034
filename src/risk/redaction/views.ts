import { BORDER, type TextSpan } from './spans.ts';

/** A text as it is after decoding, with the place of each of its characters in the text that clients see. */
export interface View {
  readonly text: string;
  /** By index of `text`, and for its length. Missing where both texts are the same. */
  readonly places?: Uint32Array;
}

/** Encodings of encodings that are looked into: a URL in a query in a URL, JSON in an annotation in JSON. */
const DEPTH = 3;

/**
 * The text itself, and the text as it is behind the encodings in which it may hide something: percent escapes of a URI and
 * the backslashes of JSON. Each character of a view is one of the text or one escape of it, so a span can be found again.
 */
export function views(text: string): readonly View[] {
  const all: View[] = [{ text }];
  let last: readonly View[] = all;
  for (let depth = 0; depth < DEPTH && last.length > 0; depth++) {
    last = last.flatMap((view) => [percentDecoded(view), unescaped(view)].filter((one) => one !== undefined));
    all.push(...last);
  }
  return all;
}

/** A span of a view as one of the whole text. */
export const placed = ({ places }: View, [start, end]: TextSpan): TextSpan =>
  places ? [places[start]!, places[end]!] : [start, end];

const ESCAPE = /%[0-9A-Fa-f]{2}|[?&](?:command=|cmd=)?|\+/g;

/** Bytes above ASCII become one character each: they are looked at and never shown. */
function percentDecoded(view: View): View | undefined {
  if (!/%[0-9A-Fa-f]{2}|[?&](?:command|cmd)=/.test(view.text)) return undefined;
  return rewritten(view, ESCAPE, (written) => {
    if (written.startsWith('%')) return String.fromCharCode(Number.parseInt(written.slice(1), 16));
    return written === '+' ? ' ' : BORDER;
  });
}

const BACKSLASHED = /\\(?:u[0-9A-Fa-f]{4}|["\\/bfnrt])/g;
const SHORT: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function unescaped(view: View): View | undefined {
  if (!view.text.includes('\\')) return undefined;
  return rewritten(view, BACKSLASHED, (written) => {
    const letter = written[1]!;
    return letter === 'u'
      ? String.fromCharCode(Number.parseInt(written.slice(2), 16))
      : (SHORT[letter] ?? letter);
  });
}

/** undefined where nothing is rewritten. `plain` gives one character for each match. */
function rewritten(
  { text, places }: View,
  escapes: RegExp,
  plain: (written: string) => string,
): View | undefined {
  const from = new Uint32Array(text.length + 1);
  const place = (at: number): number => (places ? places[at]! : at);
  let length = 0;
  let done = 0;
  let changed = false;
  let shown = '';
  const copy = (end: number): void => {
    shown += text.slice(done, end);
    for (; done < end; done++) from[length++] = place(done);
  };
  for (const { index, 0: written } of text.matchAll(escapes)) {
    copy(index);
    from[length++] = place(index);
    const character = plain(written);
    shown += character;
    changed ||= character !== written;
    done = index + written.length;
  }
  if (!changed) return undefined;
  copy(text.length);
  from[length] = place(text.length);
  return { text: shown, places: from };
}
