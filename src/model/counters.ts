/** How much the metrics distinguish: basic has no rules, normal has them where they matter most, detailed everywhere. */
export const METRIC_LEVELS = ['basic', 'normal', 'detailed'] as const;
export type MetricLevel = (typeof METRIC_LEVELS)[number];

/** The label of all that is counted together because there are too many labels to keep apart. */
export const OTHER = 'other';

/** A label of a metric. The counters' keys and these are names that operators build dashboards and alerts on. */
export type LabelName = 'verdict' | 'kind' | 'reason' | 'result' | 'rule' | 'destination';

export interface CounterInfo {
  /** What is counted, in the singular: the unit `{record}`. Bytes and seconds are `By` and `s`. */
  readonly unit: string;
  /** What `by` of `Counters.add` stands for. */
  readonly by?: LabelName;
  /** All that `by` can be, where it is known and short. */
  readonly values?: readonly string[];
  /** True if each count has the level of its detection too. */
  readonly byLevel?: boolean;
  /** For a counter by rule, the lowest telemetry.metrics.level that shows its rules; without it `detailed`. */
  readonly rulesFrom?: 'normal';
  readonly what: string;
}

/** One label of a counter, and its count. */
export interface Count {
  /** '' for a counter without labels. */
  readonly by: string;
  /** Of detections that were sent; see COUNTERS. */
  readonly level?: string;
  readonly count: number;
}

