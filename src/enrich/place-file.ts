import { accessSync, constants, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type CityResponse, open, type Reader } from 'maxmind';
import { unreadable } from '../lib/unreadable.ts';
import { PlaceFileOpening } from '../model/event.ts';
import { type Place, placeOf } from './place.ts';

/**
 * Decoded values that maxmind keeps. Places have a cache of their own; here it is for the texts that many records share,
 * such as the names of their keys.
 */
const VALUES_MAX = 1024;

/** A city or country database (.mmdb), read into memory: what happens to the file afterwards changes nothing before a `reload`. */
export interface PlaceFile {
  /**
   * Resolves when the file is in memory. Rejects with an Error of one line for people where it cannot be read, is damaged,
   * or holds no places.
   */
  open(): Promise<void>;
  /** Reads the file again. Rejects in the same way: then what was read before stays. */
  reload(): Promise<void>;
  /**
   * The place of a normalised address. Opens the file if it is not open yet, and throws PlaceFileOpening until it is. An address
   * in a file that could not be opened has no place, and neither has one whose record is damaged.
   */
  locate(address: string): Place | undefined;
}

/**
 * Throws, with an Error of one line, if there is no such file or it may not be read. `onFailure` gets one line, once, if
 * opening fails for `locate`; what it throws rejects PlaceFileOpening.ready.
 */
export function placeFile(path: string, onFailure: (why: string) => void): PlaceFile {
  checkReadable(path);
  let file: CityReader | 'failed' | undefined;
  let opening: Promise<void> | undefined;
  const openOnce = (): Promise<void> => {
    opening ??= readPlaces(path).then(
      (reader) => {
        file = reader;
      },
      (error) => {
        file = 'failed';
        throw error;
      },
    );
    return opening;
  };
  let ready: Promise<void> | undefined;
  return {
    open: openOnce,
    async reload() {
      // A file that is still being opened is the old one.
      await opening?.catch(() => {});
      file = await readPlaces(path);
      opening ??= Promise.resolve();
    },
    locate(address) {
      if (file === undefined) {
        ready ??= openOnce().catch((error: Error) => onFailure(error.message));
        throw new PlaceFileOpening(ready);
      }
      if (file === 'failed') return undefined;
      // maxmind would look for an IPv6 address among the IPv4 ones, and find a wrong place.
      if (file.metadata.ipVersion === 4 && address.includes(':')) return undefined;
      try {
        return placeOf(file.get(address));
      } catch {
        return undefined;
      }
    },
  };
}

type CityReader = Reader<CityResponse>;

function checkReadable(path: string): void {
  try {
    accessSync(path, constants.R_OK);
    if (statSync(path).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
  } catch (error) {
    throw refusal(path, `cannot be read: ${unreadable(error)}`);
  }
}

/** Throws an Error of one line for people: which file, what is wrong, what to do. */
async function readPlaces(path: string): Promise<CityReader> {
  let size: number;
  let reader: CityReader;
  try {
    ({ size } = await stat(path));
    reader = await open<CityResponse>(path, { cache: { max: VALUES_MAX } });
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall !== undefined) throw refusal(path, `cannot be read: ${unreadable(error)}`);
    throw refusal(path, `is damaged, truncated, compressed, or no MaxMind DB (${message.split('\n', 1)[0]})`);
  }
  const { ipVersion, searchTreeSize, databaseType } = reader.metadata;
  if ((ipVersion !== 4 && ipVersion !== 6) || !(searchTreeSize < size)) throw refusal(path, 'is damaged');
  if (/asn|isp|anonymous|connection|domain/i.test(databaseType))
    throw refusal(path, `holds no places, its type is ${databaseType}`);
  return reader;
}

function refusal(path: string, why: string): Error {
  return new Error(
    `geo database ${path} ${why}; set geo.city to dbip-lite, to the path of a city database (.mmdb), or to none`,
  );
}
