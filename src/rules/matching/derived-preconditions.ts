import { ACTIONS, CONNECTIONS, RUNNING, VERBS_OF } from '../../semantics/request-verbs.ts';
import { type Expression, foldedTexts } from '../detection/expression.ts';

const SUBRESOURCE = 'objectRef.subresource';

/**
 * Fields of the event that must have one of these values where a computed field passes a test, each alternative apart;
 * undefined where nothing is known. So a rule that asks what a request did is looked up by its verb, and one that asks for a command by the subresource.
 */
export function impliedBy({
  field,
  any,
}: Expression & { readonly kind: 'field' }):
  | readonly ReadonlyMap<string, ReadonlySet<string | null>>[]
  | undefined {
  if (field.startsWith('process.')) return [new Map([[SUBRESOURCE, new Set(RUNNING)]])];
  if (field !== 'request.action') return undefined;
  const wanted = foldedTexts(any);
  if (wanted.length < any.length) return undefined;
  return ACTIONS.filter((action) => wanted.includes(action)).map((action) =>
    action === 'connect'
      ? new Map([[SUBRESOURCE, new Set(CONNECTIONS)]])
      : new Map([['verb', new Set(VERBS_OF[action])]]),
  );
}