/** Every counter, with what it counts. This is the only list: docs and metrics are made from it. */
export const COUNTERS = {
  requests: {
    unit: 'request',
    by: 'verdict',
    values: ['accepted', 'overloaded', 'malformed', 'relayed', 'unavailable'],
    what: 'requests received; `relayed`: the next hop answered, whatever its answer was',
  },
  requests_refused: {
    unit: 'request',
    by: 'reason',
    what: 'requests that ended before they were read: rejected (size, compression, memory, format, no valid token), with the status code; `sender limit`: one sender had too much in progress; given up by their sender (`cancelled`, `deadline`); or `cut off` with a connection that took too long',
  },
  answers_unread: {
    unit: 'answer',
    what: 'answers that their sender did not read within a minute; their calls or connections were closed',
  },
  connections_broken: {
    unit: 'connection',
    what: 'connections that ended in an error: not HTTP/2 (gRPC) or not HTTP/1.1, silent, cut off during a request, or one connection too many',
  },
  tls_handshakes_failed: { unit: 'handshake', what: 'TLS handshakes that failed' },
  receiver_files: {
    unit: 'change',
    by: 'result',
    values: ['replaced', 'failed'],
    what: 'changes of the TLS files or the token files of a receiver: replaced, or failed (then the old ones stay in use)',
  },
  destination_files: {
    unit: 'change',
    by: 'result',
    values: ['replaced', 'failed'],
    what: 'changes of the TLS files or the header files of a destination: replaced, or failed (then the old ones stay in use)',
  },
  forwarded: {
    unit: 'request',
    by: 'result',
    values: ['accepted', 'refused', 'no_answer'],
    what: 'requests sent to the next hop (`forward`): it accepted them, refused them, or gave no answer',
  },
  forward_unrecorded: {
    unit: 'request',
    what: 'requests that the next hop accepted and whose hits could not be recorded; they were answered UNAVAILABLE, so the next hop may get them twice',
  },
  forward_unread: {
    unit: 'request',
    what: 'requests that cannot be read and were forwarded all the same; nothing was detected in them',
  },
  forward_left_out: {
    unit: 'record',
    what: 'records that were acknowledged and not forwarded (`forward.keep`)',
  },
  forward_annotated: { unit: 'record', what: 'records that were forwarded with an annotation' },
  forward_looped: {
    unit: 'record',
    what: 'records of the scope `sidewatch` that were rejected instead of forwarded: risk events that came back',
  },
  records: { unit: 'record', what: 'log records received' },
  events: { unit: 'event', what: 'audit events read' },
  records_passed_by: {
    unit: 'record',
    by: 'kind',
    what: 'records that hold no audit event; accepted and ignored',
  },
  records_rejected: { unit: 'record', what: 'malformed records, answered as OTLP partial success' },
  events_truncated: {
    unit: 'event',
    what: 'audit events whose text breaks off (a line that was too long), read as far as they go and marked with the annotation audit.k8s.io/truncated',
  },
  records_several: {
    unit: 'record',
    what: 'records that held several JSON documents: side by side, on lines, or as an array; each is read',
  },
  nul_bytes: {
    unit: 'By',
    what: 'NUL bytes around audit events that were skipped: a log that was truncated while it was written',
  },
  events_slow: {
    unit: 'event',
    by: 'reason',
    what: 'events that the byte reader passed to the slower reader; they are read all the same',
  },
  untimed: {
    unit: 'event',
    what: 'events without a readable stageTimestamp, or before v1 a timestamp; another time was used',
  },
  matches: { unit: 'match', by: 'rule', rulesFrom: 'normal', what: 'events that a rule matched' },
  matches_filtered: {
    unit: 'match',
    by: 'rule',
    what: 'events that a rule matched and a Sigma filter excluded',
  },
  hits: { unit: 'hit', by: 'rule', what: 'matches that reached a window' },
  hits_idle: {
    unit: 'match',
    by: 'rule',
    what: 'matches that were skipped because their group had already fired and they could add nothing',
  },
  hits_same_request: {
    unit: 'match',
    by: 'rule',
    what: 'matches of a request that was counted already when it had another time (the end of a session); not counted again',
  },
  requests_forgotten: {
    unit: 'session',
    what: 'sessions that were forgotten early to make room; their end counts again',
  },
  group_members_cut: {
    unit: 'value',
    what: 'values of a multivalue group field beyond the last 16 of an event; not counted in windows',
  },
  group_missing_dropped: {
    unit: 'hit',
    by: 'rule',
    what: 'hits dropped because a group field is missing (`missing: drop`)',
  },
  hits_late: {
    unit: 'hit',
    by: 'rule',
    rulesFrom: 'normal',
    what: "hits that came later than the rule's lateness allows; counted in windows, except those in `hits_late_dropped`",
  },
  hits_late_dropped: {
    unit: 'hit',
    by: 'rule',
    rulesFrom: 'normal',
    what: 'hits in `hits_late` that were dropped because their window had closed (`late: drop`)',
  },
  geo_reloads: {
    unit: 'change',
    by: 'result',
    values: ['replaced', 'failed'],
    what: 'changes of the file of geo.city: replaced, or failed (then the old places stay)',
  },
  geo_files_failed: {
    unit: 'file',
    what: 'files of the geo database that could not be opened after the start; until they are replaced their addresses have no place',
  },
  reloads: {
    unit: 'reload',
    by: 'result',
    values: ['replaced', 'unchanged', 'failed'],
    what: 'rule reloads: replaced, unchanged or failed',
  },
  rules_left_out: {
    unit: 'rule',
    what: 'rules, filters, lists and files that were left out because of an error (`rules.on_error: keep_valid`), at the start and at each reload that changed something',
  },
  groups_dropped: {
    unit: 'group',
    by: 'rule',
    what: 'groups of a rule that has changed while Sidewatch was away, and whose detections could not be made any more; the log names the rule',
  },
  groups_unclosed: {
    unit: 'group',
    what: 'groups that were still open when the drain deadline passed; detections that were due for them are lost',
  },
  repeats_forgotten: {
    unit: 'identity',
    by: 'rule',
    what: 'identities that a rule without a window forgot early to make room; a repeat fires again, under the same id',
  },
  hits_stale: {
    unit: 'hit',
    what: 'hits made with a rule set that was no longer in force; their request was read again',
  },
  groups_evicted: {
    unit: 'group',
    by: 'rule',
    what: "groups that gave way because the rule's group table was full",
  },
  groups_folded: {
    unit: 'group',
    by: 'rule',
    what: 'groups that gave way and were folded into an overflow group, because the group table was full or the byte budget was used up',
  },
  state_evicted: {
    unit: 'group',
    by: 'rule',
    what: "groups that gave way because the state's byte budget was used up",
  },
  cells_evicted: {
    unit: 'cell',
    by: 'rule',
    what: 'cells of a group that were dropped because the group held too many',
  },
  hits_evicted: {
    unit: 'hit',
    by: 'rule',
    what: 'hits that were dropped because their group was full (temporal_ordered, and conditions that a late hit can revoke)',
  },
  hits_without_value: {
    unit: 'hit',
    by: 'rule',
    what: 'hits without the value that their value_* rule counts; they are still hits',
  },
  hit_values_cut: {
    unit: 'value',
    by: 'rule',
    what: 'values of one hit, or combinations of values, beyond the last 16; not counted by their value_* rule',
  },
  values_not_numbers: {
    unit: 'value',
    by: 'rule',
    what: 'values that are not numbers; left out of a sum, average, percentile or median',
  },
  values_cut: {
    unit: 'value',
    by: 'rule',
    what: 'collected values left out of a detection because a bound was reached',
  },
  detections: {
    unit: 'detection',
    by: 'rule',
    byLevel: true,
    rulesFrom: 'normal',
    what: 'detections fired; overflow detections, and those of rules that only other rules count, have no `level`',
  },
  detections_filtered: { unit: 'detection', by: 'rule', what: 'detections dropped by a result filter' },
  detections_redacted: {
    unit: 'detection',
    by: 'rule',
    what: 'detections in whose texts a secret was found; their risk events do not hold it',
  },
  summaries: { unit: 'summary', by: 'rule', what: 'summaries emitted' },
  memory_refused: {
    unit: 'request',
    what: 'requests rejected because memory was above the limit of memory_limiter',
  },
  outbox_refused: {
    unit: 'request',
    by: 'destination',
    what: 'requests rejected because the outbox was full',
  },
  outbox_dropped: {
    unit: 'risk_event',
    by: 'destination',
    what: 'risk events that were dropped because the queue of their destination was full (`on_full: drop_oldest`)',
  },
  export_cut: {
    unit: 'risk_event',
    by: 'destination',
    what: 'risk events of which values were cut or left out, so that they fit a destination (`max_event_kib`, 120 attributes)',
  },
  store_commits: {
    unit: 'commit',
    by: 'result',
    values: ['done', 'failed'],
    what: 'attempts to make changes durable (`storage.kind: sqlite`); one that failed is repeated, and until then requests are refused',
  },
  store_snapshots: {
    unit: 'snapshot',
    by: 'result',
    values: ['made', 'failed'],
    what: 'snapshots of the windows in the store, each in place of the journal before it',
  },
  exported: { unit: 'risk_event', by: 'destination', what: 'risk events delivered' },
  export_retries: {
    unit: 'attempt',
    by: 'destination',
    what: 'failed delivery attempts that will be repeated',
  },
  export_dead: {
    unit: 'risk_event',
    by: 'destination',
    what: 'risk events that a destination rejected permanently',
  },
  dead_letters: {
    unit: 'risk_event',
    by: 'destination',
    what: 'risk events written to the dead letters: rejected permanently, of a batch that was rejected in part, or taken out of a full queue (`on_full: dead_letter`)',
  },
  dead_letters_removed: {
    unit: 'risk_event',
    by: 'destination',
    what: 'dead letters that were deleted because there were too many (`delivery.max_dead_letters_mib`)',
  },
  dead_letters_failed: {
    unit: 'attempt',
    by: 'destination',
    what: 'attempts to write dead letters that failed; the risk events wait, and it is tried again',
  },
  live_readers_closed: {
    unit: 'reader',
    by: 'reason',
    values: ['slow', 'too_many'],
    what: "readers of the console's live stream that were closed: they read too slowly, or there were too many at once",
  },
  export_lost: {
    unit: 'risk_event',
    by: 'destination',
    what: 'risk events not delivered when the drain deadline passed',
  },
} as const satisfies Readonly<Record<string, CounterInfo>>;

export type CounterName = keyof typeof COUNTERS;

export interface Counters {
  /** `by`: the label that COUNTERS names for this counter; a rule by its id. `level`: of a detection that is sent. */
  add(name: CounterName, n?: number, by?: string, level?: string): void;
}
