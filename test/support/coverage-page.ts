import type { AuditNeed } from './audit-level.ts';
import type { BundledRule } from './bundled-rules.ts';
import { type Entry, type Packs, PEERS, type Peer, TACTICS, type Tactic } from './coverage-entries.ts';
import { table } from './markdown.ts';

const PEER_NAMES = Object.entries(PEERS) as [Peer, string][];
const TACTIC_NAMES = Object.entries(TACTICS) as [Tactic, string][];

/** docs/coverage.md: what the peers detect, which rules detect it, and what no rule can. `command` updates it. */
export function coveragePage(entries: readonly Entry[], packs: Packs, command: string): string {
  const theirs = entries.filter((entry) => !isBeyond(entry));
  const beyond = entries.filter(isBeyond);
  return [
    '# Coverage',
    `<!-- Made from docs/coverage.yml and the rules. Write it anew: ${command} -->`,
    ...intro(theirs, packs),
    '## How much',
    summary('by tactic', TACTIC_NAMES, (tactic) => theirs.filter((entry) => entry.tactic === tactic), theirs),
    summary('by peer', PEER_NAMES, (peer) => theirs.filter((entry) => has(entry, peer))),
    ...TACTIC_NAMES.flatMap(([tactic, title]) => [`## ${title}`, matrix(tactic, theirs, packs)]),
    '## What is missing',
    'What the audit log cannot show:',
    list(entries.filter((entry) => stateOf(entry) === 'not')),
    'What is covered in part:',
    list(entries.filter((entry) => stateOf(entry) === 'in part')),
    '## Beyond the peers',
    "What the list of the peers' detections does not have. Somebody may have a rule for one of these that was not found.",
    table(
      ['detection', 'tactic', 'rules'],
      beyond.map((entry) => [told(entry), TACTICS[entry.tactic], cell(entry.rules, packs.sidewatch, true)]),
    ),
  ]
    .map((part) => `${part.trimEnd()}\n`)
    .join('\n');
}

function intro(theirs: readonly Entry[], packs: Packs): readonly string[] {
  const rules = [...packs.sidewatch.values()];
  const needing = rules.filter(({ audit }) => audit.least !== 'Metadata').length;
  const gaining = rules.filter(({ audit }) => audit.least !== audit.most).length;
  return [
    `Other systems detect ${theirs.length} things in Kubernetes audit logs, as far as we have read them. This page says which of our rules detect the same, what they cannot detect, and what they detect besides. Detections from other sources (system calls, metrics, the logs of clouds and of ingresses) are not counted.`,
    [
      '- **rules**: those of the pack sidewatch, which is on by default, with level and score; in brackets the score where the API server refused everything. Thresholds are our own and may differ from those of the peers. Each rule has a test in which it fires (`.test.yml` beside it). "in part": something is missing, which is said [below](#what-is-missing).',
      `- **needs body**: the rule reads what was written (\`requestObject\`), so it is blind unless the audit policy logs that resource at the level Request or higher. ${needing} of ${rules.length} rules do. **more with body**: it works at Metadata and sees more at Request. The same **with the answer's body** (\`responseObject\`) asks for RequestResponse. ${gaining} see more with one or both. This is computed from the rules' conditions; some providers fix the policy.`,
      "- **ESCU**: the rule of the pack escu with Splunk's own conditions ([parity.md](parity.md)).",
      "- ● the peer has it; ○ the peer is known to have it, and its rule was not read. SCC is Google's Security Command Center, Sigma the public rules of SigmaHQ.",
      '- The same rules by technique: [attack-navigator.json](attack-navigator.json), a layer for the ATT&CK Navigator. It shows the matrix for containers; techniques of other platforms appear when its filter is widened.',
    ].join('\n'),
  ];
}

type State = 'covered' | 'in part' | 'not';

function stateOf({ rules, why }: Entry): State {
  if (rules.length === 0) return 'not';
  return why === undefined ? 'covered' : 'in part';
}

const isBeyond = ({ peers, unread }: Entry): boolean => peers.length + unread.length === 0;
const has = ({ peers, unread }: Entry, peer: Peer): boolean => peers.includes(peer) || unread.includes(peer);

function summary<Key>(
  title: string,
  keys: readonly (readonly [Key, string])[],
  of: (key: Key) => readonly Entry[],
  all?: readonly Entry[],
): string {
  const row = (name: string, entries: readonly Entry[]): readonly string[] => {
    const count = (state: State) => entries.filter((entry) => stateOf(entry) === state).length;
    const [covered, part, not] = [count('covered'), count('in part'), count('not')];
    return [name, `${covered} of ${entries.length}`, `${part}`, `${not}`];
  };
  return table(
    [title, 'covered', 'in part', 'not'],
    [...keys.map(([key, name]) => row(name, of(key))), ...(all === undefined ? [] : [row('**all**', all)])],
    ['left', 'right', 'right', 'right'],
  );
}

function matrix(tactic: Tactic, entries: readonly Entry[], packs: Packs): string {
  return table(
    ['detection', 'rules', 'ESCU', ...Object.values(PEERS)],
    entries
      .filter((entry) => entry.tactic === tactic)
      .map((entry) => [
        told(entry),
        cell(entry.rules, packs.sidewatch, true),
        cell(entry.escu, packs.escu, false),
        ...PEER_NAMES.map(([peer]) => dot(entry, peer)),
      ]),
    ['left', 'left', 'left', ...PEER_NAMES.map(() => 'center' as const)],
  );
}

function dot({ peers, unread }: Entry, peer: Peer): string {
  if (peers.includes(peer)) return '●';
  return unread.includes(peer) ? '○' : '';
}

function told(entry: Entry): string {
  const state = stateOf(entry);
  return state === 'covered'
    ? entry.detection
    : `${entry.detection} (**${state === 'not' ? 'not covered' : state}**)`;
}

/** Splunk's scores are all alike, so they are left out. */
function cell(names: readonly string[], pack: ReadonlyMap<string, BundledRule>, scores: boolean): string {
  return names
    .map((name) => pack.get(name)!)
    .map(({ file, audit, off, ...rule }) => {
      const marks = [...(scores ? [scored(rule)] : []), ...bodies(audit), ...(off ? ['off'] : [])];
      return `[${rule.name}](../${file})${marks.length === 0 ? '' : ` ${marks.join(', ')}`}`;
    })
    .join('<br>');
}

function scored({
  level,
  score,
  refusedScore,
}: Pick<BundledRule, 'level' | 'score' | 'refusedScore'>): string {
  return `${level} ${score}${refusedScore === undefined ? '' : ` (${refusedScore})`}`;
}

function bodies({ least, most }: AuditNeed): readonly string[] {
  if (least === 'RequestResponse') return ["needs the answer's body"];
  const more = most === 'RequestResponse' ? ["more with the answer's"] : [];
  if (least === 'Request') return ['needs body', ...more];
  return most === 'Request' ? ['more with body'] : more;
}

const list = (entries: readonly Entry[]): string =>
  entries.map(({ detection, why }) => `- **${detection}.** ${why}`).join('\n');
