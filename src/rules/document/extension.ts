import type * as z from 'zod';
import { closedMap, flag, list, mapOf, oneOf, text, wholeNumber } from '../../schema/shapes.ts';
import { timespan } from '../../schema/time-shapes.ts';

const riskObject = closedMap({ field: text(), type: text() });

/** The `sidewatch:` block: settings that Sigma does not have. Defaults that depend on the rule are in rule-settings.ts. */
export const EXTENSION = closedMap({
  /** false: off, unless an override turns it on. */
  enabled: flag().optional(),
  /** request: matched against one event of each resource in each request, for rules that nearly every event matches. */
  sample: oneOf(['request']).optional(),
  window: closedMap({
    kind: oneOf(['sliding', 'tumbling']).optional(),
    offset: timespan().optional(),
    lateness: timespan().optional(),
    late: oneOf(['keep', 'drop']).optional(),
  }).optional(),
  group: closedMap({
    multivalue: oneOf(['each', 'first', 'last', 'joined']).default('each'),
    repeats: flag().default(false),
    place: oneOf(['own', 'first', 'none']).default('own'),
    missing: oneOf(['keep', 'drop']).default('keep'),
  }).optional(),
  dedupe: oneOf(['request', 'record', 'none']).optional(),
  emit: oneOf(['crossing', 'close', 'both']).optional(),
  quiet: timespan().optional(),
  time: oneOf(['event', 'record']).optional(),
  risk: closedMap({
    score: wholeNumber(0).optional(),
    refused_score: wholeNumber(0).optional(),
    impact: wholeNumber(0, 100).optional(),
    confidence: wholeNumber(0, 100).optional(),
    message: text().optional(),
    objects: list(riskObject, 'a list of {field, type}').default([]),
    threats: list(riskObject, 'a list of {field, type}').default([]),
    collect: list(text(), 'a list of texts').default([]),
    analytic_story: list(text(), 'a list of texts').default([]),
  }).optional(),
  rename: mapOf(text(), 'a map from field to name').optional(),
});

export type Extension = z.output<typeof EXTENSION>;
