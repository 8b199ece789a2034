import { ADDRESS_WORDS, addressWords } from './address-words.ts';
import type { PagedFile } from './paged-file.ts';

/** A MaxMind DB's search tree: it starts the file, and its nodes hold two records of `recordBits` each. */
export interface Tree {
  readonly ipVersion: 4 | 6;
  readonly nodeCount: number;
  readonly recordBits: 24 | 28 | 32;
}

/** Zero bytes between the tree and the data. */
export const SEPARATOR = 16;

export const treeBytes = ({ nodeCount, recordBits }: Tree): number => (nodeCount * recordBits) / 4;

/**
 * Finds the offset of a normalised address's record; undefined where the tree has none, and for an IPv6 address in a tree
 * of IPv4 ones. Takes 128 steps at most, whatever the bytes are; throws for an offset that no writer makes.
 */
export function finder(file: PagedFile, tree: Tree): (address: string) => number | undefined {
  const { nodeCount, ipVersion } = tree;
  const record = RECORD[tree.recordBits];
  const bytes = treeBytes(tree);
  const words = new Int32Array(ADDRESS_WORDS);
  let ipv4 = 0;
  if (ipVersion === 6) for (let i = 0; i < 96 && ipv4 < nodeCount; i++) ipv4 = record(file, ipv4, 0);
  return (address) => {
    const bits = addressWords(address, words);
    if (bits === 128 && ipVersion === 4) return undefined;
    let node = bits === 32 ? ipv4 : 0;
    for (let i = 0; i < bits && node < nodeCount; i++)
      node = record(file, node, (words[i >> 5]! >>> (31 - (i & 31))) & 1);
    if (node <= nodeCount) return undefined;
    if (node < nodeCount + SEPARATOR) throw new Error('a record points between the tree and the data');
    return node - nodeCount + bytes;
  };
}

/** The left (0) or right (1) record of a node. Of 28 bits, the middle byte holds both records' highest four. */
const RECORD = {
  24: (file, node, side) => file.uint(node * 6 + side * 3, 3),
  28: (file, node, side) => {
    const four = file.uint(node * 7 + side * 3, 4);
    return side === 1 ? four & 0x0fff_ffff : (four >>> 8) | ((four & 0xf0) << 20);
  },
  32: (file, node, side) => file.uint(node * 8 + side * 4, 4),
} as const satisfies Record<Tree['recordBits'], (file: PagedFile, node: number, side: number) => number>;
