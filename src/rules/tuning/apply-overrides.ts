import { type Catalog, idOf } from '../document/catalog.ts';
import type { SigmaDocument } from '../document/document.ts';
import type { ProfileFile } from '../source/files.ts';
import type { RuleFindings } from '../source/rule-findings.ts';
import { noSuchRule } from './no-such-rule.ts';
import { RuleGraph, withDependentRules, withoutOffReferences } from './off-rules.ts';
import { overrideRule, type UnfitKey } from './override-rule.ts';
import { type Override, profileOverrides, userOverrides } from './overrides.ts';

/** A rule or filter that was loaded and has no effect. */
export interface OffRule {
  readonly id: string;
  readonly name?: string;
  readonly title: string;
  /** Its file:line. */
  readonly source: string;
  /** `rules.overrides[2]`, or the rule that it depends on. */
  readonly why: string;
}

export interface TuningResult {
  /** What has an effect. */
  readonly catalog: Catalog;
  /** All documents, with the overrides applied. */
  readonly documents: readonly SigmaDocument[];
  readonly off: readonly OffRule[];
}

/** Applies profiles and then the user's overrides, in order: the last override of a setting wins. */
export function applyOverrides(
  catalog: Catalog,
  given: { readonly profiles: readonly ProfileFile[]; readonly overrides: readonly unknown[] },
  findings: RuleFindings,
): TuningResult {
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
  readonly #graph: RuleGraph;
  /** By id, with the overrides that were applied so far. */
  readonly #documents: Map<string, SigmaDocument>;
  readonly #off = new Map<string, string>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.#graph = new RuleGraph(catalog);
    this.#documents = new Map(catalog.documents.map((document) => [idOf(document), document]));
    for (const [id, document] of this.#documents)
      if (document.kind === 'base' && document.foreign !== undefined) this.#off.set(id, document.foreign);
      else if (document.kind !== 'filter' && document.extension?.enabled === false)
        this.#off.set(id, 'sidewatch.enabled: false');
  }

  apply(override: Override): void {
    const applied = new Set<string>();
    const faults = new Map<string, string[]>();
    override.names.forEach((name, i) => {
      const found = this.#find(override, name);
      if (found.length === 0 && !this.#catalog.isBroken(name)) {
        const path = override.names.length === 1 ? [override.by] : [override.by, i];
        override.report.warn(
          path,
          `changes nothing: ${noSuchRule(override.by, name, this.#catalog.documents)}`,
        );
      }
      for (const id of found) {
        const unfit = new Map(this.#override(id, override).map(({ key, why }) => [key as string, why]));
        for (const key of Object.keys(override.settings)) {
          const why = unfit.get(key);
          if (why === undefined) applied.add(key);
          else {
            const message = `does not apply to "${this.#documents.get(id)!.head.title}": ${why}`;
            faults.set(key, [...(faults.get(key) ?? []), message]);
          }
        }
      }
    });
    for (const [key, messages] of faults) {
      if (override.by === 'rule') for (const message of messages) override.report.problem([key], message);
      // The rules of a pack or of a tag differ: a setting that does not apply to some of them is for the others.
      else if (!applied.has(key)) override.report.problem([key], messages[0]!);
    }
  }

  result(): TuningResult {
    const documents = [...this.#documents.values()];
    const reasons = withDependentRules(documents, this.#off, this.#graph);
    const isOff = (reference: string) => {
      const document = this.#catalog.named(reference);
      return document !== undefined && reasons.has(idOf(document));
    };
    const off = documents.filter((document) => reasons.has(idOf(document)));
    const on = documents.filter((document) => !reasons.has(idOf(document)));
    return {
      catalog: this.#catalog.afterTuning(
        on.map((document) => withoutOffReferences(document, isOff)),
        off,
      ),
      documents,
      off: off.map((document) => {
        const { name, title } = document.head;
        const id = idOf(document);
        return {
          id,
          ...(name === undefined ? {} : { name }),
          title,
          source: document.source,
          why: reasons.get(id)!,
        };
      }),
    };
  }

  /** Ids of the documents that a name in an override stands for. */
  #find({ by }: Override, name: string): readonly string[] {
    if (by === 'rule') {
      const document = this.#catalog.named(name);
      return document === undefined ? [] : [idOf(document)];
    }
    // Filters, and rules that fire only for correlations, follow the rules that they are for.
    return [...this.#documents].flatMap(([id, document]) => {
      if (document.kind === 'filter' || this.#graph.isSilent(id)) return [];
      const fits = by === 'pack' ? document.ruleset === name : document.head.tags.includes(name);
      return fits ? [id] : [];
    });
  }

  #override(id: string, { settings, from }: Override): readonly UnfitKey[] {
    const document = this.#documents.get(id)!;
    const { enabled } = settings;
    const foreign = document.kind === 'base' && document.foreign !== undefined;
    if (enabled === true && !foreign) this.#off.delete(id);
    else if (enabled === false) this.#off.set(id, from);
    const keys = Object.keys(settings).filter((key): key is UnfitKey['key'] => key !== 'enabled');
    if (document.kind === 'filter')
      return keys.map((key) => ({ key, why: 'a filter can only be turned off and on' }));
    if (this.#graph.isSilent(id)) {
      const titles = this.#graph.counters(id).map(({ head }) => `"${head.title}"`);
      return keys.map((key) => ({
        key,
        why: `it fires only for ${titles.join(', ')}; override that rule`,
      }));
    }
    const { document: result, unfit } = overrideRule(document, settings);
    this.#documents.set(id, result);
    return unfit;
  }
}
