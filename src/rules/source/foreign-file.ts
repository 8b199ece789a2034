import { isYamlMap, type YamlMap } from './yaml-map.ts';

/** What other tools read as rules: a sign that the text of no Sigma rule has, and what it is. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^\s*\[{1,2}[\w.-]+\]{1,2}\s*$/m, 'TOML, the form of rules of Elastic'],
  [/^\s*(private\s+)?rule\s+\w+[^\n{]*\{/m, 'a rule of YARA or YARA-L'],
  [/^(def |import |from \w+ import )/m, 'Python, the form of rules of Panther'],
  [
    /^\s*(search\s+)?(`\w+`|(index|sourcetype|source)\s*=)|\|\s*(tstats|stats|where|search)\b/,
    'a search of Splunk (SPL)',
  ],
];

/** The same for a map of YAML or JSON. */
const MAPS: readonly (readonly [(map: YamlMap) => boolean, string | ((map: YamlMap) => string)])[] = [
  [
    has('search', ['how_to_implement', 'data_source', 'rba', 'known_false_positives']),
    'a detection of Splunk (a search in SPL); the pack "escu" has those for Kubernetes audit logs',
  ],
  [has('AnalysisType', ['RuleID', 'Filename', 'Detection', 'PackID']), 'a rule of Panther'],
  [has('query', ['queryFrequency', 'triggerOperator', 'relevantTechniques']), 'a rule of Microsoft Sentinel'],
  [has('query', ['rule_id', 'language']), 'a rule of Elastic'],
  [has('auditID', ['stage', 'verb', 'requestURI']), 'an audit event'],
  [has('apiVersion', ['kind']), ({ kind }) => `a Kubernetes object (${String(kind)})`],
  [
    ({ tests }) => Array.isArray(tests),
    'a file of rule tests: give it a name that ends in .test.yml, and use rules test',
  ],
  [
    has('receivers', ['destinations', 'rules', 'service', 'exporters']),
    'a configuration: use config check for it',
  ],
];

const FALCO_KEYS = ['rule', 'macro', 'list', 'required_engine_version'];
const SIGMA_KEYS = ['detection', 'correlation', 'filter', 'logsource'];
const SIGMA_KEY = /^(title|logsource|detection|correlation)\s*:/m;

/** What a file is in which there is no Sigma, as one sentence; undefined for a file that is Sigma or may be meant as such. */
export function foreignFile(text: string, values: readonly unknown[]): string | undefined {
  const structured =
    values.length > 0 && values.every((value) => typeof value === 'object' && value !== null);
  const what = structured ? ofValues(values) : ofText(text);
  return what && `is no Sigma rule: it is ${what}`;
}

function ofText(text: string): string | undefined {
  if (SIGMA_KEY.test(text)) return undefined;
  return TEXTS.find(([sign]) => sign.test(text))?.[1];
}

function ofValues(values: readonly unknown[]): string | undefined {
  const maps = values.flat().filter(isYamlMap);
  if (maps.some((map) => hasAny(map, SIGMA_KEYS))) return undefined;
  if (values.every(Array.isArray) && maps.some((map) => hasAny(map, FALCO_KEYS)))
    return 'a rules file of Falco';
  for (const [sign, what] of MAPS) {
    const map = maps.find(sign);
    if (map !== undefined) return typeof what === 'string' ? what : what(map);
  }
  return undefined;
}

/** Whether a map has a key, and one of those that stand beside it. */
function has(key: string, beside: readonly string[]): (map: YamlMap) => boolean {
  return (map) => Object.hasOwn(map, key) && hasAny(map, beside);
}

const hasAny = (map: YamlMap, keys: readonly string[]): boolean =>
  keys.some((key) => Object.hasOwn(map, key));
