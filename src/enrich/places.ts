import { normalise } from '../lib/address.ts';
import type { Geo, Place } from './geo.ts';
import type { Database } from './mmdb.ts';
import { placeOf } from './place.ts';

/** Addresses whose places are remembered; the one asked for longest ago gives way and is looked up anew. */
export const PLACES_MAX = 4096;

/** The places of a database, the last ones asked for from memory. */
export function rememberedPlaces(database: Pick<Database, 'get'>): Geo {
  const places = new Map<string, Place | undefined>();
  return {
    locate(address) {
      const plain = normalise(address);
      if (plain === undefined) return undefined;
      const known = places.get(plain);
      if (known !== undefined || places.has(plain)) {
        places.delete(plain);
        places.set(plain, known);
        return known;
      }
      const place = look(database, plain);
      if (places.size >= PLACES_MAX) places.delete(places.keys().next().value!);
      places.set(plain, place);
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
