import type { Log } from '../ops/own-log.ts';
import type { RulesInForce } from './rules-in-force.ts';

/** Events without a body before a rule that reads one counts as blind: a few may be chance. */
export const BLIND_EVENTS_MIN = 100;
/** Rules that a warning names. */
const NAMED_MAX = 5;

/**
 * Warns once for each rule set of rules that read bodies while no event has one: an audit policy at level Metadata makes them
 * blind. Returns the check, to be called from time to time.
 */
export function warnOfBlindRules(inForce: RulesInForce, log: Log): () => void {
  let warnedFor = '';
  return () => {
    const { hash, ruleSet } = inForce.loaded;
    if (warnedFor === hash) return;
    const blind = new Set<string>();
    for (const [id, events] of inForce.detector().unseen()) if (events >= BLIND_EVENTS_MIN) blind.add(id);
    if (blind.size === 0) return;
    warnedFor = hash;
    log.warn(
      warning(ruleSet.bases.filter(({ id }) => blind.has(id)).map(({ document }) => document.head.title)),
    );
  };
}

function warning(titles: readonly string[]): string {
  const [rules, they] = titles.length === 1 ? ['rule reads', 'it'] : ['rules read', 'they'];
  const named = titles.slice(0, NAMED_MAX).join(', ');
  const more = titles.length > NAMED_MAX ? ', …' : '';
  return (
    `${titles.length} ${rules} requestObject or responseObject, but no event that ${they} could match had one: ` +
    `the audit policy must log these events at level Request or RequestResponse (${named}${more}; all: rules list --live)`
  );
}
