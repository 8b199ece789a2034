import { digest } from '../../lib/digest.ts';
import { didYouMean } from '../../lib/nearest.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import type { FindingReport } from '../source/rule-findings.ts';
import type {
  BaseDocument,
  BrokenDocument,
  CorrelationDocument,
  FilterDocument,
  RuleDocument,
  SigmaDocument,
} from './document.ts';

/** The document's own id, or one made of where it is from and its title. */
export function idOf(document: SigmaDocument): string {
  return document.head.id ?? digest([document.ruleset, document.head.title]);
}

function isRule(document: SigmaDocument, reference: string): boolean {
  const { name, title } = document.head;
  return document.kind !== 'filter' && [idOf(document), name, title].includes(reference);
}

/** All documents by id and by name. Ids and names share one space: each may be used once. */
export class Catalog {
  readonly documents: readonly SigmaDocument[];
  readonly #byName = new Map<string, SigmaDocument>();
  readonly #broken: ReadonlySet<string>;
  /** Rules that broken correlations count. */
  readonly #countedByBroken: ReadonlySet<string>;
  readonly #off: readonly SigmaDocument[];
  readonly #before: Catalog | undefined;
  readonly #incomplete: boolean;

  /**
   * Reports every id and name that is there twice, at its second place. `before`: the catalog before tuning. `incomplete`:
   * some documents could not be read, so an unknown name is not an error.
   */
  constructor(
    all: readonly (SigmaDocument | BrokenDocument)[],
    before?: { readonly catalog: Catalog; readonly off: readonly SigmaDocument[] },
    incomplete = before === undefined ? false : before.catalog.#incomplete,
  ) {
    this.documents = all.filter((document) => document.kind !== 'broken');
    const broken = all.flatMap((document) => (document.kind === 'broken' ? document.names : []));
    this.#broken = before === undefined ? new Set(broken) : before.catalog.#broken;
    this.#countedByBroken = new Set(all.flatMap((one) => (one.kind === 'broken' ? one.counts : [])));
    this.#off = before?.off ?? [];
    this.#before = before?.catalog;
    this.#incomplete = incomplete;
    for (const document of this.documents) {
      const { id, name, title } = document.head;
      if (id === undefined)
        this.#add(document, idOf(document), ['title'], `the title "${title}", without an id,`);
      else this.#add(document, id, ['id'], `the id ${id}`);
      if (name !== undefined && name !== id) this.#add(document, name, ['name'], `the name ${name}`);
    }
  }

  /** The catalog of the tuned documents: those that have an effect, and those that are off. */
  afterTuning(documents: readonly SigmaDocument[], off: readonly SigmaDocument[]): Catalog {
    return new Catalog(documents, { catalog: this, off });
  }

  get correlations(): readonly CorrelationDocument[] {
    return this.documents.filter((document) => document.kind === 'correlation');
  }

  get bases(): readonly BaseDocument[] {
    return this.documents.filter((document) => document.kind === 'base');
  }

  get filters(): readonly FilterDocument[] {
    return this.documents.filter((document) => document.kind === 'filter');
  }

  /** The rule with that id or name. undefined after a report, or where its own document was reported. */
  rule(reference: string, path: YamlPath, report: FindingReport): RuleDocument | undefined {
    const found = this.#byName.get(reference);
    if (found?.kind === 'filter') report.problem(path, `${reference} is a filter, not a rule`);
    else if (found !== undefined) return found;
    else if (!this.isBroken(reference))
      report.problem(
        path,
        `no rule has the id or name "${reference}"${didYouMean(reference, this.#byName.keys())}`,
      );
    return undefined;
  }

  /** The document with that id or name, if there is one. */
  named(reference: string): SigmaDocument | undefined {
    return this.#byName.get(reference);
  }

  /** Rules by id, name or title: how people name them in settings. */
  find(reference: string): readonly RuleDocument[] {
    return this.documents.filter((document): document is RuleDocument => isRule(document, reference));
  }

  /** Whether the id, name or title is that of a rule that is off. */
  isOff(reference: string): boolean {
    return this.#off.some((document) => isRule(document, reference));
  }

  /** Whether it is, or may be, the name of a document that could not be read. */
  isBroken(reference: string): boolean {
    return this.#incomplete || this.#broken.has(reference);
  }

  /** Whether a correlation that could not be read counts the rule. */
  isCountedByBroken(document: RuleDocument): boolean {
    return [idOf(document), document.head.name].some(
      (name) => name !== undefined && this.#countedByBroken.has(name),
    );
  }

  #add(document: SigmaDocument, name: string, path: YamlPath, what: string): void {
    const other = this.#byName.get(name);
    if (other === undefined) this.#byName.set(name, document);
    else if (this.#before === undefined) document.report.problem(path, `${what} is taken by ${other.source}`);
  }
}
