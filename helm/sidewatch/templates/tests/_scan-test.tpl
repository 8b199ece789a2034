{{/* "true" where the pod of `helm test` could send: with mTLS it needs a certificate of its own. */}}
{{- define "sidewatch.hasScanTest" -}}
{{- if (.Values.scanTest).enabled -}}
{{- $path := list "receivers" "otlp" "protocols" "grpc" "tls" "client_ca_file" -}}
{{- $clientCA := include "sidewatch.endpointAt" (dict "from" (include "sidewatch.config" . | fromJson) "path" $path) -}}
{{- if or (has $clientCA (list "" "missing")) (.Values.scanTest.clientTLS).secretName -}}
true
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Not the labels of the Service's pods. */}}
{{- define "sidewatch.scanTestLabels" -}}
app.kubernetes.io/name: {{ include "sidewatch.name" . }}-scan-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Name, namespace, labels and the annotations of a hook: root, weight, deletePolicy, annotations. */}}
{{- define "sidewatch.scanTestMetadata" -}}
name: {{ include "sidewatch.fullname" .root }}-scan-test
namespace: {{ include "sidewatch.namespace" .root }}
labels:
  {{- include "sidewatch.scanTestLabels" .root | nindent 2 }}
  {{- with .root.Values.commonLabels }}
  {{- include "sidewatch.tpl" (dict "root" $.root "value" .) | nindent 2 }}
  {{- end }}
annotations:
  helm.sh/hook: test
  helm.sh/hook-weight: {{ quote .weight }}
  helm.sh/hook-delete-policy: {{ .deletePolicy }}
  {{- with merge dict (default dict .annotations) (default dict .root.Values.commonAnnotations) }}
  {{- include "sidewatch.tpl" (dict "root" $.root "value" .) | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Files that the test reads: the receiver's certificate (without its key), a client certificate, a token. */}}
{{- define "sidewatch.scanTestSecrets" -}}
{{- $security := .Values.security -}}
{{- if eq $security.mode "certManager" }}
- secret: {name: {{ include "sidewatch.fullname" . }}-tls, items: [{key: tls.crt, path: receiver.crt}]}
{{- else if eq $security.mode "tls" }}
- secret: {name: {{ $security.tls.secretName }}, items: [{key: {{ $security.tls.certKey }}, path: receiver.crt}]}
{{- end }}
{{- with .Values.scanTest.clientTLS }}
{{- if .secretName }}
- secret: {name: {{ .secretName }}, items: [{key: {{ .certKey }}, path: client.crt}, {key: {{ .keyKey }}, path: client.key}]}
{{- end }}
{{- end }}
{{- with first (default list $security.tokens) }}
- secret: {name: {{ .secretName }}, items: [{key: {{ default "tokens" .key }}, path: token}]}
{{- end }}
{{- end -}}
