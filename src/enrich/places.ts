import { normalise } from '../lib/address.ts';
import type { Database } from './mmdb.ts';
import type { Geo, Place } from './place.ts';
import { placeOf } from './place.ts';

/** Addresses, as they are spelt, whose places are remembered; the one asked for longest ago gives way and is looked up anew. */
export const PLACES_MAX = 4096;

/** The places of a database, the last ones asked for from memory. */
export function rememberedPlaces(database: Pick<Database, 'get'>): Geo {
  const places = new Map<string, Place | undefined>();
  return {
    locate(address) {
      const known = places.get(address);
      if (known !== undefined || places.has(address)) {
        places.delete(address);
        places.set(address, known);
        return known;
      }
      const plain = normalise(address);
      // Not remembered: it could be of any length.
      if (plain === undefined) return undefined;
      const place = look(database, plain);
      if (places.size >= PLACES_MAX) places.delete(places.keys().next().value!);
      places.set(address, place);
      return place;
    },
  };
}

function look(database: Pick<Database, 'get'>, address: string): Place | undefined {
  try {
    return placeOf(database.get(address));
  } catch {
    // A damaged record is no place; the event counts all the same.
    return undefined;
  }
}
