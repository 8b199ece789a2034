import { idOf } from '../document/catalog.ts';
import type { SigmaDocument } from '../document/document.ts';

/** What people call each rule, by its id: its name, or its title where it has none. */
export function ruleNames(documents: readonly SigmaDocument[]): ReadonlyMap<string, string> {
  return new Map(documents.map((document) => [idOf(document), document.head.name ?? document.head.title]));
}
