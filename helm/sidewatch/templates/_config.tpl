{{/* Where the parts of a configuration are mounted. */}}
{{- define "sidewatch.folder" -}}/etc/sidewatch{{- end -}}

{{/* Where the volume of the store is mounted. */}}
{{- define "sidewatch.storeFolder" -}}/var/lib/sidewatch{{- end -}}

{{/* The configuration, as JSON: `config` merged over what the chart sets. */}}
{{- define "sidewatch.config" -}}
{{- $config := include "sidewatch.chartConfig" . | fromYaml -}}
{{- $given := include "sidewatch.tpl" (dict "root" $ "value" (default dict .Values.config)) | fromYaml -}}
{{- $files := include "sidewatch.valueAt" (dict "from" $given "path" (list "rules" "files")) | default "[]" | fromJsonArray -}}
{{- include "sidewatch.mergeOver" (dict "onto" $config "from" $given) -}}
{{- if $files -}}
{{- $_ := set $config.rules "files" (concat (list (include "sidewatch.rulesFolder" .)) $files) -}}
{{- end -}}
{{- $config | toJson -}}
{{- end -}}

{{/* What is at a path in nested maps, as JSON; empty where nothing is, or a reference stands for a map. */}}
{{- define "sidewatch.valueAt" -}}
{{- if not .path -}}
{{- .from | toJson -}}
{{- else if kindIs "map" .from -}}
{{- if hasKey .from (first .path) -}}
{{- include "sidewatch.valueAt" (dict "from" (get .from (first .path)) "path" (rest .path)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Merges maps in place: `from` over `onto`. Lists are replaced, null removes. Sprig's merge keeps a value where the new one is false or null. */}}
{{- define "sidewatch.mergeOver" -}}
{{- $onto := .onto -}}
{{- range $key, $value := .from -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $onto $key -}}
{{- else if and (kindIs "map" $value) (kindIs "map" (get $onto $key)) -}}
{{- include "sidewatch.mergeOver" (dict "onto" (get $onto $key) "from" $value) -}}
{{- else if kindIs "map" $value -}}
{{- $fresh := dict -}}
{{- include "sidewatch.mergeOver" (dict "onto" $fresh "from" $value) -}}
{{- $_ := set $onto $key $fresh -}}
{{- else -}}
{{- $_ := set $onto $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sidewatch.rulesFolder" -}}{{ include "sidewatch.folder" . }}/rules{{- end -}}

{{- define "sidewatch.headerVariable" -}}
SIDEWATCH_HEADER_{{ printf "%s_%s" .destination .header | upper | replace "-" "_" | replace "." "_" | replace "/" "_" }}
{{- end -}}

{{/*
The receivers that the chart opens. Of each: the name of its port in the container and the Service, its key in `ports`, where it is
in the configuration, and its ports in the Service. `switch` is the value that turns it on, where it may be off.
*/}}
{{- define "sidewatch.receivers" -}}
{{- $http := eq .Values.security.mode "plaintext" | ternary "http" "https" -}}
{{- $service := .Values.service -}}
- {name: otlp-grpc, port: otlpGrpc, path: [receivers, otlp, protocols, grpc], appProtocol: grpc, servicePort: {{ $service.port | toJson }}, nodePort: {{ $service.nodePort | toJson }}}
{{- with .Values.otlpHttp }}
{{- if .enabled }}
- {name: otlp-http, port: otlpHttp, path: [receivers, otlp, protocols, http], appProtocol: {{ $http }}, servicePort: {{ .servicePort | toJson }}, nodePort: {{ .nodePort | toJson }}, switch: otlpHttp}
{{- end }}
{{- end }}
{{- with .Values.auditWebhook }}
{{- if .enabled }}
- {name: audit-webhook, port: auditWebhook, path: [receivers, kubernetes_audit_webhook], appProtocol: {{ $http }}, servicePort: {{ .servicePort | toJson }}, nodePort: {{ .nodePort | toJson }}, switch: auditWebhook}
{{- end }}
{{- end }}
{{- end -}}

{{/* What all receivers have in common, their address, TLS and who may send: root, port (a key of `ports`). */}}
{{- define "sidewatch.receiver" -}}
{{- $folder := include "sidewatch.folder" .root -}}
{{- $values := .root.Values -}}
{{- $security := default dict $values.security -}}
endpoint: {{ printf "%s:%d" (default "${env:MY_POD_IP}" $values.bindAddress) (get $values.ports .port | int) | quote }}
{{- if eq $security.mode "plaintext" }}
allow_plaintext: true
{{- if not $security.tokens }}
allow_unauthenticated: true
{{- end }}
{{- else }}
tls:
  cert_file: {{ $folder }}/tls/{{ eq $security.mode "certManager" | ternary "tls.crt" $security.tls.certKey }}
  key_file: {{ $folder }}/tls/{{ eq $security.mode "certManager" | ternary "tls.key" $security.tls.keyKey }}
  {{- if ($security.clientCA).secretName }}
  client_ca_file: {{ $folder }}/client-ca/{{ $security.clientCA.key }}
  {{- end }}
{{- end }}
{{- with $security.tokens }}
auth:
  tokens:
    {{- range $index, $token := . }}
    - file: {{ $folder }}/tokens-{{ $index }}/{{ default "tokens" $token.key }}
      {{- with $token.cluster }}
      cluster: {{ quote . }}
      {{- end }}
    {{- end }}
{{- end }}
{{- end -}}

{{- define "sidewatch.chartConfig" -}}
{{- $folder := include "sidewatch.folder" . -}}
{{- $values := .Values -}}
receivers:
  otlp:
    protocols:
      grpc:
        {{- include "sidewatch.receiver" (dict "root" . "port" "otlpGrpc") | nindent 8 }}
      {{- if (.Values.otlpHttp).enabled }}
      http:
        {{- include "sidewatch.receiver" (dict "root" . "port" "otlpHttp") | nindent 8 }}
      {{- end }}
  {{- if (.Values.auditWebhook).enabled }}
  kubernetes_audit_webhook:
    {{- include "sidewatch.receiver" (dict "root" . "port" "auditWebhook") | nindent 4 }}
  {{- end }}
{{- with include "sidewatch.memoryLimit" . }}
memory_limiter:
  limit_mib: {{ . }}
  spike_limit_mib: {{ div . 10 }}
{{- end }}
rules:
  files: [{{ include "sidewatch.rulesFolder" . }}]
  {{- with $values.lists }}
  lists:
    {{- range $name, $_ := . }}
    {{ quote $name }}: {file: {{ $folder }}/lists/{{ $name }}.yml}
    {{- end }}
  {{- end }}
  # A rule with a fault must not end all detection.
  on_error: keep_valid
{{- if (.Values.persistence).enabled }}
storage: {kind: sqlite, directory: {{ include "sidewatch.storeFolder" . }}}
{{- end }}
{{- with $values.destinationSecrets }}
destinations:
  {{- range $name, $secrets := . }}
  {{ quote $name }}:
    {{- with $secrets.headers }}
    headers:
      {{- range $header, $_ := . }}
      {{ quote $header }}: {{ printf "${env:%s}" (include "sidewatch.headerVariable" (dict "destination" $name "header" $header)) | quote }}
      {{- end }}
    {{- end }}
    {{- with $secrets.tls }}
    tls:
      {{- if .caKey }}
      ca_file: {{ $folder }}/destination-{{ include "sidewatch.slug" $name }}/{{ .caKey }}
      {{- end }}
      {{- if .certKey }}
      cert_file: {{ $folder }}/destination-{{ include "sidewatch.slug" $name }}/{{ .certKey }}
      key_file: {{ $folder }}/destination-{{ include "sidewatch.slug" $name }}/{{ required "destinationSecrets: a tls.certKey wants a tls.keyKey" .keyKey }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end }}
telemetry:
  health: {endpoint: {{ printf "%s:%d" (default "${env:MY_POD_IP}" $values.bindAddress) (int $values.ports.health) | quote }}}
  metrics: {endpoint: {{ printf "%s:%d" (default "${env:MY_POD_IP}" $values.bindAddress) (int $values.ports.metrics) | quote }}}
  logs: {encoding: json}
{{- end -}}

{{/* A name as a part of a volume's name. */}}
{{- define "sidewatch.slug" -}}
{{- regexReplaceAll "[^a-z0-9-]+" (lower .) "-" | trimAll "-" -}}
{{- end -}}

{{/* memory_limiter.limit_mib; empty where it is off. The process takes more than it measures: about 150 MiB, whatever its limit. */}}
{{- define "sidewatch.memoryLimit" -}}
{{- with .Values.memoryLimitPercent -}}
{{- with include "sidewatch.ofLimit" (dict "root" $ "percent" .) -}}
{{- $whole := include "sidewatch.ofLimit" (dict "root" $ "percent" 100) | int64 -}}
{{- min (int64 .) (max (div (mul $whole 3) 5) (sub $whole 150)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Changes of `rules` are taken up by the running process, and a restart loses its windows. */}}
{{- define "sidewatch.configChecksum" -}}
{{- omit (include "sidewatch.config" . | fromJson) "rules" | toJson | sha256sum -}}
{{- end -}}
