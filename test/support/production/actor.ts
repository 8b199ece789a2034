import type { Call } from './call.ts';
import type { Dice } from './dice.ts';
import type { Rates } from './rates.ts';
import type { Stretch } from './schedule.ts';

/** What one kind of client of the API server asks in a stretch of time; what goes on beyond it may be in it too. */
export type Actor = (stretch: Stretch, rates: Rates, dice: Dice) => readonly Call[];
