import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
} from 'yaml';

export type YamlPath = readonly (string | number)[];

/** One document of a YAML file as plain values, with the line of each. */
export interface YamlDocument {
  readonly value: unknown;
  /** The 1-based line of the value (or, for a map entry, of its key); of the nearest value above it if the path leads nowhere. */
  line(path: YamlPath): number;
}

export interface YamlError {
  readonly line: number;
  readonly message: string;
}

/**
 * Reads YAML 1.2 with unique keys, and with `<<` of YAML 1.1. A document that has only comments is left out. Of the errors
 * of a document only the first is given, and keys that are there twice: the others follow from it.
 */
export function readYaml(text: string): {
  readonly documents: readonly YamlDocument[];
  readonly errors: readonly YamlError[];
} {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    merge: true,
  });
  const documents: YamlDocument[] = [];
  const errors: YamlError[] = [];
  if (!Array.isArray(parsed)) return { documents, errors };
  for (const document of parsed) {
    for (const error of document.errors.filter(({ code }, i) => i === 0 || code === 'DUPLICATE_KEY'))
      errors.push({ line: lines.linePos(error.pos[0]).line, message: error.message.replace(/\.?$/, '') });
    if (document.errors.length > 0 || isEmpty(document)) continue;
    try {
      documents.push({
        value: document.toJS({ maxAliasCount: 100 }),
        line: (path) => lines.linePos(offset(document, path)).line,
      });
    } catch (error) {
      errors.push({ line: lines.linePos(document.range[0]).line, message: String(error) });
    }
  }
  return { documents, errors };
}

/** `---` and comments, or nothing: the parser makes a null of it. A written `~` or `null` is a value. */
function isEmpty({ contents }: Document): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && contents.source === '');
}

function offset(document: Document, path: YamlPath): number {
  let node: unknown = document.contents;
  let at = start(node) ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => String((item.key as { value?: unknown })?.value) === String(step),
      );
      if (!pair) return at;
      at = start((pair as Pair).key) ?? at;
      node = (pair as Pair).value;
    } else if (isSeq(node)) {
      const item = node.items[Number(step)];
      if (item === undefined) return at;
      at = start(item) ?? at;
      node = item;
    } else return at;
  }
  return at;
}

const start = (node: unknown): number | undefined => (node as Node | undefined)?.range?.[0];
