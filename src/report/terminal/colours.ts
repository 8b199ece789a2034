import { styleText } from 'node:util';
import type { Level } from '../../model/rule.ts';

export interface Colours {
  readonly level: (text: string, level: Level) => string;
  readonly heading: (text: string) => string;
  /** For what needs attention. */
  readonly alert: (text: string) => string;
  readonly faint: (text: string) => string;
}

type Style = Parameters<typeof styleText>[0];

const LEVEL_STYLES = {
  critical: ['bold', 'redBright'],
  high: 'red',
  medium: 'yellow',
  low: 'cyan',
  informational: 'gray',
} as const satisfies Record<Level, Style>;

const styled =
  (style: Style) =>
  (text: string): string =>
    styleText(style, text, { validateStream: false });

/** Colours of the terminal's own palette; none gives every text as it is. */
export const COLOURS: Readonly<Record<'some' | 'none', Colours>> = {
  some: {
    level: (text, level) => styled(LEVEL_STYLES[level])(text),
    heading: styled('bold'),
    alert: styled('yellow'),
    faint: styled('gray'),
  },
  none: {
    level: (text) => text,
    heading: (text) => text,
    alert: (text) => text,
    faint: (text) => text,
  },
};
