import { digest } from '../lib/hash.ts';
import type { Path } from '../lib/yaml.ts';
import type { BrokenDocument, SigmaDocument } from './document.ts';
import type { Report } from './report.ts';
import { hint } from './shapes.ts';

export type RuleDocument = SigmaDocument & { readonly kind: 'base' | 'correlation' };

/** The document's own id, or one made of where it is from and its title. */
export function idOf(document: SigmaDocument): string {
  return document.head.id ?? digest([document.ruleset, document.head.title]);
}

/** All documents by id and by name, which are one space: each may stand once. */
export class Catalog {
  readonly documents: readonly SigmaDocument[];
  readonly #byName = new Map<string, SigmaDocument>();
  readonly #broken: ReadonlySet<string>;

  /** Reports every id and name that stands twice, at its second place. */
  constructor(all: readonly (SigmaDocument | BrokenDocument)[]) {
    this.documents = all.filter((document) => document.kind !== 'broken');
    this.#broken = new Set(all.flatMap((document) => (document.kind === 'broken' ? document.names : [])));
    for (const document of this.documents) {
      const { id, name, title } = document.head;
      if (id === undefined)
        this.#add(document, idOf(document), ['title'], `the title "${title}", without an id,`);
      else this.#add(document, id, ['id'], `the id ${id}`);
      if (name !== undefined && name !== id) this.#add(document, name, ['name'], `the name ${name}`);
    }
  }

  get correlations(): readonly (SigmaDocument & { readonly kind: 'correlation' })[] {
    return this.documents.filter((document) => document.kind === 'correlation');
  }

  get bases(): readonly (SigmaDocument & { readonly kind: 'base' })[] {
    return this.documents.filter((document) => document.kind === 'base');
  }

  get filters(): readonly (SigmaDocument & { readonly kind: 'filter' })[] {
    return this.documents.filter((document) => document.kind === 'filter');
  }

  /** The rule of that id or name. undefined after a report, or where its own document was reported. */
  rule(reference: string, path: Path, report: Report): RuleDocument | undefined {
    const found = this.#byName.get(reference);
    if (found?.kind === 'filter') report.problem(path, `${reference} is a filter, not a rule`);
    else if (found !== undefined) return found as RuleDocument;
    else if (!this.#broken.has(reference))
      report.problem(
        path,
        `no rule has the id or name "${reference}"${hint(reference, this.#byName.keys())}`,
      );
    return undefined;
  }

  /** Rules by id, name or title: how people name them in settings. */
  find(reference: string): readonly RuleDocument[] {
    return this.documents.filter(
      (document): document is RuleDocument =>
        document.kind !== 'filter' &&
        [idOf(document), document.head.name, document.head.title].includes(reference),
    );
  }

  isBroken(reference: string): boolean {
    return this.#broken.has(reference);
  }

  #add(document: SigmaDocument, name: string, path: Path, what: string): void {
    const other = this.#byName.get(name);
    if (other === undefined) this.#byName.set(name, document);
    else document.report.problem(path, `${what} is taken by ${other.source}`);
  }
}
