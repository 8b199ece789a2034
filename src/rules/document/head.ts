import { z } from 'zod';
import { LEVELS } from '../../model/rule.ts';
import { kind } from '../../schema/kinds.ts';
import { list, oneOf, text, textOrEmpty, textOrTexts } from '../../schema/shapes.ts';
import { check } from '../source/check-value.ts';
import type { FindingReport } from '../source/findings.ts';
import type { YamlMap } from '../source/yaml-map.ts';
import { lintTags } from './tags.ts';

const STATUSES = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const;
/** `obsoletes` is how older rules write it. */
const RELATIONS = ['derived', 'obsolete', 'obsoletes', 'merged', 'renamed', 'similar'] as const;
const TITLE_MAX = 256;
const DESCRIPTION_MAX = 65_535;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** As other readers of Sigma take it. */
function inAnyCase<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), schema);
}

/** What decides how a rule is found, what it scores and what a risk event says: a mistake here is a problem. */
const DECISIVE = z.object({
  title: text(),
  id: text().optional(),
  name: text().optional(),
  level: inAnyCase(oneOf(LEVELS)).optional(),
  tags: list(text(), 'a list of texts').default([]),
});

const oneOrMany = textOrTexts('a list of texts');

/** What is only told to people: a mistake here is a lint, and the key is left out. Keys beside all these are the author's own. */
const TOLD = {
  description: textOrEmpty().max(DESCRIPTION_MAX, `is longer than ${DESCRIPTION_MAX} characters`),
  references: oneOrMany,
  status: inAnyCase(oneOf(STATUSES)),
  author: z.preprocess(
    (value) =>
      Array.isArray(value) && value.every((one) => typeof one === 'string') ? value.join(', ') : value,
    textOrEmpty(),
  ),
  date: kind(z.string().regex(DATE), 'a date such as 2026-01-15'),
  modified: kind(z.string().regex(DATE), 'a date such as 2026-01-15'),
  related: list(z.object({ id: text(), type: oneOf(RELATIONS) }), 'a list of {id, type}'),
  license: text(),
  falsepositives: oneOrMany,
  fields: oneOrMany,
  scope: oneOrMany,
  taxonomy: text(),
} as const;

/** The keys that say something of a rule, in any kind of document. */
export const HEAD_KEYS: readonly string[] = [...Object.keys(DECISIVE.shape), ...Object.keys(TOLD)];

type Told = { readonly [Key in keyof typeof TOLD]?: z.output<(typeof TOLD)[Key]> };

/** What every Sigma document says of itself. */
export type Head = z.output<typeof DECISIVE> &
  Omit<Told, 'description' | 'references' | 'falsepositives'> & {
    readonly description: string;
    readonly references: readonly string[];
    readonly falsepositives: readonly string[];
  };

/** undefined after a problem. */
export function parseHead(document: YamlMap, report: FindingReport): Head | undefined {
  const decisive = check(DECISIVE, document, [], report);
  const told = parseTold(document, report);
  if (decisive === undefined) return undefined;
  lint(decisive, told, report);
  return { description: '', references: [], falsepositives: [], ...told, ...decisive };
}

function parseTold(document: YamlMap, report: FindingReport): Told {
  const told: Record<string, unknown> = {};
  const gentle: FindingReport = { ...report, problem: (path, message) => void report.lint(path, message) };
  for (const [key, schema] of Object.entries(TOLD)) {
    // An empty key says nothing, as in `author:` and nothing behind it.
    if (document[key] === undefined || document[key] === null) continue;
    const value = check(schema, document[key], [key], gentle);
    if (value !== undefined) told[key] = value;
  }
  return told;
}

function lint(
  { id, title, tags }: z.output<typeof DECISIVE>,
  { taxonomy }: Told,
  report: FindingReport,
): void {
  if (id === undefined) report.lint([], 'has no id; without one its windows and its tuning follow its title');
  else if (!UUID.test(id)) report.lint(['id'], 'wants a UUID');
  if (title.length > TITLE_MAX) report.lint(['title'], `is longer than ${TITLE_MAX} characters`);
  if (taxonomy !== undefined && taxonomy !== 'sigma')
    report.lint(['taxonomy'], 'is not looked at; fields are read as audit events have them');
  lintTags(tags, report);
}
