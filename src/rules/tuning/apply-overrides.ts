import { type Catalog, idOf } from '../document/catalog.ts';
import type { SigmaDocument } from '../document/document.ts';
import type { ProfileFile } from '../source/files.ts';
import type { Findings } from '../source/findings.ts';
import { changed, type Unfit } from './change-rule.ts';
import { noneOf } from './no-such-rule.ts';
import { type Override, profileOverrides, userOverrides } from './overrides.ts';
import { Counts, withDependents, withoutReferences } from './turned-off.ts';

/** A rule or filter that was read and has no effect. */
export interface Off {
  readonly id: string;
  readonly name?: string;
  readonly title: string;
  /** file:line where it stands. */
  readonly source: string;
  /** `rules.overrides[2]`, or the rule that it depends on. */
  readonly why: string;
}

export interface Tuned {
  /** What has an effect. */
  readonly catalog: Catalog;
  /** Everything, changed as the overrides say. */
  readonly documents: readonly SigmaDocument[];
  readonly off: readonly Off[];
}

/** Applies profiles and then the user's overrides, in order, so that the last word on a setting counts. */
export function tuned(
  catalog: Catalog,
  given: { readonly profiles: readonly ProfileFile[]; readonly overrides: readonly unknown[] },
  findings: Findings,
): Tuned {
  const loaded = new Set(catalog.documents.map(({ ruleset }) => ruleset));
  const profiles = given.profiles.flatMap((file) => {
    const overrides = profileOverrides(file, findings);
    if (loaded.has(file.pack)) return overrides;
    const message = `${file.name} is for the pack ${file.pack}, which is not loaded`;
    findings.warnings.push({ where: 'rules.profiles', message });
    return [];
  });
  const tuning = new Tuning(catalog);
  for (const override of [...profiles, ...userOverrides(given.overrides, findings)]) tuning.apply(override);
  return tuning.result();
}

class Tuning {
  readonly #catalog: Catalog;
  readonly #counts: Counts;
  /** By id, as far as it was changed. */
  readonly #documents: Map<string, SigmaDocument>;
  readonly #off = new Map<string, string>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.#counts = new Counts(catalog);
    this.#documents = new Map(catalog.documents.map((document) => [idOf(document), document]));
    for (const [id, document] of this.#documents)
      if (document.kind === 'base' && document.foreign !== undefined) this.#off.set(id, document.foreign);
      else if (document.kind !== 'filter' && document.extension?.enabled === false)
        this.#off.set(id, 'sidewatch.enabled: false');
  }

  apply(override: Override): void {
    const fitted = new Set<string>();
    const faults = new Map<string, string[]>();
    override.names.forEach((name, i) => {
      const found = this.#find(override, name);
      if (found.length === 0 && !this.#catalog.isBroken(name)) {
        const path = override.names.length === 1 ? [override.by] : [override.by, i];
        override.report.warn(path, `changes nothing: ${noneOf(override.by, name, this.#catalog.documents)}`);
      }
      for (const id of found) {
        const unfit = new Map(this.#change(id, override).map(({ key, why }) => [key as string, why]));
        for (const key of Object.keys(override.changes)) {
          const why = unfit.get(key);
          if (why === undefined) fitted.add(key);
          else {
            const message = `does not go with "${this.#documents.get(id)!.head.title}": ${why}`;
            faults.set(key, [...(faults.get(key) ?? []), message]);
          }
        }
      }
    });
    for (const [key, messages] of faults) {
      if (override.by === 'rule') for (const message of messages) override.report.problem([key], message);
      // The rules of a pack or of a tag differ: what does not go with some of them is meant for the others.
      else if (!fitted.has(key)) override.report.problem([key], messages[0]!);
    }
  }

  result(): Tuned {
    const documents = [...this.#documents.values()];
    const off = withDependents(documents, this.#off, this.#counts);
    const isOff = (reference: string) => {
      const document = this.#catalog.named(reference);
      return document !== undefined && off.has(idOf(document));
    };
    const dead = documents.filter((document) => off.has(idOf(document)));
    const live = documents.filter((document) => !off.has(idOf(document)));
    return {
      catalog: this.#catalog.tuned(
        live.map((document) => withoutReferences(document, isOff)),
        dead,
      ),
      documents,
      off: dead.map((document) => {
        const { name, title } = document.head;
        const id = idOf(document);
        return {
          id,
          ...(name === undefined ? {} : { name }),
          title,
          source: document.source,
          why: off.get(id)!,
        };
      }),
    };
  }

  /** Ids of those that an override's name stands for. */
  #find({ by }: Override, name: string): readonly string[] {
    if (by === 'rule') {
      const document = this.#catalog.named(name);
      return document === undefined ? [] : [idOf(document)];
    }
    // Filters, and rules that fire only for others, go with the rules that they are for.
    return [...this.#documents].flatMap(([id, document]) => {
      if (document.kind === 'filter' || this.#counts.isSilent(id)) return [];
      const fits = by === 'pack' ? document.ruleset === name : document.head.tags.includes(name);
      return fits ? [id] : [];
    });
  }

  #change(id: string, { changes, from }: Override): readonly Unfit[] {
    const document = this.#documents.get(id)!;
    const { enabled } = changes;
    const foreign = document.kind === 'base' && document.foreign !== undefined;
    if (enabled === true && !foreign) this.#off.delete(id);
    else if (enabled === false) this.#off.set(id, from);
    const settings = Object.keys(changes).filter((key): key is Unfit['key'] => key !== 'enabled');
    if (document.kind === 'filter')
      return settings.map((key) => ({ key, why: 'a filter can only be turned off and on' }));
    if (this.#counts.isSilent(id)) {
      const titles = this.#counts.counters(id).map(({ head }) => `"${head.title}"`);
      return settings.map((key) => ({ key, why: `it fires only for ${titles.join(', ')}; change that` }));
    }
    const { document: result, unfit } = changed(document, changes);
    this.#documents.set(id, result);
    return unfit;
  }
}
