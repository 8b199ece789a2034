import type { GeoFiles } from '../enrich/geo.ts';
import type { NextHop } from '../forward/next-hop.ts';
import { type DestinationHooks, destinationsFor, type OpenDestination } from './destinations.ts';
import { geoOf } from './detector.ts';
import { metricsPush } from './metrics-push.ts';
import { namedFaults } from './named-faults.ts';
import { nextHopOf } from './next-hop-of.ts';
import { consoleTokens, type ReceiverFiles, receiverFiles, type SecretFiles } from './receiver-files.ts';
import type { Settings } from './settings.ts';
import { UserError } from './user-error.ts';

/** What a configuration opens, except rules and ports. */
export interface OpenResources {
  readonly destinations: readonly OpenDestination[];
  /** Where metrics are sent, if anywhere. */
  readonly push: ReturnType<typeof metricsPush>;
  /** Where requests go on to, if they do. */
  readonly hop: NextHop | undefined;
  /** Not open yet. */
  readonly geo: GeoFiles;
  readonly receiver: ReceiverFiles;
  /** What a reader of the console must have; undefined where nothing is needed. */
  readonly readers: SecretFiles['tokens'];
}

/**
 * Throws UserError with everything that is wrong. Rules are checked only for that error, because the caller loads them.
 * `onGeoFailure`: a file of the geo database could not be opened when it was first needed.
 */
export async function openResources(
  { config, targets }: Settings,
  hooks: DestinationHooks & { readonly onGeoFailure?: (why: string) => void } = {},
): Promise<OpenResources> {
  try {
    return {
      destinations: destinationsFor(targets, config.place, hooks),
      push: metricsPush(config),
      hop: await nextHopOf(config),
      geo: geoOf(config, hooks.onGeoFailure),
      receiver: receiverFiles(config),
      readers: consoleTokens(config),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(await namedFaults({ config, rulesIncomplete: false }, targets));
  }
}
