import type { FieldPlan } from '../../model/event.ts';
import { type FieldPlace, placesOf } from '../../semantics/pod-fields.ts';
import { partsOf } from '../plain/field-path.ts';

/** A child that is no node: its value is passed over. */
export const OFF = -1;
/** A child whose key is the dotted middle of some path: the event is read by the other reader. */
export const ODD = -2;

/** Keys that audit events have anyway: known, so that the next key is guessed right even where no rule asks for it. */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  '': [
    'kind',
    'apiVersion',
    'level',
    'auditID',
    'stage',
    'requestURI',
    'verb',
    'user',
    'impersonatedUser',
    'authenticationMetadata',
    'sourceIPs',
    'userAgent',
    'objectRef',
    'responseStatus',
    'requestObject',
    'responseObject',
    'requestReceivedTimestamp',
    'stageTimestamp',
    'annotations',
  ],
  user: ['username', 'uid', 'groups', 'extra'],
  impersonatedUser: ['username', 'uid', 'groups', 'extra'],
  objectRef: [
    'resource',
    'namespace',
    'name',
    'uid',
    'apiGroup',
    'apiVersion',
    'resourceVersion',
    'subresource',
  ],
  responseStatus: ['metadata', 'status', 'message', 'reason', 'details', 'code'],
  annotations: ['authorization.k8s.io/decision', 'authorization.k8s.io/reason'],
};

interface Node {
  readonly children: Map<string, Node | typeof OFF>;
  /** Keys that are the dotted middle of a path, whatever else they are. */
  readonly odd: Set<string>;
  id: number;
}

const node = (): Node => ({ children: new Map(), odd: new Set(), id: -1 });

/** One path of a field: all of it, or where it picks a member of an array, what is before that. */
export interface TriePath {
  /** Nodes that end the path, the one that goes first first: a literal key nearest to the root, at last the plain walk. */
  readonly ends: readonly number[];
  /** The step of the path that is an index, the first one; -1 where there is none. */
  readonly index: number;
  /** Nodes on the way, each after one more key; `ends` has as many at the last ones and behind them. An array at one of them means that the path leads through its members. */
  readonly inner: readonly number[];
}

/** Where a field of the event is looked for. */
export interface TriePlace {
  /** In the order of the field's paths. */
  readonly paths: readonly TriePath[];
  /** Those of all paths. */
  readonly ends: readonly number[];
  readonly inner: readonly number[];
  readonly hasIndex: boolean;
}

/** The plan's paths as a tree of keys, laid out in arrays for the scanner. Nodes are numbered in preorder; the root is 0. */
export interface Trie {
  readonly nodes: number;
  /** By node: one past its last descendant. */
  readonly after: Int32Array;
  /** By node: its first guess at a key, a slot; -1 where it has no keys. Learnt. */
  readonly first: Int32Array;
  /** By slot, a key under a node: the node (or OFF, ODD) it leads to. */
  readonly target: Int32Array;
  /** By slot: the slot that came after it in the last object. Learnt. */
  readonly next: Int32Array;
  /** By slot: where it begins in `code`. */
  readonly at: Int32Array;
  /**
   * What the scanner compares, side by side: the size of `,"key":`, the target, its last four bytes, then all whole words
   * of four bytes from its beginning; little-endian.
   */
  readonly code: Int32Array;
  /** By slot: the length of the key in bytes. */
  readonly length: Int32Array;
  /** Open addressing over (node, key): slot + 1, 0 is free. */
  readonly table: Int32Array;
  /** By slot: its node, and its key's bytes begin here. */
  readonly owner: Int32Array;
  readonly bytesAt: Int32Array;
  readonly bytes: Uint8Array;
  readonly places: ReadonlyMap<string, TriePlace>;
  /** Nodes of `known`, by path. */
  readonly known: ReadonlyMap<string, number>;
}

/**
 * `paths`: the event's own fields (no `resource.`, no `within`). `known`: fields that reading itself asks for, each found
 * by a plain walk alone, without literal keys that have dots.
 */
export function compileTrie(paths: readonly string[], known: readonly string[]): Trie {
  const root = node();
  const walked = new Map(known.map((path) => [path, path.split('.').reduce(child, root)]));
  const chains = new Map(paths.map((field) => [field, placesOf(field).map((place) => chainOf(root, place))]));
  addUsual(root);

  const all: Node[] = [];
  const after: number[] = [];
  const number = (one: Node) => {
    one.id = all.length;
    all.push(one);
    for (const next of one.children.values()) if (typeof next === 'object') number(next);
    after[one.id] = all.length;
  };
  number(root);
  return {
    nodes: all.length,
    after: Int32Array.from(after),
    ...slots(all),
    places: new Map(
      [...chains].map(([field, all]) => [
        field,
        placeOf(
          all.map(({ ends, inner, index }) => ({
            ends: ends.map(({ id }) => id),
            inner: inner.map(({ id }) => id),
            index,
          })),
        ),
      ]),
    ),
    known: new Map([...walked].map(([path, { id }]) => [path, id])),
  };
}

