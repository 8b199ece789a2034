import { z } from 'zod';
import { LEVELS } from '../../model/rule.ts';
import { kind } from '../../schema/kinds.ts';
import { list, oneOf, text, textOrEmpty, textOrTexts } from '../../schema/shapes.ts';
import { checkValue } from '../source/check-value.ts';
import type { FindingReport } from '../source/rule-findings.ts';
import type { YamlMap } from '../source/yaml-map.ts';
import { lintTags } from './tags.ts';

const STATUSES = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const;
/** `obsoletes` is how older rules write it. */
const RELATIONS = ['derived', 'obsolete', 'obsoletes', 'merged', 'renamed', 'similar'] as const;
const TITLE_MAX = 256;
const DESCRIPTION_MAX = 65_535;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** Other readers of Sigma accept any case too. */
function inAnyCase<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), schema);
}

/** Keys that decide how a rule is found, what it scores and what a risk event says: a mistake here is a problem. */
const DECISIVE = z.object({
  title: text(),
  id: text().optional(),
  name: text().optional(),
  level: inAnyCase(oneOf(LEVELS)).optional(),
  tags: list(text(), 'a list of texts').default([]),
});

const oneOrMany = textOrTexts('a list of texts');

/** Keys that are only for people: a mistake here is a lint, and the key is left out. All other keys are the author's own. */
const DESCRIPTIVE = {
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

/** The keys that describe a rule, in every kind of document. */
export const HEAD_KEYS: readonly string[] = [...Object.keys(DECISIVE.shape), ...Object.keys(DESCRIPTIVE)];

type Descriptive = { readonly [Key in keyof typeof DESCRIPTIVE]?: z.output<(typeof DESCRIPTIVE)[Key]> };

/** The keys that every Sigma document has. */
export type Head = z.output<typeof DECISIVE> &
  Omit<Descriptive, 'description' | 'references' | 'falsepositives'> & {
    readonly description: string;
    readonly references: readonly string[];
    readonly falsepositives: readonly string[];
  };

/** undefined after a problem. */
export function parseHead(document: YamlMap, report: FindingReport): Head | undefined {
  const decisive = checkValue(DECISIVE, document, [], report);
  const descriptive = parseDescriptive(document, report);
  if (decisive === undefined) return undefined;
  lint(decisive, descriptive, report);
  return { description: '', references: [], falsepositives: [], ...descriptive, ...decisive };
}

function parseDescriptive(document: YamlMap, report: FindingReport): Descriptive {
  const descriptive: Record<string, unknown> = {};
  const gentle: FindingReport = { ...report, problem: (path, message) => void report.lint(path, message) };
  for (const [key, schema] of Object.entries(DESCRIPTIVE)) {
    // A key without a value, such as `author:`, is ignored.
    if (document[key] === undefined || document[key] === null) continue;
    const value = checkValue(schema, document[key], [key], gentle);
    if (value !== undefined) descriptive[key] = value;
  }
  return descriptive;
}

function lint(
  { id, title, tags }: z.output<typeof DECISIVE>,
  { taxonomy }: Descriptive,
  report: FindingReport,
): void {
  if (id === undefined)
    report.lint([], 'has no id; its id is made from the title, so a new title makes it a new rule');
  else if (!UUID.test(id)) report.lint(['id'], 'wants a UUID');
  if (title.length > TITLE_MAX) report.lint(['title'], `is longer than ${TITLE_MAX} characters`);
  if (taxonomy !== undefined && taxonomy !== 'sigma')
    report.lint(['taxonomy'], 'is ignored; fields are named as in audit events');
  lintTags(tags, report);
}
