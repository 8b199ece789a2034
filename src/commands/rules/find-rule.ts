import { didYouMean } from '../../lib/nearest.ts';
import type { RuleSet } from '../../rules/assembly/load-rules.ts';
import { idOf } from '../../rules/document/catalog.ts';
import type { SigmaDocument } from '../../rules/document/document.ts';
import { UserError } from '../../setup/user-error.ts';

/** The rule with this id, name or title. Throws UserError for no rule, several rules, a filter, or a rule that is off. */
export function findRule(reference: string, { documents, off }: RuleSet): SigmaDocument {
  const refuse = (why: string): never => {
    throw new UserError([`${reference}  ${why}`]);
  };
  const named = documents.filter(
    (one) => idOf(one) === reference || one.head.name === reference || one.head.title === reference,
  );
  const [document] = named;
  if (document === undefined) {
    const known = documents.flatMap((one) => [one.head.name ?? [], one.head.title].flat());
    return refuse(`is not the id, name or title of a loaded rule${didYouMean(reference, known)}`);
  }
  if (named.length > 1) refuse(`is the title of ${named.length} rules; use an id or a name`);
  if (document.kind === 'filter') refuse('is a filter; give a rule that it applies to');
  const why = off.find(({ source }) => source === document.source)?.why;
  if (why !== undefined) refuse(`is off: ${why}`);
  return document;
}
