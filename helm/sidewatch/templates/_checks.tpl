{{/* What must not be rendered, each with a sentence that says what to do. */}}
{{- define "sidewatch.checks" -}}
{{- if not (.Values.image).repository -}}
{{- fail "\n\nimage.repository is empty: no image of Sidewatch is published. In a clone of Sidewatch build one with `npm run image`, which makes sidewatch:dev. Then load it (kind: `kind load docker-image sidewatch:dev`, with --set image.repository=sidewatch --set image.tag=dev) or push it to your registry, and set image.repository (and image.tag or image.digest) to where it is." -}}
{{- end -}}
{{- if gt (int .Values.replicas) 1 -}}
{{- fail (printf "\n\nreplicas is %d, and only 1 works (or 0, to stop it): windows are in the memory of one process, so each of several would count a part of the hits and miss detections, and only one can open the store. Give the one more CPU and memory instead." (int .Values.replicas)) -}}
{{- end -}}
{{- include "sidewatch.securityChecks" . -}}
{{- include "sidewatch.persistenceChecks" . -}}
{{- include "sidewatch.drainCheck" . -}}
{{- include "sidewatch.portChecks" . -}}
{{- if and (.Values.serviceMonitor).enabled (.Values.podMonitor).enabled -}}
{{- fail "\n\nserviceMonitor.enabled and podMonitor.enabled are both true, so Prometheus would count everything twice: enable one of them." -}}
{{- end -}}
{{- $destinations := include "sidewatch.valueAt" (dict "from" .Values.config "path" (list "destinations")) | default "{}" | fromJson -}}
{{- $variables := dict -}}
{{- range $name, $secrets := .Values.destinationSecrets -}}
{{- if not (hasKey $destinations $name) -}}
{{- fail (printf "\n\ndestinationSecrets: %q is no destination: config.destinations has %s." $name (keys $destinations | sortAlpha | join ", " | default "none")) -}}
{{- end -}}
{{- range $header, $_ := $secrets.headers -}}
{{- $variable := include "sidewatch.headerVariable" (dict "destination" $name "header" $header) -}}
{{- if hasKey $variables $variable -}}
{{- fail (printf "\n\ndestinationSecrets: header %q of %q and %s would be one environment variable (%s): give one of the destinations another name." $header $name (get $variables $variable) $variable) -}}
{{- end -}}
{{- $_ := set $variables $variable (printf "%q of %q" $header $name) -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := .Values.rules -}}
{{- if not (regexMatch "^[A-Za-z0-9][-_.A-Za-z0-9]*[.]ya?ml$" $name) -}}
{{- fail (printf "\n\nrules: %q is no name for a file of rules: use letters, digits and - _ . with .yml or .yaml at the end." $name) -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := .Values.lists -}}
{{- if not (regexMatch "^[A-Za-z0-9_][-_.A-Za-z0-9]*$" $name) -}}
{{- fail (printf "\n\nlists: %q is no name for a list: use letters, digits and - _ ." $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A volume that nothing would use, or that others could write, too. */}}
{{- define "sidewatch.persistenceChecks" -}}
{{- if (.Values.persistence).enabled -}}
{{- $folder := include "sidewatch.storeFolder" . -}}
{{- $storage := (include "sidewatch.config" . | fromJson).storage -}}
{{- if not (kindIs "string" $storage) -}}
{{- $kind := get (default dict $storage) "kind" | default "memory" -}}
{{- $directory := get (default dict $storage) "directory" | default "" -}}
{{- if and (ne $kind "sqlite") (not (contains "${" $kind)) -}}
{{- fail (printf "\n\npersistence.enabled makes a volume, but config.storage keeps everything in %s: set persistence.enabled=false, or leave config.storage out." $kind) -}}
{{- end -}}
{{- if and (ne $directory $folder) (not (hasPrefix (printf "%s/" $folder) $directory)) (not (contains "${" $directory)) -}}
{{- fail (printf "\n\nconfig.storage.directory is %s, which is not on the volume of persistence (%s): leave it out, or set persistence.enabled=false and mount a volume of yours there (extraVolumes, extraVolumeMounts)." (default "removed" $directory) $folder) -}}
{{- end -}}
{{- end -}}
{{- range .Values.persistence.accessModes -}}
{{- if not (has . (list "ReadWriteOncePod" "ReadWriteOnce")) -}}
{{- fail (printf "\n\npersistence.accessModes has %s, but one process alone may write the store, on a local or a block volume: use ReadWriteOncePod, or ReadWriteOnce where the driver of the volume does not know it." .) -}}
{{- end -}}
{{- end -}}
{{- range list "accessModes" "size" -}}
{{- if not (or (get $.Values.persistence .) $.Values.persistence.existingClaim) -}}
{{- fail (printf "\n\npersistence.%s is empty, and a claim needs it: leave it to the chart, or name a claim of yours in persistence.existingClaim." .) -}}
{{- end -}}
{{- end -}}
{{- range $key := list "extraVolumes" "volumeClaimTemplates" -}}
{{- range index $.Values $key -}}
{{- if eq "store" (default (default dict .metadata).name .name | default "") -}}
{{- fail (printf "\n\n%s has a volume `store`, which is the name of the volume of persistence: give yours another name, or set persistence.enabled=false." $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Of a drain in whole seconds or minutes. */}}
{{- define "sidewatch.drainCheck" -}}
{{- $drain := include "sidewatch.valueAt" (dict "from" .Values.config "path" (list "delivery" "drain")) | trimAll "\"" | default "10s" -}}
{{- $grace := .Values.terminationGracePeriodSeconds -}}
{{- if and (regexMatch "^[0-9]+[sm]$" $drain) (not (kindIs "invalid" $grace)) -}}
{{- $seconds := mul (hasSuffix "m" $drain | ternary 60 1) (regexFind "^[0-9]+" $drain | int) -}}
{{- if le (int $grace) (int $seconds) -}}
{{- fail (printf "\n\nterminationGracePeriodSeconds is %d, not more than config.delivery.drain (%s): the process would be killed while it still sends risk events. Set it to %d or more." (int $grace) $drain (add $seconds 5)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Addresses in `config` that the Service, the probes or the monitors would not find. */}}
{{- define "sidewatch.portChecks" -}}
{{- $config := include "sidewatch.config" . | fromJson -}}
{{- $given := dict "config" $config "values" .Values -}}
{{- range include "sidewatch.receivers" . | fromYamlArray -}}
{{- $instead := empty .switch | ternary "" (printf ", or set %s.enabled=false" (default "" .switch)) -}}
{{- include "sidewatch.portCheck" (merge (dict "path" (append .path "endpoint") "port" .port "who" "the Service sends to" "wanted" true "instead" $instead) $given) -}}
{{- end -}}
{{- $probes := or .Values.startupProbe .Values.livenessProbe .Values.readinessProbe -}}
{{- include "sidewatch.portCheck" (merge (dict "path" (list "telemetry" "health" "endpoint") "port" "health" "who" "the probes ask" "wanted" (not (empty $probes)) "instead" ", or remove startupProbe, livenessProbe and readinessProbe by null") $given) -}}
{{- $monitors := or (.Values.serviceMonitor).enabled (.Values.podMonitor).enabled -}}
{{- include "sidewatch.portCheck" (merge (dict "path" (list "telemetry" "metrics" "endpoint") "port" "metrics" "who" "metrics are scraped at" "wanted" (eq true $monitors) "instead" ", or disable serviceMonitor and podMonitor") $given) -}}
{{- end -}}

{{- define "sidewatch.portCheck" -}}
{{- $key := printf "config.%s" (join "." .path) -}}
{{- $port := get .values.ports .port | int -}}
{{- $endpoint := include "sidewatch.endpointAt" (dict "from" .config "path" .path) -}}
{{- if eq $endpoint "missing" -}}
{{- if .wanted -}}
{{- fail (printf "\n\n%s is removed, but %s port %d (ports.%s): leave it to the chart%s." $key .who $port .port (default "" .instead)) -}}
{{- end -}}
{{- else if and (regexMatch ":[0-9]+$" $endpoint) (not (hasSuffix (printf ":%d" $port) $endpoint)) -}}
{{- fail (printf "\n\n%s is %s, but %s port %d (ports.%s): leave the key out, and set ports.%s and bindAddress." $key $endpoint .who $port .port .port) -}}
{{- else if regexMatch "^(localhost|127[.]|\\[::1\\])" $endpoint -}}
{{- fail (printf "\n\n%s is %s, which is the pod's own loopback address, but %s it from outside: leave the key out, or set bindAddress." $key $endpoint .who) -}}
{{- end -}}
{{- end -}}

{{/* An endpoint; `missing` where it was removed, and empty where a reference stands for it or for a map around it. */}}
{{- define "sidewatch.endpointAt" -}}
{{- if not .path -}}
{{- kindIs "string" .from | ternary .from "missing" -}}
{{- else if kindIs "invalid" .from -}}
missing
{{- else if kindIs "map" .from -}}
{{- include "sidewatch.endpointAt" (dict "from" (hasKey .from (first .path) | ternary (get .from (first .path)) nil) "path" (rest .path)) -}}
{{- end -}}
{{- end -}}

{{- define "sidewatch.securityChecks" -}}
{{- $security := default dict .Values.security -}}
{{- $modes := list "tls" "certManager" "plaintext" -}}
{{- if not (has $security.mode $modes) -}}
{{- fail (printf "\n\nsecurity.mode is %s. It has no default; choose one:\n  tls          the certificate of an existing Secret (security.tls.secretName)\n  certManager  a certificate of cert-manager (security.certManager.issuerRef.name)\n  plaintext    neither TLS nor authentication, behind a NetworkPolicy (networkPolicy.enabled)" (empty $security.mode | ternary "not set" (quote $security.mode))) -}}
{{- end -}}
{{- if and (eq $security.mode "tls") (not ($security.tls).secretName) -}}
{{- fail "\n\nsecurity.mode tls wants security.tls.secretName: an existing Secret with the receiver's certificate (tls.crt) and key (tls.key)." -}}
{{- end -}}
{{- if and (eq $security.mode "certManager") (not (($security.certManager).issuerRef).name) -}}
{{- fail "\n\nsecurity.mode certManager wants security.certManager.issuerRef.name: the cert-manager issuer that signs the receiver's certificate." -}}
{{- end -}}
{{- if eq $security.mode "plaintext" -}}
{{- if not (.Values.networkPolicy).enabled -}}
{{- fail "\n\nsecurity.mode plaintext leaves the receiver open to whoever can reach it, and audit logs readable on the way. It wants a NetworkPolicy: set networkPolicy.enabled=true, with the senders in networkPolicy.allowIngressFrom (empty: the pods of this namespace). Or use security.mode tls or certManager." -}}
{{- end -}}
{{- if .Values.hostNetwork -}}
{{- fail "\n\nsecurity.mode plaintext needs a NetworkPolicy that works, and most network plugins apply none to a pod on the host's network (hostNetwork). Use security.mode tls or certManager, or hostNetwork=false." -}}
{{- end -}}
{{- if and (.Values.auditWebhook).enabled (not .Values.networkPolicy.allowWebhookFrom) -}}
{{- fail "\n\nauditWebhook with security.mode plaintext wants networkPolicy.allowWebhookFrom: without it every source may send audit events, and nothing else keeps strangers out. Name the API servers, usually the network of their nodes: networkPolicy.allowWebhookFrom=[{ipBlock: {cidr: 192.0.2.0/24}}]. Or use security.mode tls or certManager." -}}
{{- end -}}
{{- if ($security.clientCA).secretName -}}
{{- fail "\n\nsecurity.clientCA checks client certificates, which need TLS: use security.mode tls or certManager, or leave it out." -}}
{{- end -}}
{{- else if not (or $security.tokens ($security.clientCA).secretName) -}}
{{- range include "sidewatch.receivers" . | fromYamlArray -}}
{{- $path := append .path "allow_unauthenticated" -}}
{{- if ne (include "sidewatch.valueAt" (dict "from" $.Values.config "path" $path)) "true" -}}
{{- fail (printf "\n\nsecurity.mode %s wants to know who sends: set security.tokens (bearer tokens of existing Secrets) or security.clientCA.secretName (client certificates). To accept everybody, say so: config.%s=true." $security.mode (join "." $path)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $security.tokens -}}
{{- if not .secretName -}}
{{- fail "\n\nsecurity.tokens: each entry wants secretName: an existing Secret with one token a line in its key `tokens` (or the one that `key` names)." -}}
{{- end -}}
{{- end -}}
{{- end -}}
