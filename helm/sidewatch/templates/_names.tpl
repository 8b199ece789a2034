{{- define "sidewatch.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* 52 characters: the name of a StatefulSet's pods gets a suffix, and so do names that are made from this one. */}}
{{- define "sidewatch.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "sidewatch.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "sidewatch.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sidewatch.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "sidewatch.serviceAccountName" -}}
{{- default (ternary (include "sidewatch.fullname" .) "default" (eq true (.Values.serviceAccount).create)) (.Values.serviceAccount).name -}}
{{- end -}}

{{- define "sidewatch.selectorLabels" -}}
app.kubernetes.io/name: {{ include "sidewatch.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sidewatch.labels" -}}
{{ include "sidewatch.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ include "sidewatch.tpl" (dict "root" $ "value" .) }}
{{- end }}
{{- end -}}

{{/*
The metadata of a manifest: root, and if wanted name or suffix (of the release's name), namespace, labels, annotations.
*/}}
{{- define "sidewatch.metadata" -}}
name: {{ default (include "sidewatch.fullname" .root) .name }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ default (include "sidewatch.namespace" .root) .namespace }}
labels:
  {{- include "sidewatch.labels" .root | nindent 2 }}
  {{- with .labels }}
  {{- include "sidewatch.tpl" (dict "root" $.root "value" .) | nindent 2 }}
  {{- end }}
{{- with merge dict (default dict .annotations) (default dict .root.Values.commonAnnotations) }}
annotations:
  {{- include "sidewatch.tpl" (dict "root" $.root "value" .) | nindent 2 }}
{{- end }}
{{- end -}}

{{/* A value as YAML, after tpl: root, value. */}}
{{- define "sidewatch.tpl" -}}
{{- $text := kindIs "string" .value | ternary .value (toYaml .value) -}}
{{- contains "{{" $text | ternary (tpl $text .root) $text -}}
{{- end -}}

{{- define "sidewatch.image" -}}
{{- $image := .Values.image -}}
{{- $registry := default $image.registry (.Values.global).imageRegistry -}}
{{- with $registry }}{{ . }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ default .Chart.AppVersion $image.tag }}{{ end -}}
{{- end -}}

{{/* A quantity of memory in whole MiB. */}}
{{- define "sidewatch.mebibytes" -}}
{{- $text := kindIs "string" . | ternary (toString .) (kindIs "float64" . | ternary (printf "%.0f" (float64 .)) (toString .)) -}}
{{- $number := regexFind "^[0-9]+([.][0-9]+)?" $text -}}
{{- $unit := trimPrefix $number $text -}}
{{- $units := dict "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 -}}
{{- if or (not $number) (not (hasKey $units $unit)) -}}
{{- fail (printf "resources.limits.memory %s is no quantity of memory such as 768Mi or 1Gi" $text) -}}
{{- end -}}
{{- divf (mulf (float64 $number) (get $units $unit)) 1048576.0 | floor | int64 -}}
{{- end -}}

{{/* So many percent of the container's memory limit in MiB; empty where there is no limit. */}}
{{- define "sidewatch.ofLimit" -}}
{{- with dig "limits" "memory" "" (default dict .root.Values.resources) -}}
{{- div (mul (include "sidewatch.mebibytes" . | int64) $.percent) 100 -}}
{{- end -}}
{{- end -}}
