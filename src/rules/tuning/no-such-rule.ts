import { didYouMean } from '../../lib/nearest.ts';
import type { SigmaDocument } from '../document/document.ts';
import type { Override } from './overrides.ts';

/** Says that no document has the name that an override uses, with the nearest name. */
export function noSuchRule(by: Override['by'], name: string, documents: readonly SigmaDocument[]): string {
  switch (by) {
    case 'rule': {
      const heads = documents.map(({ head }) => head);
      const titled = heads.find(({ title }) => title === name);
      const meant = titled?.name ?? titled?.id;
      const names = heads.flatMap(({ id = [], name = [] }) => [id, name].flat());
      const near = meant === undefined ? didYouMean(name, names) : `; the rule with that title is ${meant}`;
      return `no loaded rule or filter has the id or name "${name}"${near}`;
    }
    case 'tag': {
      const tags = new Set(documents.flatMap(({ head }) => head.tags));
      return `no rule that fires has the tag "${name}"${didYouMean(name, tags)}`;
    }
    case 'pack': {
      const packs = new Set(documents.map(({ ruleset }) => ruleset));
      return `no rule of a pack "${name}" is loaded${didYouMean(name, packs)}`;
    }
  }
}
