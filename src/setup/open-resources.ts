import type { OpenGeo } from '../enrich/geo.ts';
import type { Destination } from '../model/risk.ts';
import { destinationsFor } from './destinations.ts';
import { openGeography } from './detector.ts';
import { namedFaults } from './named-faults.ts';
import type { Settings } from './settings.ts';
import { UserError } from './user-error.ts';

/** What a configuration opens, except rules and ports. */
export interface OpenResources {
  readonly destinations: readonly Destination[];
  readonly geo: OpenGeo;
}

/**
 * Throws UserError with everything that is wrong. Rules are checked only for that error, because the caller loads them.
 * `onLost`: the geo database was overwritten; `onUnread`: the reader of stdout has gone.
 */
export function openResources(
  { config, targets }: Settings,
  { onLost, onUnread }: { readonly onLost?: (why: string) => void; readonly onUnread?: () => void } = {},
): OpenResources {
  try {
    return {
      destinations: destinationsFor(targets, config.place, onUnread),
      geo: openGeography(config, onLost),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(namedFaults({ config, rulesIncomplete: false }, targets));
  }
}
