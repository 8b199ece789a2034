import type { Micros } from '../../../src/model/time.ts';
import { anonymous } from './accounts.ts';
import type { Actor } from './actor.ts';
import type { Call } from './call.ts';
import type { Dice } from './dice.ts';
import { type Target, target } from './kinds.ts';
import { about, after, SECOND } from './schedule.ts';

const TRIED: readonly Target[] = [
  { path: '/' },
  { path: '/api' },
  target('namespaces'),
  target('roles'),
  target('clusterroles'),
  target('pods'),
  target('secrets'),
  { path: '/metrics' },
];

/** Strangers from the internet try what they may see. Not in the week, which is an ordinary one. */
export const scans: Actor = (stretch, rates, dice) =>
  about(rates.scans, stretch, dice).flatMap((at) => scan(at, dice));

function scan(at: Micros, dice: Dice): readonly Call[] {
  const by = anonymous('python-requests/2.32.3', `203.0.${dice.below(256)}.${1 + dice.below(254)}`);
  return TRIED.map((to, i) => ({
    at: after(at, i * SECOND),
    by,
    verb: 'path' in to ? 'get' : 'list',
    to,
    refused: '',
  }));
}
