import { isDeepStrictEqual } from 'node:util';
import type { YamlPath } from '../../lib/yaml-source.ts';
import { yamlText } from '../../lib/yaml-text.ts';
import { loadRules } from '../../rules/assembly/load-rules.ts';
import { packFiles, packLists } from '../../rules/source/files.ts';
import { userLists } from '../../rules/source/value-lists.ts';
import { UserError } from '../../setup/user-error.ts';
import type { ImportedApp, ImportedDetection } from './read-detections.ts';

/** Files that give the answers of an app. */
export interface ImportedConfig {
  /** A configuration with `rules` alone. */
  readonly config: string;
  /** Sigma filters; undefined where none are needed. */
  readonly filters: string | undefined;
  /** What a start with them would warn of. */
  readonly warnings: readonly string[];
}

const HEAD = `Made by \`sidewatch import splunk\`: the detections of Splunk's ESCU as this app has them.
Add receivers and destinations, then: sidewatch config check FILE`;

/** `filtersPath`: what the configuration calls the file of filters. Throws UserError where the rules do not load. */
export function importedConfig(app: ImportedApp, filtersPath: string): ImportedConfig {
  const comments: [YamlPath, string][] = [[[], HEAD]];
  const overrides: object[] = [];
  const add = (override: object, comment: string) => {
    comments.push([['rules', 'overrides', overrides.length], comment]);
    overrides.push(override);
  };
  const lists: Record<string, unknown> = {};
  const filters: Record<string, unknown> = {};
  const shipped = packLists(['escu']);
  for (const { escu, state } of app.detections) {
    if (state.kind !== 'on') continue;
    const { override, list, resultFilter } = state.settings;
    const keys = { ...(escu.isOff ? { enabled: true } : {}), ...override };
    if (Object.keys(keys).length > 0) add({ rule: escu.name, ...keys }, escu.rule.title);
    if (resultFilter !== undefined) filters[escu.name] = resultFilter;
    if (list !== undefined && !isDeepStrictEqual(list.values, shipped.get(list.name)))
      lists[list.name] = list.values;
  }
  const off = namesOf(app, 'off');
  if (off.length > 0) add({ rule: off, enabled: false }, 'off in Splunk');
  const left = namesOf(app, 'unreadable');
  if (left.length > 0) add({ rule: left, enabled: false }, `left out: ${faultPlaces(app)}`);
  const { document } = app.filter;
  const filterText = document === undefined ? undefined : yamlText(document);
  const rules = {
    packs: ['escu'],
    ...(overrides.length > 0 ? { overrides } : {}),
    ...(Object.keys(lists).length > 0 ? { lists } : {}),
    ...(Object.keys(filters).length > 0 ? { result_filters: filters } : {}),
  };
  const warnings = warningsOf(rules, filterText, filtersPath);
  const files = filterText === undefined ? {} : { files: [filtersPath] };
  const config = yamlText(withoutReferences({ rules: { ...rules, ...files } }), comments);
  return { config, filters: filterText, warnings };
}

/** Texts of Splunk have no references to the environment: `$$` is a dollar sign. */
function withoutReferences(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\$+\{|\$\$+/g, (mark) => mark.replaceAll('$', '$$$$'));
  if (Array.isArray(value)) return value.map(withoutReferences);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutReferences(one)]));
}

function namesOf({ detections }: ImportedApp, kind: ImportedDetection['state']['kind']): readonly string[] {
  return detections
    .filter(({ state, escu }) => state.kind === kind && !escu.isOff)
    .map(({ escu }) => escu.name);
}

function faultPlaces({ detections }: ImportedApp): string {
  const places = detections.flatMap(({ state }) =>
    state.kind === 'unreadable' ? state.faults.map(({ where }) => where) : [],
  );
  return [...new Set(places)].join(', ');
}

interface RuleSettings {
  readonly overrides?: readonly object[];
  readonly lists?: Readonly<Record<string, unknown>>;
  readonly result_filters?: Readonly<Record<string, unknown>>;
}

function warningsOf(
  { overrides = [], lists = {}, result_filters: resultFilters = {} }: RuleSettings,
  filters: string | undefined,
  path: string,
): readonly string[] {
  const own = filters === undefined ? [] : [{ path, text: filters, ruleset: path }];
  const user = userLists(lists, () => '');
  const loaded = loadRules([...packFiles(['escu']), ...own], {
    overrides,
    resultFilters,
    lists: packLists(['escu']),
    userLists: user.lists,
  });
  const problems = [...user.problems, ...('problems' in loaded ? loaded.problems : [])];
  if (problems.length > 0 || 'problems' in loaded)
    throw new UserError([
      'what was read makes rules that do not load, so nothing was written:',
      ...problems.map(({ where, message }) => `${where}  ${message}`),
    ]);
  return loaded.ruleSet.warnings.map(({ where, message }) => `${where}  ${message}`);
}
