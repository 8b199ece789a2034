import * as z from 'zod';
import { re2Fault } from '../lib/re2.ts';
import { kind } from '../schema/kinds.ts';
import { closedMap, flag, list, section } from '../schema/shapes.ts';

const WANTS = 'a regular expression in the syntax of RE2';

function regularExpression() {
  const checked = z.string().superRefine((source, context) => {
    const fault = source === '' ? `wants ${WANTS}` : re2Fault(source);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });
  return kind(checked, WANTS);
}

const redaction = closedMap({
  enabled: flag()
    .default(true)
    .describe(
      'Whether tokens, passwords, keys and the data of Secrets are taken out of risk events, and each place is named in `sidewatch.redacted`. See risk-event.md.',
    ),
  patterns: list(regularExpression(), 'a list of regular expressions in the syntax of RE2')
    .default([])
    .describe(
      'What else is taken out. Of a match the first group is replaced, or all of it if the expression has no group.',
    ),
});

export const risk = section(closedMap({ redaction: section(redaction) }));