function placeOf(paths: readonly TriePath[]): TriePlace {
  return {
    paths,
    ends: paths.flatMap(({ ends }) => ends),
    inner: [...new Set(paths.flatMap(({ inner }) => inner))],
    hasIndex: paths.some(({ index }) => index >= 0),
  };
}

function chainOf(root: Node, { path, fixed }: FieldPlace) {
  const parts = partsOf(path);
  const index = parts.findIndex((part) => typeof part === 'number');
  const keys = (index < 0 ? parts : parts.slice(0, index)) as readonly string[];
  return { ...chain(root, keys, fixed), index };
}

function child(of: Node, key: string): Node {
  const known = of.children.get(key);
  if (typeof known === 'object') return known;
  const made = node();
  of.children.set(key, made);
  return made;
}

/**
 * Adds a path: its plain walk, and at each key after the fixed ones the rest of the path as one literal key, and the dotted
 * middles as ODD.
 */
function chain(root: Node, parts: readonly string[], fixed: number) {
  const ends: Node[] = [];
  const inner: Node[] = [];
  let at = root;
  for (let i = 0; i < parts.length; i++) {
    if (i > 0) inner.push(at);
    if (i >= fixed) {
      for (let j = i + 2; j < parts.length; j++) at.odd.add(parts.slice(i, j).join('.'));
      if (i < parts.length - 1) ends.push(child(at, parts.slice(i).join('.')));
    }
    at = child(at, parts[i]!);
  }
  ends.push(at);
  return { ends, inner };
}

function addUsual(root: Node): void {
  for (const [under, keys] of Object.entries(USUAL)) {
    const at = under === '' ? root : root.children.get(under);
    if (typeof at !== 'object' || (at !== root && at.children.size === 0)) continue;
    for (const key of keys) if (!at.children.has(key)) at.children.set(key, OFF);
  }
}

function slots(all: readonly Node[]) {
  const target: number[] = [];
  const owner: number[] = [];
  const length: number[] = [];
  const at: number[] = [];
  const code: number[] = [];
  const bytesAt: number[] = [];
  const bytes: number[] = [];
  const first = new Int32Array(all.length).fill(-1);
  for (const { id, children, odd } of all) {
    for (const key of new Set([...children.keys(), ...odd])) {
      const leads = odd.has(key) ? ODD : children.get(key)!;
      if (first[id] === -1) first[id] = target.length;
      const text = Buffer.from(key);
      const around = Buffer.from(`,"${key}":`);
      target.push(typeof leads === 'object' ? leads.id : leads);
      owner.push(id);
      length.push(text.length);
      at.push(code.length);
      bytesAt.push(bytes.length);
      bytes.push(...text);
      code.push(around.length, target.at(-1)!, around.readInt32LE(around.length - 4));
      for (let i = 0; i + 4 <= around.length; i += 4) code.push(around.readInt32LE(i));
    }
  }
  const size = 2 ** Math.ceil(Math.log2(Math.max(8, target.length * 4)));
  const table = new Int32Array(size);
  for (let slot = 0; slot < target.length; slot++) {
    const from = bytesAt[slot]!;
    let at = keyHash(owner[slot]!, bytes, from, from + length[slot]!) & (size - 1);
    while (table[at] !== 0) at = (at + 1) & (size - 1);
    table[at] = slot + 1;
  }
  return {
    first,
    target: Int32Array.from(target),
    owner: Int32Array.from(owner),
    next: Int32Array.from(target, (_, slot) => (owner[slot + 1] === owner[slot] ? slot + 1 : slot)),
    length: Int32Array.from(length),
    at: Int32Array.from(at),
    code: Int32Array.from(code),
    bytesAt: Int32Array.from(bytesAt),
    bytes: Uint8Array.from(bytes),
    table,
  };
}

/** FNV-1a over a key's bytes, begun with its node. */
function keyHash(owner: number, bytes: ArrayLike<number>, from: number, to: number): number {
  let hash = 0x811c9dc5 ^ owner;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash ^ (hash >>> 15);
}

/** The slot of the key [from, to) under a node, or -1. */
export function findSlot(trie: Trie, owner: number, bytes: Uint8Array, from: number, to: number): number {
  const { table } = trie;
  const mask = table.length - 1;
  const size = to - from;
  let at = keyHash(owner, bytes, from, to) & mask;
  for (let entry = table[at]!; entry !== 0; entry = table[at]!) {
    const slot = entry - 1;
    if (trie.owner[slot] === owner && trie.length[slot] === size) {
      const key = trie.bytesAt[slot]!;
      let i = 0;
      while (i < size && trie.bytes[key + i] === bytes[from + i]) i++;
      if (i === size) return slot;
    }
    at = (at + 1) & mask;
  }
  return -1;
}

/** The paths of a plan that lie in the event itself. */
export function eventPaths(plan: FieldPlan): readonly string[] {
  return plan.needs
    .filter(({ path, within }) => within === undefined && isEventPath(path))
    .map(({ path }) => path);
}

function isEventPath(path: string): boolean {
  return path !== 'k8s.cluster.name' && !path.startsWith('resource.') && !path.startsWith('record.');
}
