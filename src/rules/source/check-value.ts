import type { z } from 'zod';
import type { YamlPath } from '../../lib/yaml-source.ts';
import type { FindingReport } from './findings.ts';

/** The value that `schema` makes of `value`, or undefined after everything wrong with it was reported under `path`. */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: YamlPath,
  report: FindingReport,
): z.output<Schema> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues)
    report.problem([...path, ...(issue.path as (string | number)[])], issue.message);
  return undefined;
}
