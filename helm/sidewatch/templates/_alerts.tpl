{{/*
Alerts on Sidewatch itself. SERIES stands for the labels that choose the pod. Each has a runbook under its name in docs/operations.md.
*/}}
{{- define "sidewatch.healthAlerts" -}}
{{- $pod := "{{ $labels.namespace }}/{{ $labels.pod }}" -}}
{{- $destination := "{{ $labels.destination }}" -}}
- alert: SidewatchAway
  for: 5m
  expr: absent(sidewatch_ready{SERIES})
  summary: No metrics of Sidewatch are scraped, so detection may have stopped
- alert: SidewatchNotReady
  for: 5m
  expr: sidewatch_ready{SERIES} == 0
  summary: '{{ $pod }} is not ready for requests'
- alert: SidewatchNoEvents
  for: 5m
  expr: |
    time() - sidewatch_event_last_time_seconds{SERIES,k8s_cluster_name!="sidewatch-scan-test"} > 900
    or
    sidewatch_events_total{SERIES} == 0
  summary: '{{ $pod }} gets no audit events{{ "{{ with $labels.k8s_cluster_name }} of the cluster {{ . }}{{ end }}" }}'
- alert: SidewatchEventsLate
  for: 10m
  expr: sidewatch_event_lag_seconds{SERIES} > 300
  summary: 'Audit events come to {{ $pod }} {{ "{{ $value | humanizeDuration }}" }} late{{ "{{ with $labels.k8s_cluster_name }} from the cluster {{ . }}{{ end }}" }}'
- alert: SidewatchRequestsRefused
  for: 15m
  expr: |
    sum by (namespace, pod) (increase(sidewatch_requests_total{SERIES,verdict!~"accepted|relayed"}[15m])) > 0
    or
    sum by (namespace, pod) (increase(sidewatch_requests_refused_total{SERIES}[15m])) > 0
  summary: '{{ $pod }} has refused requests for a quarter of an hour'
- alert: SidewatchRecordsDropped
  # The second series is not there before its first hit, so that nothing increases then.
  expr: |
    sum by (namespace, pod) (increase(sidewatch_records_rejected_total{SERIES}[15m])) > 0
    or
    sum by (namespace, pod) (
      increase(sidewatch_hits_late_dropped_total{SERIES}[15m]) > 0
      or
      (sidewatch_hits_late_dropped_total{SERIES} unless sidewatch_hits_late_dropped_total{SERIES} offset 15m)
    ) > 0
  summary: '{{ $pod }} has dropped records or late hits'
- alert: SidewatchRiskEventsWait
  for: 1m
  expr: sidewatch_outbox_oldest_age_seconds{SERIES} > 300
  summary: 'Risk events of {{ $pod }} have waited {{ "{{ $value | humanizeDuration }}" }} for the destination {{ $destination }}'
- alert: SidewatchRiskEventsLost
  expr: |
    sum by (namespace, pod, destination) (
      increase(sidewatch_export_dead_total{SERIES}[15m])
      + increase(sidewatch_export_lost_total{SERIES}[15m])
      + increase(sidewatch_outbox_dropped_total{SERIES}[15m])
    ) > 0
  summary: 'Risk events of {{ $pod }} for the destination {{ $destination }} were refused for good, dropped or lost'
- alert: SidewatchDeadLetters
  expr: |
    sum by (namespace, pod, destination) (
      increase(sidewatch_dead_letters_total{SERIES}[15m])
      + increase(sidewatch_dead_letters_removed_total{SERIES}[15m])
    ) > 0
  summary: 'Risk events of {{ $pod }} for the destination {{ $destination }} became dead letters'
- alert: SidewatchDeadLettersFailed
  expr: increase(sidewatch_dead_letters_failed_total{SERIES}[15m]) > 0
  summary: '{{ $pod }} cannot write dead letters of the destination {{ $destination }}'
- alert: SidewatchNextHopRefuses
  for: 5m
  expr: sum by (namespace, pod, result) (increase(sidewatch_forwarded_total{SERIES,result!="accepted"}[5m])) > 0
  summary: 'The next hop of {{ $pod }} does not accept records ({{ "{{ $labels.result }}" }})'
- alert: SidewatchRulesNotInForce
  expr: |
    increase(sidewatch_reloads_total{SERIES,result="failed"}[15m]) > 0
    or
    sidewatch_rules{SERIES,state="left_out"} > 0
  summary: 'Rules of {{ $pod }} are not in force because of an error'
- alert: SidewatchWindowsGiveWay
  expr: |
    sum by (namespace, pod) (increase(sidewatch_state_evicted_total{SERIES}[15m])) > 0
    or
    sum by (namespace, pod) (increase(sidewatch_groups_evicted_total{SERIES}[15m])) > 0
  summary: 'Windows of {{ $pod }} are closed early to make room'
- alert: SidewatchStoreFails
  expr: increase(sidewatch_store_commits_total{SERIES,result="failed"}[5m]) > 0
  summary: '{{ $pod }} cannot store what it has, and refuses requests'
- alert: SidewatchStoreSlow
  for: 5m
  expr: |
    histogram_quantile(0.99,
      sum by (namespace, pod, le) (rate(sidewatch_store_commit_duration_seconds_bucket{SERIES}[5m]))
    ) > 0.25
  summary: 'The store of {{ $pod }} takes {{ "{{ $value | humanizeDuration }}" }} for a commit'
- alert: SidewatchSnapshotFails
  expr: increase(sidewatch_store_snapshots_total{SERIES,result="failed"}[1h]) > 0
  summary: '{{ $pod }} cannot store snapshots of its windows'
- alert: SidewatchOverload
  for: 5m
  expr: sidewatch_loop_delay_max_seconds{SERIES} > 1
  summary: '{{ $pod }} has too little CPU'
{{- end -}}

{{/* Annotations of an alert: root, name, summary, description. */}}
{{- define "sidewatch.alertAnnotations" -}}
{{- $rule := .root.Values.prometheusRule -}}
{{- $runbook := printf "operations.md#%s" (lower .name) -}}
summary: {{ quote .summary }}
description: {{ printf "%sRunbook: docs/%s" .description $runbook | quote }}
{{- with $rule.runbookBaseUrl }}
runbook_url: {{ trimSuffix "/" . }}/{{ $runbook }}
{{- end }}
{{- with $rule.alertAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}
