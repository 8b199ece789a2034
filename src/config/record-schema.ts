import * as z from 'zod';
import { closedMap, oneOf, text, wholeNumber } from '../schema/shapes.ts';
import { RECORD_FORMATS } from './target.ts';

export const splunkKeys = closedMap({
  index: text('the name of an index')
    .default('risk')
    .describe('For the format splunk: the index of risk events (`com.splunk.index`).'),
  source: text('a source')
    .optional()
    .describe(
      'The source of all records (`com.splunk.source`). Unless it is set, the search name of the rule: risk rules of Enterprise Security count distinct sources.',
    ),
  sourcetype: text('a sourcetype')
    .default('sidewatch:risk')
    .describe(
      'The sourcetype of risk events (`com.splunk.sourcetype`). Summaries have it with `:summary` behind it.',
    ),
  summary_index: text('the name of an index')
    .optional()
    .describe(
      'The index of summaries. Unless it is set, the default index of the HEC token: in the index of risk events a summary would be one more event of the Risk data model.',
    ),
  audit_search: text('a search')
    .default('index=* sourcetype="kube:apiserver-audit"')
    .describe('The search that finds your audit log, for `contributing_events_search`.'),
});

/** The keys of a destination that say what its records look like. */
export const recordKeys = {
  format: oneOf(RECORD_FORMATS)
    .default('otel')
    .describe(
      '`otel`: the attributes of risk-event.md. `splunk`: the fields of the Risk data model. `ocsf`: a Detection Finding of OCSF as the body.',
    ),
  splunk: z.preprocess((value) => value ?? {}, splunkKeys).optional(),
  timestamp: oneOf(['event', 'observed'])
    .default('event')
    .describe(
      "The Timestamp of a record. `event`: the detection's. `observed`: the time at which it is sent, for a backend that refuses records older than those that it has, such as Loki.",
    ),
  max_event_kib: wholeNumber(8, 65_536)
    .default(48)
    .describe(
      'The largest risk event, in KiB, as it is sent and before compression. Of a larger one, and of one with more than 120 attributes, the longest values are cut first and named in `sidewatch.values.truncated`.',
    ),
};

/** The records of a destination which the file does not describe. */
export const recordDefaults = closedMap(recordKeys);
