import type { BundledRule } from './bundled-rules.ts';

/** The last version of ATT&CK that has the tactics and techniques that the rules' tags name; the next splits defence evasion. */
const ATTACK = '18';

/**
 * The tactics of the techniques that the rules name, as that version has them. A technique that is not here, or in none
 * of its rules' tactics, is marked under all of its own.
 */
const TACTICS: Readonly<Record<string, readonly string[]>> = {
  T1027: ['defense-evasion'],
  T1036: ['defense-evasion'],
  T1046: ['discovery'],
  T1053: ['execution', 'persistence', 'privilege-escalation'],
  T1059: ['execution'],
  T1069: ['discovery'],
  T1070: ['defense-evasion'],
  T1078: ['defense-evasion', 'persistence', 'privilege-escalation', 'initial-access'],
  T1090: ['command-and-control'],
  T1098: ['persistence', 'privilege-escalation'],
  T1105: ['command-and-control'],
  T1133: ['persistence', 'initial-access'],
  T1136: ['persistence'],
  T1190: ['initial-access'],
  T1204: ['execution'],
  T1485: ['impact'],
  T1490: ['impact'],
  T1496: ['impact'],
  T1499: ['impact'],
  T1528: ['credential-access'],
  T1543: ['persistence', 'privilege-escalation'],
  T1550: ['defense-evasion', 'lateral-movement'],
  T1552: ['credential-access'],
  T1562: ['defense-evasion'],
  T1595: ['reconnaissance'],
  T1609: ['execution'],
  T1610: ['defense-evasion', 'execution'],
  T1611: ['privilege-escalation'],
  T1613: ['discovery'],
};

interface Mark {
  readonly techniqueID: string;
  readonly tactic?: string;
  readonly score: number;
  readonly comment: string;
}

/** A layer of the ATT&CK Navigator, format 4.5: how many rules tell each technique, and which. */
export function attackLayer(rules: readonly BundledRule[]) {
  const techniques = marks(rules);
  return {
    name: 'Sidewatch',
    versions: { attack: ATTACK, navigator: '5.2.0', layer: '4.5' },
    domain: 'enterprise-attack',
    description: 'Rules of the pack sidewatch by technique. The score is their number.',
    filters: { platforms: ['Containers'] },
    sorting: 3,
    layout: { layout: 'side', showID: true, showName: true, expandedSubtechniques: 'annotated' },
    hideDisabled: false,
    techniques,
    gradient: {
      colors: ['#deebf7', '#6baed6', '#08519c'],
      minValue: 0,
      maxValue: Math.max(1, ...techniques.map(({ score }) => score)),
    },
    legendItems: [
      { label: 'few rules', color: '#deebf7' },
      { label: 'many rules', color: '#08519c' },
    ],
  };
}

function marks(rules: readonly BundledRule[]): readonly Mark[] {
  const names = new Map<string, string[]>();
  for (const rule of rules)
    for (const key of places(rule)) names.set(key, [...(names.get(key) ?? []), rule.name]);
  return [...names]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, tellers]) => {
      const [techniqueID = '', tactic] = key.split(' ');
      const where = tactic === undefined ? {} : { tactic };
      return { techniqueID, ...where, score: tellers.length, comment: tellers.sort().join(', ') };
    });
}

/** Each technique of the rule with each of the rule's tactics that it belongs to, or alone. */
function places({ tags }: BundledRule): readonly string[] {
  const names = tags.filter((tag) => tag.startsWith('attack.')).map((tag) => tag.slice('attack.'.length));
  return names
    .filter((name) => /^t\d{4}/.test(name))
    .flatMap((name) => {
      const id = name.toUpperCase();
      const tactics = (TACTICS[id.slice(0, 5)] ?? []).filter((tactic) => names.includes(tactic));
      return tactics.length === 0 ? [id] : tactics.map((tactic) => `${id} ${tactic}`);
    });
}

/** As the formatter has it: what is a list of texts stays on a line. */
export const layerText = (layer: object): string =>
  `${JSON.stringify(layer, null, 2).replace(/\[\s+("[^"]*"(?:,\s+"[^"]*")*)\s+\]/g, (_, items: string) => `[${items.replace(/\s+/g, ' ')}]`)}\n`;
