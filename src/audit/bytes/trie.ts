import type { FieldPlan } from '../../model/event.ts';
import { type FieldPlace, placesOf } from '../../semantics/pod-fields.ts';
import { partsOf } from '../plain/field-path.ts';

/** In place of a node: the value at this key is skipped. */
export const IGNORED = -1;
/** In place of a node: this key, with its dots, could be the middle of a path. The plain reader must read the event. */
export const DOTTED = -2;

/** Keys that audit events usually have. The trie holds them so that the scanner guesses the next key right, even where no rule reads it. */
const USUAL_KEYS: Readonly<Record<string, readonly string[]>> = {
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
  readonly children: Map<string, Node | typeof IGNORED>;
  /** Keys with dots that could be the middle of a path; they may be children too. */
  readonly dotted: Set<string>;
  id: number;
}

const newNode = (): Node => ({ children: new Map(), dotted: new Set(), id: -1 });

/** One path of a field: the whole path, or the part before its first index where it has one. */
export interface TriePath {
  /** The nodes at which it may end, in order of precedence: the longest literal key nearest to the root first, the plain walk last. */
  readonly ends: readonly number[];
  /** The first step of the path that is an index; -1 where there is none. */
  readonly index: number;
  /**
   * The nodes on the way, one for each key but the last. Where one of them holds an array, the path leads through its members.
   * `ends` has one for each step and the plain walk, but none for the steps that are fixed.
   */
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

/** The plan's paths as a tree of keys, in arrays for the scanner. Nodes are numbered in preorder; the root is 0. */
export interface Trie {
  readonly nodes: number;
  /** By node: one past its last descendant. */
  readonly after: Int32Array;
  /** By node: the slot of the key that is expected first in its object; -1 where it has no keys. The scanner updates it. */
  readonly firstGuess: Int32Array;
  /** By slot (a slot is a key of a node): the node that the key leads to, or IGNORED, or DOTTED. */
  readonly target: Int32Array;
  /** By slot: the slot of the key that followed it in the last object. The scanner updates it. */
  readonly nextGuess: Int32Array;
  /** By slot: its place in `code`. */
  readonly codeAt: Int32Array;
  /**
   * What the scanner compares, for each slot: the size of `,"key":`, the slot's target, the last four bytes, then all whole
   * words of four bytes from the beginning. Words are little-endian.
   */
  readonly code: Int32Array;
  /** By slot: the key's length in bytes. */
  readonly length: Int32Array;
  /** Open addressing over (node, key): slot + 1, 0 is free. */
  readonly table: Int32Array;
  /** By slot: the node that it belongs to, and where its key begins in `bytes`. */
  readonly owner: Int32Array;
  readonly bytesAt: Int32Array;
  readonly bytes: Uint8Array;
  readonly places: ReadonlyMap<string, TriePlace>;
  /** Nodes of `known`, by path. */
  readonly knownNodes: ReadonlyMap<string, number>;
}

/**
 * `paths`: fields in the event itself (not `resource.`, not `within`). `known`: paths that the byte reader needs for its own
 * work; they are walked key by key, and a literal key with dots does not count.
 */
export function compileTrie(paths: readonly string[], known: readonly string[]): Trie {
  const root = newNode();
  const walked = new Map(known.map((path) => [path, path.split('.').reduce(childOf, root)]));
  const added = new Map(paths.map((field) => [field, placesOf(field).map((place) => addPlace(root, place))]));
  addUsualKeys(root);

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
      [...added].map(([field, paths]) => [
        field,
        placeOf(
          paths.map(({ ends, inner, index }) => ({
            ends: ends.map(({ id }) => id),
            inner: inner.map(({ id }) => id),
            index,
          })),
        ),
      ]),
    ),
    knownNodes: new Map([...walked].map(([path, { id }]) => [path, id])),
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

/** Adds a path of a field, up to its first index. */
function addPlace(root: Node, { path, fixed }: FieldPlace) {
  const parts = partsOf(path);
  const index = parts.findIndex((part) => typeof part === 'number');
  const keys = (index < 0 ? parts : parts.slice(0, index)) as readonly string[];
  return { ...addPath(root, keys, fixed), index };
}

function childOf(of: Node, key: string): Node {
  const known = of.children.get(key);
  if (typeof known === 'object') return known;
  const made = newNode();
  of.children.set(key, made);
  return made;
}

/**
 * Adds a path: its plain walk, and at each step after the `fixed` first ones the rest of the path as one literal key, and
 * dotted keys in its middle.
 */
function addPath(root: Node, parts: readonly string[], fixed: number) {
  const ends: Node[] = [];
  const inner: Node[] = [];
  let node = root;
  for (let i = 0; i < parts.length; i++) {
    if (i > 0) inner.push(node);
    if (i >= fixed) {
      for (let j = i + 2; j < parts.length; j++) node.dotted.add(parts.slice(i, j).join('.'));
      if (i < parts.length - 1) ends.push(childOf(node, parts.slice(i).join('.')));
    }
    node = childOf(node, parts[i]!);
  }
  ends.push(node);
  return { ends, inner };
}

function addUsualKeys(root: Node): void {
  for (const [under, keys] of Object.entries(USUAL_KEYS)) {
    const node = under === '' ? root : root.children.get(under);
    if (typeof node !== 'object' || (node !== root && node.children.size === 0)) continue;
    for (const key of keys) if (!node.children.has(key)) node.children.set(key, IGNORED);
  }
}

function slots(all: readonly Node[]) {
  const target: number[] = [];
  const owner: number[] = [];
  const length: number[] = [];
  const codeAt: number[] = [];
  const code: number[] = [];
  const bytesAt: number[] = [];
  const bytes: number[] = [];
  const firstGuess = new Int32Array(all.length).fill(-1);
  for (const { id, children, dotted } of all) {
    for (const key of new Set([...children.keys(), ...dotted])) {
      const leads = dotted.has(key) ? DOTTED : children.get(key)!;
      if (firstGuess[id] === -1) firstGuess[id] = target.length;
      const text = Buffer.from(key);
      const quoted = Buffer.from(`,"${key}":`);
      target.push(typeof leads === 'object' ? leads.id : leads);
      owner.push(id);
      length.push(text.length);
      codeAt.push(code.length);
      bytesAt.push(bytes.length);
      bytes.push(...text);
      code.push(quoted.length, target.at(-1)!, quoted.readInt32LE(quoted.length - 4));
      for (let i = 0; i + 4 <= quoted.length; i += 4) code.push(quoted.readInt32LE(i));
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
    firstGuess,
    target: Int32Array.from(target),
    owner: Int32Array.from(owner),
    nextGuess: Int32Array.from(target, (_, slot) => (owner[slot + 1] === owner[slot] ? slot + 1 : slot)),
    length: Int32Array.from(length),
    codeAt: Int32Array.from(codeAt),
    code: Int32Array.from(code),
    bytesAt: Int32Array.from(bytesAt),
    bytes: Uint8Array.from(bytes),
    table,
  };
}

/** FNV-1a over a node's number and a key's bytes. */
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

/** The paths of a plan that are in the event itself. */
export function eventPaths(plan: FieldPlan): readonly string[] {
  return plan.needs
    .filter(({ path, within }) => within === undefined && isEventPath(path))
    .map(({ path }) => path);
}

function isEventPath(path: string): boolean {
  return path !== 'k8s.cluster.name' && !path.startsWith('resource.') && !path.startsWith('record.');
}
