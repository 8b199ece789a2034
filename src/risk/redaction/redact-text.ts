import { shortFlags } from './command-secrets.ts';
import { NAMED } from './named-secrets.ts';
import { SECRET_OBJECTS } from './secret-objects.ts';
import { SHAPES } from './secret-shapes.ts';
import { type Finder, type Shape, type TextSpan, without } from './spans.ts';
import { placed, views } from './views.ts';

/** A text without what it has of secrets; the same text where it has none. */
export type RedactText = (text: string, command: boolean) => string;

/** No secret is shorter, with what shows that it is one. */
const SHORTEST = 6;
const SHAPES_IN_ALL: readonly Shape[] = [...SHAPES, ...NAMED, SECRET_OBJECTS];

/** `more`: finders of the user's own, for the text as it is. */
export function redactText(more: readonly Finder[]): RedactText {
  return (text, command) => {
    const spans: TextSpan[] = more.flatMap((find) => [...find(text)]);
    if (text.length >= SHORTEST) spans.push(...found(text, command));
    return spans.length === 0 ? text : without(text, spans);
  };
}

function found(text: string, command: boolean): readonly TextSpan[] {
  return views(text).flatMap((view) =>
    [...inView(view.text, command)].map((span) => placed(view, span)).filter(([start, end]) => start < end),
  );
}

function* inView(text: string, command: boolean): Iterable<TextSpan> {
  for (const { hint, find } of SHAPES_IN_ALL) if (hint.test(text)) yield* find(text);
  if (command || / -\w/.test(text)) yield* shortFlags(text, command);
}
