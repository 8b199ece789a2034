import { z } from 'zod';
import { nearest } from '../../src/lib/nearest.ts';
import { readYaml, type YamlPath } from '../../src/lib/yaml-source.ts';
import type { BundledRule } from './bundled-rules.ts';

/** The columns of the page: other systems whose detections of Kubernetes audit logs were read. */
export const PEERS = {
  falco: 'Falco',
  elastic: 'Elastic',
  splunk: 'Splunk',
  panther: 'Panther',
  datadog: 'Datadog',
  scc: 'SCC',
  defender: 'Defender',
  guardduty: 'GuardDuty',
  sigma: 'Sigma',
} as const;
export type Peer = keyof typeof PEERS;

/** The sections of the page, in the order of an attack. */
export const TACTICS = {
  discovery: 'Reconnaissance and discovery',
  'initial-access': 'Initial access',
  execution: 'Execution',
  persistence: 'Persistence',
  'privilege-escalation': 'Privilege escalation',
  'defense-evasion': 'Defence evasion',
  'credential-access': 'Credential access',
  'lateral-movement': 'Lateral movement',
  collection: 'Collection',
  impact: 'Impact',
} as const;
export type Tactic = keyof typeof TACTICS;

const oneOf = <Table extends object>(table: Table) =>
  z.enum(Object.keys(table) as [keyof Table & string, ...(keyof Table & string)[]]);
const set = <Item extends z.ZodType<string>>(item: Item) =>
  z
    .array(item)
    .refine((list) => new Set(list).size === list.length, 'says something twice')
    .default([]);

const ENTRIES = z.array(
  z.strictObject({
    /** In words. */
    detection: z.string().min(1),
    tactic: oneOf(TACTICS),
    /** Who has a rule that was read. */
    peers: set(oneOf(PEERS)),
    /** Who is known to have one that was not. */
    unread: set(oneOf(PEERS)),
    /** Names, of the pack sidewatch. */
    rules: set(z.string()),
    /** Names, of the pack escu. */
    escu: set(z.string()),
    /** Names of tests beside the rules of the pack sidewatch that send what the detection says, and in which one of them fires. */
    tests: z.array(z.string()).min(1).optional(),
    /** With rules: why only in part. Without: why not at all. */
    why: z.string().min(1).optional(),
  }),
);
export type Entry = z.output<typeof ENTRIES>[number];

export interface Packs {
  readonly sidewatch: ReadonlyMap<string, BundledRule>;
  readonly escu: ReadonlyMap<string, BundledRule>;
}

/** The entries of `text`, or everything that is wrong with them, each with its line under `path`. */
export function readEntries(
  path: string,
  text: string,
  packs: Packs,
): { readonly entries: readonly Entry[] } | { readonly problems: readonly string[] } {
  const { documents, errors } = readYaml(text);
  if (errors.length > 0)
    return { problems: errors.map(({ line, message }) => `${path}:${line}  ${message}`) };
  const [document] = documents;
  if (document === undefined || documents.length > 1)
    return { problems: [`${path}  wants one YAML document, has ${documents.length}`] };
  const place = (at: YamlPath) => `${path}:${document.line(at)}`;
  const parsed = ENTRIES.safeParse(document.value);
  if (!parsed.success)
    return {
      problems: parsed.error.issues.map(
        (issue) => `${place(issue.path as YamlPath)}  ${issue.path.slice(1).join('.')}: ${issue.message}`,
      ),
    };
  const problems = [...faults(parsed.data, packs, place), ...forgotten(path, parsed.data, packs)];
  return problems.length > 0 ? { problems } : { entries: parsed.data };
}

function* faults(
  entries: readonly Entry[],
  packs: Packs,
  place: (path: YamlPath) => string,
): Iterable<string> {
  const seen = new Set<string>();
  for (const [i, { detection, peers, unread, rules, escu, why }] of entries.entries()) {
    if (seen.has(detection)) yield `${place([i, 'detection'])}  "${detection}" stands twice`;
    seen.add(detection);
    if (rules.length === 0 && why === undefined)
      yield `${place([i])}  "${detection}" has neither rules nor why; say which rules tell it, or why none can`;
    for (const peer of peers.filter((one) => unread.includes(one)))
      yield `${place([i, 'unread'])}  ${peer} is also among peers`;
    if (escu.length > 0 && !peers.includes('splunk'))
      yield `${place([i, 'escu'])}  ESCU is Splunk's: splunk belongs to peers`;
    for (const [key, names] of [
      ['rules', rules],
      ['escu', escu],
    ] as const) {
      const pack = packs[key === 'escu' ? 'escu' : 'sidewatch'];
      for (const [j, name] of names.entries())
        if (!pack.has(name)) yield `${place([i, key, j])}  ${unknown(name, key, pack.keys())}`;
    }
  }
}

function unknown(name: string, key: 'rules' | 'escu', known: Iterable<string>): string {
  const meant = nearest(name, known);
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
  return `no rule of the pack ${key === 'escu' ? 'escu' : 'sidewatch'} that can fire has the name "${name}"${hint}`;
}

/** Every rule stands somewhere, so that a new one is not forgotten. */
function* forgotten(path: string, entries: readonly Entry[], packs: Packs): Iterable<string> {
  const named = new Set(entries.flatMap(({ rules, escu }) => [...rules, ...escu]));
  for (const { name, file } of [...packs.sidewatch.values(), ...packs.escu.values()])
    if (!named.has(name))
      yield `${path}  no detection names ${name} (${file}); add it to the one that it tells`;
}
