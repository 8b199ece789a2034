{{/*
The container, for this chart and for examples of others:
  root          the context of this chart
  sidecar       "" (a pod of its own), "native" (an init container that restarts) or "container" (beside others).
                A sidecar has a liveness probe alone: it must not keep the traffic from the pod that it is in.
  volumePrefix  before the names of volumes. The volume `store` is the other chart's own: an emptyDir, or a claim
*/}}
{{- define "sidewatch.container" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $isSidecar := not (empty .sidecar) -}}
name: sidewatch
image: {{ include "sidewatch.image" $root | quote }}
imagePullPolicy: {{ $values.image.pullPolicy }}
{{- if eq (default "" .sidecar) "native" }}
restartPolicy: Always
{{- end }}
args:
  {{- if $values.args }}
  {{- toYaml $values.args | nindent 2 }}
  {{- else }}
  - serve
  - --config
  - {{ include "sidewatch.folder" $root }}/config/sidewatch.yaml
  {{- end }}
  {{- with $values.extraArgs }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
env:
  - name: MY_POD_IP
    valueFrom: {fieldRef: {fieldPath: status.podIP}}
  {{- with $values.heapPercent }}
  {{- with include "sidewatch.ofLimit" (dict "root" $root "percent" .) }}
  - name: NODE_OPTIONS
    value: --max-old-space-size={{ . }}
  {{- end }}
  {{- end }}
  {{- range $name, $secrets := $values.destinationSecrets }}
  {{- range $header, $secret := $secrets.headers }}
  - name: {{ include "sidewatch.headerVariable" (dict "destination" $name "header" $header) }}
    valueFrom:
      secretKeyRef: {{ toJson (dict "name" $secret.secretName "key" $secret.key) }}
  {{- end }}
  {{- end }}
  {{- with $values.extraEnv }}
  {{- include "sidewatch.tpl" (dict "root" $root "value" .) | nindent 2 }}
  {{- end }}
{{- with $values.extraEnvFrom }}
envFrom:
  {{- include "sidewatch.tpl" (dict "root" $root "value" .) | nindent 2 }}
{{- end }}
ports:
  {{- if not $isSidecar }}
  {{- range include "sidewatch.receivers" $root | fromYamlArray }}
  - {name: {{ .name }}, containerPort: {{ get $values.ports .port }}, protocol: TCP}
  {{- end }}
  {{- end }}
  - {name: {{ $isSidecar | ternary "sw-metrics" "metrics" }}, containerPort: {{ $values.ports.metrics }}, protocol: TCP}
  - {name: {{ $isSidecar | ternary "sw-health" "health" }}, containerPort: {{ $values.ports.health }}, protocol: TCP}
{{- if not $isSidecar }}
{{- with $values.startupProbe }}
startupProbe:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.readinessProbe }}
readinessProbe:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with $values.livenessProbe }}
livenessProbe:
  {{- if $isSidecar }}
  {{- toYaml . | replace "port: health" "port: sw-health" | nindent 2 }}
  {{- else }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- with $values.lifecycle }}
lifecycle:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.extraContainerSpec }}
{{ include "sidewatch.tpl" (dict "root" $root "value" .) }}
{{- end }}
volumeMounts:
  {{- range include "sidewatch.mounts" $root | fromYamlArray }}
  - {name: {{ $.volumePrefix }}{{ .name }}, mountPath: {{ include "sidewatch.folder" $root }}/{{ .name }}, readOnly: true}
  {{- end }}
  {{- if ($values.persistence).enabled }}
  - {name: {{ $.volumePrefix }}store, mountPath: {{ include "sidewatch.storeFolder" $root }}}
  {{- end }}
  {{- with $values.extraVolumeMounts }}
  {{- include "sidewatch.tpl" (dict "root" $root "value" .) | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Every volume with its source. Each is mounted whole, below the folder of the configuration and under its name: a file that is mounted alone (subPath) would never change. */}}
{{- define "sidewatch.mounts" -}}
{{- $fullname := include "sidewatch.fullname" . -}}
{{- $security := .Values.security -}}
- name: config
  configMap: {name: {{ $fullname }}}
- name: rules
  configMap: {name: {{ $fullname }}-rules}
{{- if .Values.lists }}
- name: lists
  configMap: {name: {{ $fullname }}-lists}
{{- end }}
{{- if ne $security.mode "plaintext" }}
- name: tls
  secret: {secretName: {{ eq $security.mode "certManager" | ternary (printf "%s-tls" $fullname) $security.tls.secretName }}, defaultMode: 288}
{{- end }}
{{- with ($security.clientCA).secretName }}
- name: client-ca
  secret: {secretName: {{ . }}, defaultMode: 288}
{{- end }}
{{- range $index, $token := $security.tokens }}
- name: tokens-{{ $index }}
  secret: {secretName: {{ $token.secretName }}, defaultMode: 288}
{{- end }}
{{- range $name, $secrets := .Values.destinationSecrets }}
{{- with $secrets.tls }}
- name: destination-{{ include "sidewatch.slug" $name }}
  secret: {secretName: {{ .secretName }}, defaultMode: 288}
{{- end }}
{{- end }}
{{- end -}}

{{/* The volumes that the container mounts: root, volumePrefix. */}}
{{- define "sidewatch.volumes" -}}
{{- range include "sidewatch.mounts" .root | fromYamlArray }}
- name: {{ $.volumePrefix }}{{ .name }}
  {{- omit . "name" | toYaml | nindent 2 }}
{{- end }}
{{- if (.root.Values.persistence).enabled }}
- name: {{ $.volumePrefix }}store
  persistentVolumeClaim: {claimName: {{ include "sidewatch.claim" .root }}}
{{- end }}
{{- end -}}

{{/* The claim of the store. */}}
{{- define "sidewatch.claim" -}}
{{- with .Values.persistence.existingClaim -}}
{{- include "sidewatch.tpl" (dict "root" $ "value" .) -}}
{{- else -}}
{{- include "sidewatch.fullname" . }}-store
{{- end -}}
{{- end -}}
