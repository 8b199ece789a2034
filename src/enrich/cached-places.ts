import { normalise } from '../lib/address.ts';
import { networks } from '../lib/networks.ts';
import { RecentlyUsed } from '../lib/recently-used.ts';
import type { Geo, Place } from './place.ts';

/** Addresses, as they are written, whose places are cached. */
export const PLACES_MAX = 4096;

/** Networks whose addresses are nowhere in particular: private, loopback, link-local, shared by a carrier, documentation. */
const WITHOUT_PLACE = networks([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.2.0/24', '192.168.0.0/16', '198.51.100.0/24', '203.0.113.0/24'],
  ...['::/128', '::1/128', '2001:db8::/32', '3fff::/20', 'fc00::/7', 'fe80::/10'],
]);

/** Stands in the cache for an address that has no place. */
const NO_PLACE = 'no place';

/** The places that `look` finds for normalised addresses; it is never asked for an address that cannot have one. */
export function cachedPlaces(look: (address: string) => Place | undefined): {
  readonly locate: Geo['locate'];
  /** For when `look` may find other places. */
  readonly forget: () => void;
} {
  const places = new RecentlyUsed<string, Place | typeof NO_PLACE>({ max: PLACES_MAX });
  const locate: Geo['locate'] = (address) => {
    const cached = places.get(address);
    if (cached !== undefined) return cached === NO_PLACE ? undefined : cached;
    const plain = normalise(address);
    // Not cached: it could be of any length.
    if (plain === undefined) return undefined;
    const place = WITHOUT_PLACE.contains(plain) ? undefined : look(plain);
    places.set(address, place ?? NO_PLACE);
    return place;
  };
  return { locate, forget: () => places.clear() };
}
