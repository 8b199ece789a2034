import { styleText } from 'node:util';
import { COLOURS, type Colours } from '../../report/terminal/colours.ts';
import type { Zone } from '../../report/terminal/shown-time.ts';

/** Output that is no terminal has always the same width. */
const PLAIN_WIDTH = 120;
const NARROWEST = 40;

export type ColourChoice = 'auto' | 'always' | 'never';

/** How tables look. */
export interface ScreenOptions {
  /** Nothing is left out to fit. */
  readonly wide?: boolean;
  readonly color?: ColourChoice;
}

export type ScreenStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export interface Screen {
  /** In columns; undefined where tables need not fit. */
  readonly width: number | undefined;
  readonly colours: Colours;
}

/** What tables on this stream may look like. COLUMNS goes before the width of the terminal. */
export function screenOf(stream: ScreenStream, { wide = false, color = 'auto' }: ScreenOptions): Screen {
  return {
    width: wide ? undefined : Math.max(NARROWEST, widthOf(stream)),
    colours: COLOURS[hasColours(stream, color) ? 'some' : 'none'],
  };
}

/** A terminal that does not know its size says 0. */
function widthOf({ isTTY = false, columns = 0 }: ScreenStream): number {
  const asked = /^[1-9]\d{0,4}$/.exec(process.env['COLUMNS'] ?? '');
  if (asked !== null) return Number(asked[0]);
  return isTTY && columns > 0 ? columns : PLAIN_WIDTH;
}

/** Node knows NO_COLOR, FORCE_COLOR and what the terminal can do. */
function hasColours(stream: ScreenStream, color: ColourChoice): boolean {
  if (color !== 'auto') return color === 'always';
  return styleText('red', 'x', { stream }) !== 'x';
}

/** The zone of --local and --utc. */
export const zoneOf = ({ local = false }: { readonly local?: boolean }): Zone => (local ? 'local' : 'utc');
