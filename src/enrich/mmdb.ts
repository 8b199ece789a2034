import { unreadable } from '../lib/unreadable.ts';
import { decoder } from './mmdb-data.ts';
import { finder, SEPARATOR, type Tree, treeBytes } from './mmdb-tree.ts';
import { PagedFile } from './paged-file.ts';

export interface Database {
  /** The record of a normalised address, undefined for none. Throws where the file is damaged, was changed or is closed. */
  get(address: string): unknown;
  close(): void;
}

export interface DatabaseOptions {
  /** The keys of records that are read, at any depth; all where it is missing. */
  readonly wanted?: ReadonlySet<string>;
  /** Called once, with one line for people, if the file is written to while we read it: there are no records from then on. */
  readonly onLost?: (why: string) => void;
}

/**
 * A MaxMind DB file (format 2.0), read as it is asked for. Looks at the metadata at its end now: throws an Error with one line
 * for people (which file, why not, what to do) for one that is missing, empty, foreign, truncated, or holds no places.
 */
export function openDatabase(path: string, { wanted, onLost }: DatabaseOptions = {}): Database {
  const file = attempt(path, () => {
    return new PagedFile(path, () => onLost?.(`geo database ${path} was changed in place; ${CHANGED}`));
  });
  try {
    const { tree, databaseType } = readMetadata(path, file);
    if (/asn|isp|anonymous|connection/i.test(databaseType))
      throw refusal(path, `holds no places, its type is ${databaseType}`);
    const find = attempt(path, () => finder(file, tree));
    const decode = decoder(file, treeBytes(tree) + SEPARATOR, wanted);
    return {
      get(address) {
        try {
          const at = find(address);
          return at === undefined ? undefined : decode(at);
        } finally {
          file.verify();
        }
      },
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

const CHANGED = 'addresses have no place until a restart (rename a new file over the old one instead)';

const MARKER = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')]);
/** The format promises that the metadata begins within the last 128 KiB. */
const TAIL = 128 * 1024;

function readMetadata(path: string, file: PagedFile): { readonly tree: Tree; readonly databaseType: string } {
  if (file.size === 0) throw refusal(path, 'is empty');
  const length = Math.min(file.size, TAIL);
  const marker = attempt(path, () => file.bytes(file.size - length, length)).lastIndexOf(MARKER);
  if (marker < 0)
    throw refusal(path, 'has no MaxMind DB metadata at its end: it is truncated, packed, or no .mmdb');
  const metadataAt = file.size - length + marker;
  const start = metadataAt + MARKER.length;
  const metadata = attempt(path, () => decoder(file, start)(start)) as Readonly<Record<string, unknown>>;
  const { ip_version, node_count, record_size, database_type } = metadata;
  const tree = treeOf(ip_version, node_count, record_size);
  if (!tree || treeBytes(tree) + SEPARATOR > metadataAt) throw refusal(path, 'is damaged');
  return { tree, databaseType: String(database_type) };
}

function treeOf(ipVersion: unknown, nodeCount: unknown, recordBits: unknown): Tree | undefined {
  if (ipVersion !== 4 && ipVersion !== 6) return undefined;
  if (recordBits !== 24 && recordBits !== 28 && recordBits !== 32) return undefined;
  if (typeof nodeCount !== 'number' || nodeCount < 1) return undefined;
  return { ipVersion, nodeCount, recordBits };
}

function attempt<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw refusal(path, `cannot be read: ${unreadable(error)}`);
  }
}

function refusal(path: string, why: string): Error {
  return new Error(
    `geo database ${path} ${why}; set geo.city to dbip-lite or to the path of a city database (.mmdb)`,
  );
}
