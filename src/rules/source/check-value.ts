import type * as z from 'zod';
import type { YamlPath } from '../../lib/yaml-source.ts';
import { parseValue } from '../../schema/parse-value.ts';
import type { FindingReport } from './rule-findings.ts';

/** The value that `schema` makes of `value`, or undefined after everything wrong with it was reported under `path`. */
export function checkValue<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: YamlPath,
  report: FindingReport,
): z.output<Schema> | undefined {
  const parsed = parseValue(schema, value);
  if ('value' in parsed) return parsed.value;
  for (const fault of parsed.faults) report.problem([...path, ...fault.path], fault.what);
  return undefined;
}
