import { textWidth } from './text-width.ts';

/** A text without control characters, cut to so many columns of a terminal. */
export function cutText(text: string, most: number): string {
  if (textWidth(text) <= most) return text;
  let kept = '';
  let width = 1;
  for (const character of text) {
    width += textWidth(character);
    if (width > most) break;
    kept += character;
  }
  return `${kept}…`;
}
