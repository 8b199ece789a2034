import { z } from 'zod';
import { LEVELS } from '../model/rule.ts';
import type { Report } from './report.ts';
import { check, name, names, oneOf, text } from './shapes.ts';

/** What every Sigma document says of itself, as far as it is used. Keys beside these are the author's own business. */
const HEAD = z.object({
  title: name.max(256, 'is longer than 256 characters'),
  id: name.optional(),
  name: name.optional(),
  description: text.default(''),
  level: oneOf(LEVELS).optional(),
  tags: names.default([]),
  references: names.default([]),
});

export type Head = z.output<typeof HEAD>;

export function parseHead(document: object, report: Report): Head | undefined {
  return check(HEAD, document, [], report);
}
