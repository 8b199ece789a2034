import type { RuleOptions } from '../../../src/rules/assembly/load-rules.ts';
import { faultsWith, goodWith } from './tuned.ts';

/** A rule about one verb; its id is `id-of-NAME`. */
export const base = (name: string, verb: string, more = '') => `title: Title of ${name}
id: id-of-${name}
name: ${name}
logsource: {product: kubernetes, service: audit}
tags: [attack.${name}]
level: low
detection:
  s: {verb: ${verb}}
  condition: s
${more}`;
/** A correlation, by default of five hits a user in 10 minutes. */
export const counts = (
  name: string,
  inputs: string,
  more = '',
  type = 'event_count',
  condition = '{gte: 5}',
) => `title: Title of ${name}
id: id-of-${name}
name: ${name}
tags: [attack.many]
level: high
correlation:
  type: ${type}
  rules: [${inputs}]
  group-by: [user.username]
  timespan: 10m
  condition: ${condition}
${more}`;

const TUMBLING = 'sidewatch: {window: {kind: tumbling, offset: 5m}}\n';
/** A pack with a rule, two correlations and a filter, and a rule of the user’s. */
export const FILES = {
  'pack/read.yml': base('read', 'get'),
  'pack/many.yml': `${base('gone', 'delete')}---\n${counts('many', 'gone')}`,
  'pack/tumbling.yml': `${base('made', 'create')}---\n${counts('tumbling', 'made', TUMBLING)}`,
  'pack/filters/known.yml': `title: Known
name: known
logsource: {product: kubernetes, service: audit}
filter:
  rules: [read]
  known: {user.username: ci}
  condition: not known
`,
  'mine.yml': base('watched', 'watch'),
};

export const tuned = (...overrides: unknown[]) => goodWith(FILES, { overrides });
/** Of the rules in force under these overrides, the one of that name. */
export const rule = (id: string, ...overrides: unknown[]) =>
  tuned(...overrides).rules.find((one) => one.id === `id-of-${id}`);
export const faults = (...overrides: unknown[]) => faultsWith(FILES, { overrides });
/** By name, why what is off is off. */
export const offOf = (files: Readonly<Record<string, string>>, options: RuleOptions) =>
  Object.fromEntries(goodWith(files, options).off.map(({ name, why }) => [name, why]));
export const off = (...overrides: unknown[]) => offOf(FILES, { overrides });
