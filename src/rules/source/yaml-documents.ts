import { shownValue } from '../../lib/shown-value.ts';
import type { YamlDocument, YamlPath } from '../../lib/yaml-source.ts';
import { deepMerge, isYamlMap, type YamlMap } from './yaml-map.ts';

/** A document of a file after its `action` was followed. */
export interface FileDocument {
  readonly value: unknown;
  /** Where it begins. */
  readonly at: number;
  /** The line of the value at a path, in the document of the file that it comes from. */
  line(path: YamlPath): number;
  /** Those of `id` and `name` that come from an earlier document, each with its line. */
  readonly inherited: ReadonlyMap<string, number>;
}

export interface ActionFault {
  readonly line: number;
  readonly message: string;
}

/** A document that several others were merged into: each of `layers` was merged over those before it. */
interface Layered {
  readonly value: YamlMap;
  readonly layers: readonly YamlDocument[];
}

const ACTIONS = ['global', 'reset', 'repeat'];
const KINDS = ['detection', 'correlation', 'filter'];

/**
 * The documents that a file means, as Sigma's older multi-document files say it: what `action: global` holds goes into
 * every rule after it, over what the rule says itself, until `action: reset`; `action: repeat` is the rule before with its
 * own parts over it. Correlations and filters are not affected.
 */
export function fileDocuments(documents: readonly YamlDocument[]): {
  readonly documents: readonly FileDocument[];
  readonly faults: readonly ActionFault[];
} {
  const found: FileDocument[] = [];
  const faults: ActionFault[] = [];
  let global: Layered | undefined;
  let before: Layered | undefined;
  const take = (rule: Layered, document: YamlDocument): void => {
    before = rule;
    found.push(fromLayers(rule, document));
  };
  for (const document of documents) {
    const { value } = document;
    if (!isYamlMap(value) || (value['action'] === undefined && standsAlone(value))) {
      found.push(plain(document));
      continue;
    }
    const { action, ...rest } = value;
    const single: Layered = { value: rest, layers: [document] };
    const fault = (message: string) =>
      faults.push({ line: document.line(['action']), message: `action: ${message}` });
    if (action === undefined) take(global === undefined ? single : merged(single, global), document);
    else if (action === 'global') global = before = single;
    else if (action === 'reset') {
      global = undefined;
      const lost = KINDS.find((key) => Object.hasOwn(value, key));
      if (lost !== undefined) fault(`a reset has no rule; its ${lost} would be lost`);
    } else if (action !== 'repeat') fault(`wants one of ${ACTIONS.join(', ')}, has ${shownValue(action)}`);
    else if (before === undefined) fault('there is no rule before this one to repeat');
    else take(merged(before, single), document);
  }
  return { documents: found, faults };
}

const standsAlone = (value: YamlMap): boolean =>
  Object.hasOwn(value, 'correlation') || Object.hasOwn(value, 'filter');

function plain(document: YamlDocument): FileDocument {
  const line = (path: YamlPath) => document.line(path);
  return { value: document.value, at: line([]), line, inherited: new Map() };
}

function fromLayers({ value, layers }: Layered, last: YamlDocument): FileDocument {
  const source = (path: YamlPath): YamlDocument => {
    // The last layer that has the most of the path: it is the one that was merged in.
    let [best, most] = [last, -1];
    for (const layer of layers) {
      const depth = stepsIn(layer.value, path);
      if (depth >= most) [best, most] = [layer, depth];
    }
    return most === 0 ? last : best;
  };
  const inherited = ['id', 'name'].flatMap((key) => {
    const from = source([key]);
    return from === last ? [] : [[key, from.line([key])] as const];
  });
  return {
    value,
    at: last.line([]),
    line: (path) => source(path).line(path),
    inherited: new Map(inherited),
  };
}

/** How many steps of the path lead somewhere. */
function stepsIn(value: unknown, path: YamlPath): number {
  let at = value;
  for (const [i, step] of path.entries()) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return i;
    at = (at as Record<string | number, unknown>)[step];
  }
  return path.length;
}

function merged(under: Layered, over: Layered): Layered {
  return { value: deepMerge(under.value, over.value), layers: [...under.layers, ...over.layers] };
}
