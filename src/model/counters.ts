/** Every counter, with what it counts. The one list: docs and metrics are checked against it. */
export const COUNTERS = {
  requests: 'requests received, by verdict',
  requests_refused:
    'requests that the receiver refused by itself (size, compression, memory, form), by status code',
  connections_broken: 'connections that ended in an error: no HTTP/2, TLS, cut off, or one too many',
  records: 'log records received',
  events: 'audit events read',
  records_passed_by: 'records that hold no audit event, by kind; acknowledged and left alone',
  records_rejected: 'malformed records, answered as OTLP partial success',
  events_slow: 'events that the byte reader left to the slower reader, by reason; read all the same',
  untimed: 'events without a readable stageTimestamp; a fallback time was used',
  matches: 'events that a rule matched, by rule',
  matches_filtered: 'events that a rule matched and a Sigma filter took out, by rule',
  hits: 'matches that reached a window, by rule',
  hits_idle:
    'matches that were not made into hits, since their group had fired for all that they could add to, by rule',
  group_members_cut:
    'values of a multivalue group field beyond the last 16 of an event; not counted in windows',
  group_missing_dropped: 'hits dropped because a group field is missing (`missing: drop`), by rule',
  hits_late:
    "hits later than the rule's lateness, by rule; taken all the same, but for those of `hits_late_dropped`",
  hits_late_dropped:
    'those of `hits_late` that were dropped, since their window had closed (`late: drop`), by rule',
  geo_files_failed:
    'files of the geo database that could not be opened after the start: until a restart their addresses have no place',
  reloads: 'times that rules were read again, by what came of it: replaced, unchanged, failed',
  groups_unclosed: 'groups that a stop had no time to close: what they owed is lost',
  repeats_forgotten:
    'identities that a rule without a window forgot early to make room, by rule: a repeat fires again, under the same id',
  hits_stale: 'hits made under a rule set that was no longer in force; their request was read again',
  groups_evicted: "groups closed early because the rule's group table was full, by rule",
  state_evicted: "groups closed early because the state's byte budget was spent, by rule",
  cells_evicted: 'cells of a group dropped because it held too many, by rule',
  hits_evicted:
    'hits that a group had no room for (temporal_ordered, and conditions that a late hit can revoke), by rule',
  hits_without_value: 'hits that lack what their value_* rule counts; they are hits all the same, by rule',
  hit_values_cut:
    'values of one hit, or combinations of them, beyond the last 16; not counted by their value_* rule, by rule',
  values_not_numbers: 'values that are no numbers, left out of a sum, average, percentile or median, by rule',
  values_cut: 'collected values left out of a detection because a bound was reached',
  detections: 'detections fired, by rule',
  detections_filtered: 'detections dropped by a result filter, by rule',
  summaries: 'summaries emitted, by rule',
  outbox_refused: 'requests refused because the outbox was full',
  exported: 'risk events delivered, by destination',
  export_retries: 'failed attempts that will be repeated, by destination',
  export_dead: 'risk events that a destination refused for good, by destination',
  export_lost: 'risk events not delivered when the drain deadline passed, by destination',
} as const;

export type CounterName = keyof typeof COUNTERS;

export interface Counters {
  /** `by` names the rule, kind, verdict or destination where the counter's text says so. */
  add(name: CounterName, n?: number, by?: string): void;
}
