import { z } from 'zod';
import { closed, flag, name, names, oneOf, span, whole } from '../../schema/rule-shapes.ts';

const riskObject = closed({ field: name, type: name });

/** The `sidewatch:` block: what Sigma leaves open. Defaults that depend on the rule are filled in by assemble.ts. */
export const EXTENSION = closed({
  /** false: off, unless an override turns it on. */
  enabled: flag.optional(),
  /** request: asked of one event of each resource in each request, for rules that nearly every event matches. */
  sample: oneOf(['request']).optional(),
  window: closed({
    kind: oneOf(['sliding', 'tumbling']).optional(),
    offset: span.optional(),
    lateness: span.optional(),
    late: oneOf(['keep', 'drop']).optional(),
  }).optional(),
  group: closed({
    multivalue: oneOf(['each', 'first', 'last', 'joined']).default('each'),
    repeats: flag.default(false),
    place: oneOf(['own', 'first', 'none']).default('own'),
    missing: oneOf(['keep', 'drop']).default('keep'),
  }).optional(),
  dedupe: oneOf(['request', 'record', 'none']).optional(),
  emit: oneOf(['crossing', 'close', 'both']).optional(),
  quiet: span.optional(),
  time: oneOf(['event', 'record']).optional(),
  risk: closed({
    score: whole(0).optional(),
    refused_score: whole(0).optional(),
    impact: whole(0, 100).optional(),
    confidence: whole(0, 100).optional(),
    message: name.optional(),
    objects: z.array(riskObject, { error: 'wants a list of {field, type}' }).default([]),
    threats: z.array(riskObject, { error: 'wants a list of {field, type}' }).default([]),
    collect: names.default([]),
    analytic_story: names.default([]),
  }).optional(),
  rename: z.record(z.string(), name, { error: 'wants a map from field to name' }).optional(),
});

export type Extension = z.output<typeof EXTENSION>;
