import { type Catalog, idOf } from '../document/catalog.ts';
import { traitsOf } from '../document/correlation-types.ts';
import type { CorrelationDocument, SigmaDocument } from '../document/document.ts';

/** Which rules count which, by id. Rules that do not exist are left out. */
export class RuleGraph {
  readonly #inputs = new Map<string, readonly SigmaDocument[]>();
  readonly #counters = new Map<string, CorrelationDocument[]>();

  constructor(catalog: Catalog) {
    for (const document of catalog.correlations) {
      const inputs = document.correlation.rules.flatMap((reference) => catalog.named(reference) ?? []);
      this.#inputs.set(idOf(document), inputs);
      for (const input of inputs) {
        const id = idOf(input);
        this.#counters.set(id, [...(this.#counters.get(id) ?? []), document]);
      }
    }
  }

  /** What a correlation graph. */
  inputs(id: string): readonly SigmaDocument[] {
    return this.#inputs.get(id) ?? [];
  }

  /** The correlations that count a rule. */
  counters(id: string): readonly CorrelationDocument[] {
    return this.#counters.get(id) ?? [];
  }

  /** Whether a rule fires only for the correlations that count it. */
  isSilent(id: string): boolean {
    const counters = this.counters(id);
    return counters.length > 0 && !counters.some(({ correlation }) => correlation.generate);
  }
}

/**
 * Everything that has no effect, by id, with the reason: what was turned off (`off`); a correlation whose rules are off (for a
 * temporal one, any of its rules); and a rule that fires only for correlations which are off.
 */
export function withDependentRules(
  documents: readonly SigmaDocument[],
  off: ReadonlyMap<string, string>,
  graph: RuleGraph,
): ReadonlyMap<string, string> {
  const all = new Map(off);
  for (let before = -1; before < all.size; ) {
    before = all.size;
    for (const document of documents) {
      const id = idOf(document);
      if (all.has(id) || document.kind === 'filter') continue;
      const why = whyOff(document, all, graph);
      if (why !== undefined) all.set(id, why);
    }
  }
  return all;
}

function whyOff(
  document: SigmaDocument,
  off: ReadonlyMap<string, string>,
  graph: RuleGraph,
): string | undefined {
  const id = idOf(document);
  const isOff = (other: SigmaDocument) => off.has(idOf(other));
  if (document.kind === 'correlation') {
    const missing = graph.inputs(id).filter(isOff);
    const needed = traitsOf(document.correlation.type).temporal ? 1 : graph.inputs(id).length;
    if (missing.length > 0 && missing.length >= needed) return `it counts ${titles(missing)}, which is off`;
  }
  const counters = graph.counters(id);
  if (graph.isSilent(id) && counters.every(isOff)) return `only ${titles(counters)} counts it, which is off`;
  return undefined;
}

const titles = (documents: readonly SigmaDocument[]): string =>
  documents.map(({ head }) => `"${head.title}"`).join(', ');

/** The document without its references to rules that are off. */
export function withoutOffReferences(
  document: SigmaDocument,
  isOff: (reference: string) => boolean,
): SigmaDocument {
  const on = (references: readonly string[]) => references.filter((reference) => !isOff(reference));
  if (document.kind === 'filter')
    return document.rules === 'any' ? document : { ...document, rules: on(document.rules) };
  if (document.kind === 'base' || !document.correlation.rules.some(isOff)) return document;
  const { correlation } = document;
  const aliases = Object.entries(correlation.aliases).map(([alias, fields]) => [
    alias,
    Object.fromEntries(Object.entries(fields).filter(([reference]) => !isOff(reference))),
  ]);
  return {
    ...document,
    correlation: { ...correlation, rules: on(correlation.rules), aliases: Object.fromEntries(aliases) },
  };
}
