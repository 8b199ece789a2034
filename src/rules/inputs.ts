import { type Catalog, idOf, type RuleDocument } from './catalog.ts';

export type CorrelationDocument = RuleDocument & { readonly kind: 'correlation' };

/** A rule that a correlation counts. */
export interface Input {
  readonly id: string;
  /** As the correlation refers to it. */
  readonly reference: string;
  readonly document: RuleDocument;
}

/** A correlation and what it counts: each rule once, in the order in which it names them. */
export interface Wired {
  readonly id: string;
  readonly document: CorrelationDocument;
  readonly inputs: readonly Input[];
  /** False where a rule that it names is missing or broken, which was reported. */
  readonly whole: boolean;
}

/** Looks up the rules that a correlation names. */
export function wire(document: CorrelationDocument, catalog: Catalog): Wired {
  const { correlation, report } = document;
  const inputs = new Map<string, Input>();
  let whole = true;
  correlation.rules.forEach((reference, i) => {
    const path = ['correlation', 'rules', i];
    const found = catalog.rule(reference, path, report);
    if (found === undefined) {
      whole = false;
      return;
    }
    const id = idOf(found);
    const same = inputs.get(id);
    if (same === undefined) inputs.set(id, { id, reference, document: found });
    else if (correlation.type === 'temporal_ordered')
      report.problem(path, `${reference} was named before; an order takes each rule once`);
  });
  return { id: idOf(document), document, inputs: [...inputs.values()], whole };
}

/**
 * Correlations with those that others count before them. A circle is reported where it closes; whatever is in one, or
 * counts one that is, is left out.
 */
export function innerFirst(all: readonly Wired[]): readonly Wired[] {
  const byId = new Map(all.map((wired) => [wired.id, wired]));
  const ordered = new Set<Wired>();
  const broken = new Set<Wired>();
  const visit = (wired: Wired, above: readonly Wired[]): boolean => {
    if (ordered.has(wired)) return true;
    if (broken.has(wired)) return false;
    const sound = wired.inputs
      .map(({ id }) => {
        const inner = byId.get(id);
        if (inner === undefined) return true;
        const path = [...above, wired];
        const start = path.indexOf(inner);
        if (start < 0) return visit(inner, path);
        reportCircle([...path.slice(start), inner]);
        return false;
      })
      .every(Boolean);
    (sound ? ordered : broken).add(wired);
    return sound;
  };
  for (const wired of all) visit(wired, []);
  return [...ordered];
}

/** `circle`: from a correlation through what it counts back to itself. */
function reportCircle(circle: readonly Wired[]): void {
  const { document, inputs } = circle.at(-2)!;
  const back = inputs.find(({ id }) => id === circle[0]!.id)!;
  const at = document.correlation.rules.indexOf(back.reference);
  const names = circle.map(({ document: { head } }) => head.name ?? head.title);
  document.report.problem(['correlation', 'rules', at], `counts itself: ${names.join(' -> ')}`);
}
