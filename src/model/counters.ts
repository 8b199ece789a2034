/** Every counter, with what it counts. This is the only list: docs and metrics are checked against it. */
export const COUNTERS = {
  requests: 'requests received, by verdict',
  requests_refused:
    'requests that ended before they were read: rejected (size, compression, memory, format, no valid token), by status code; `sender limit`: one sender had too much in progress; given up by their sender (`cancelled`, `deadline`); or `cut off` with a connection that took too long',
  answers_unread: 'answers that their sender did not read within a minute; their calls were closed',
  connections_broken:
    'connections that ended in an error: not HTTP/2, silent, cut off during a request, or one connection too many',
  tls_handshakes_failed: 'TLS handshakes that failed',
  receiver_files:
    'changes of the TLS files or the token files of the receiver, by result: replaced, failed (then the old ones stay in use)',
  records: 'log records received',
  events: 'audit events read',
  records_passed_by: 'records that hold no audit event, by kind; accepted and ignored',
  records_rejected: 'malformed records, answered as OTLP partial success',
  records_several:
    'records that held several JSON documents: side by side, on lines, or as an array; each is read',
  nul_bytes: 'NUL bytes around audit events that were skipped: a log that was truncated while it was written',
  events_slow:
    'events that the byte reader passed to the slower reader, by reason; they are read all the same',
  untimed: 'events without a readable stageTimestamp, or before v1 a timestamp; another time was used',
  matches: 'events that a rule matched, by rule',
  matches_filtered: 'events that a rule matched and a Sigma filter excluded, by rule',
  hits: 'matches that reached a window, by rule',
  hits_idle:
    'matches that were skipped because their group had already fired and they could add nothing, by rule',
  hits_same_request:
    'matches of a request that was counted already when it had another time (the end of a session), by rule; not counted again',
  requests_forgotten: 'sessions that were forgotten early to make room; their end counts again',
  group_members_cut:
    'values of a multivalue group field beyond the last 16 of an event; not counted in windows',
  group_missing_dropped: 'hits dropped because a group field is missing (`missing: drop`), by rule',
  hits_late:
    "hits that came later than the rule's lateness allows, by rule; counted in windows, except those in `hits_late_dropped`",
  hits_late_dropped:
    'hits in `hits_late` that were dropped because their window had closed (`late: drop`), by rule',
  geo_files_failed:
    'files of the geo database that could not be opened after the start; until a restart their addresses have no place',
  reloads: 'rule reloads, by result: replaced, unchanged, failed',
  rules_left_out:
    'rules, filters, lists and files that were left out because of an error (`rules.on_error: keep_valid`), at the start and at each reload that changed something',
  groups_unclosed:
    'groups that were still open when the drain deadline passed; detections that were due for them are lost',
  repeats_forgotten:
    'identities that a rule without a window forgot early to make room, by rule; a repeat fires again, under the same id',
  hits_stale: 'hits made with a rule set that was no longer in force; their request was read again',
  groups_evicted: "groups closed early because the rule's group table was full, by rule",
  state_evicted: "groups closed early because the state's byte budget was used up, by rule",
  cells_evicted: 'cells of a group that were dropped because the group held too many, by rule',
  hits_evicted:
    'hits that were dropped because their group was full (temporal_ordered, and conditions that a late hit can revoke), by rule',
  hits_without_value: 'hits without the value that their value_* rule counts, by rule; they are still hits',
  hit_values_cut:
    'values of one hit, or combinations of values, beyond the last 16; not counted by their value_* rule, by rule',
  values_not_numbers:
    'values that are not numbers; left out of a sum, average, percentile or median, by rule',
  values_cut: 'collected values left out of a detection because a bound was reached',
  detections: 'detections fired, by rule',
  detections_filtered: 'detections dropped by a result filter, by rule',
  summaries: 'summaries emitted, by rule',
  memory_refused: 'requests rejected because memory was above the limit of memory_limiter',
  outbox_refused: 'requests rejected because the outbox was full, by destination',
  exported: 'risk events delivered, by destination',
  export_retries: 'failed delivery attempts that will be repeated, by destination',
  export_dead: 'risk events that a destination rejected permanently, by destination',
  export_lost: 'risk events not delivered when the drain deadline passed, by destination',
} as const;

export type CounterName = keyof typeof COUNTERS;

export interface Counters {
  /** `by`: the rule, kind, verdict or destination, if the text of the counter says `by ...`. */
  add(name: CounterName, n?: number, by?: string): void;
}
