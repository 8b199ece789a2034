import { bottomUp } from '../../lib/bottom-up.ts';
import { type Catalog, idOf } from '../document/catalog.ts';
import type { CorrelationDocument, RuleDocument } from '../document/document.ts';

/** A rule that a correlation counts. */
export interface RuleInput {
  readonly id: string;
  /** As the correlation refers to it. */
  readonly reference: string;
  readonly document: RuleDocument;
}

/** A correlation and the rules that it counts: each rule once, in the order in which it names them. */
export interface ResolvedCorrelation {
  readonly id: string;
  readonly document: CorrelationDocument;
  readonly inputs: readonly RuleInput[];
  /** False if a rule that it names is missing or broken, which was reported. */
  readonly complete: boolean;
}

/** Looks up the rules that a correlation names. */
export function resolveInputs(document: CorrelationDocument, catalog: Catalog): ResolvedCorrelation {
  const { correlation, report } = document;
  const inputs = new Map<string, RuleInput>();
  let complete = true;
  correlation.rules.forEach((reference, i) => {
    const path = ['correlation', 'rules', i];
    const found = catalog.rule(reference, path, report);
    if (found === undefined) {
      complete = false;
      return;
    }
    const id = idOf(found);
    const same = inputs.get(id);
    if (same === undefined) inputs.set(id, { id, reference, document: found });
    else if (correlation.type === 'temporal_ordered')
      report.problem(path, `${reference} is named twice; temporal_ordered takes each rule once`);
  });
  return { id: idOf(document), document, inputs: [...inputs.values()], complete };
}

/**
 * The correlations, each after the correlations that it counts. A circle is reported where it closes; a correlation that is in
 * one, or counts one that is, is left out.
 */
export function correlationsInnerFirst(all: readonly ResolvedCorrelation[]): readonly ResolvedCorrelation[] {
  const byId = new Map(all.map((correlation) => [correlation.id, correlation]));
  return bottomUp(all, ({ inputs }) => inputs.flatMap(({ id }) => byId.get(id) ?? []), reportCircle);
}

/** `circle`: from a correlation through the rules that it counts back to itself. */
function reportCircle(circle: readonly ResolvedCorrelation[]): void {
  const { document, inputs } = circle.at(-2)!;
  const back = inputs.find(({ id }) => id === circle[0]!.id)!;
  const at = document.correlation.rules.indexOf(back.reference);
  const names = circle.map(({ document: { head } }) => head.name ?? head.title);
  document.report.problem(['correlation', 'rules', at], `counts itself: ${names.join(' -> ')}`);
}
