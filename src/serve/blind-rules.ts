import type { Log } from '../ops/own-log.ts';
import type { RulesInForce } from './rules-in-force.ts';

/** Events without a body, in a rule that reads one, before the audit policy is blamed. */
const SURE = 100;
/** Rules that a warning names. */
const NAMED = 5;

/**
 * Says once of each rule set which of its rules read bodies that no event had: an audit policy at level Metadata blinds
 * them. Returns what looks again.
 */
export function warnOfBlindRules(inForce: RulesInForce, log: Log): () => void {
  let told = '';
  return () => {
    const { hash, ruleSet } = inForce.loaded;
    if (told === hash) return;
    const blind = [...inForce.detector().unseen()].filter(([, events]) => events >= SURE).map(([id]) => id);
    if (blind.length === 0) return;
    told = hash;
    const titles = ruleSet.bases
      .filter(({ id }) => blind.includes(id))
      .map(({ document }) => document.head.title);
    const named = titles.slice(0, NAMED).join(', ');
    log.warn(
      `${titles.length} ${titles.length === 1 ? 'rule reads' : 'rules read'} requestObject or responseObject, which no event that ${titles.length === 1 ? 'it' : 'they'} could match has had: ` +
        `the audit policy must log these at level Request or RequestResponse (${named}${titles.length > NAMED ? ', …' : ''}; all: rules list --live)`,
    );
  };
}
