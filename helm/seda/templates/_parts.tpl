{{/* Labels a pod is selected by. Takes: root, name. */}}
{{- define "seda.selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/name: {{ .name }}
{{- end }}

{{/* Labels of everything. Takes: root, name. */}}
{{- define "seda.labels" -}}
{{ include "seda.selector" . }}
app.kubernetes.io/part-of: seda
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* An image with the chart's version for want of a tag. Takes: root, image. */}}
{{- define "seda.image" -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/* What every pod says of itself. Takes: root, user, and account where it is not the release's own. */}}
{{- define "seda.pod" -}}
serviceAccountName: {{ .account | default .root.Release.Name }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .user }}
  fsGroup: {{ .user }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* What every container may do: nothing. */}}
{{- define "seda.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Pods of one kind on different nodes and zones. Takes: root, name. */}}
{{- define "seda.spread" -}}
{{- if .root.Values.spread }}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{ include "seda.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* A variable from a Secret. Takes: variable, secret, key. */}}
{{- define "seda.secretVariable" -}}
- name: {{ .variable }}
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}}
{{- end }}

{{/* Settings of values as variables. Takes: prefix, settings. */}}
{{- define "seda.settings" -}}
{{- $prefix := .prefix }}
{{- range $key, $value := .settings }}
- {name: {{ printf "%s_%s" $prefix $key | upper }}, value: {{ $value | toString | quote }}}
{{- end }}
{{- end }}

{{/* A database address; the password is put in by Kubernetes. Takes: root, role. */}}
{{- define "seda.databaseUrl" -}}
{{- with .root.Values.database -}}
postgresql://{{ $.role }}:$(DATABASE_PASSWORD_{{ upper $.role }})@{{ .host }}:{{ .port }}/{{ .name }}{{ with .options }}?{{ . }}{{ end }}
{{- end }}
{{- end }}

{{/* How a process comes to the bus, and its log. Takes: root, name. */}}
{{- define "seda.busVariables" -}}
{{- $prefix := upper .name }}
{{- $nats := .root.Values.nats }}
{{- $host := ternary (printf "%s-nats" .root.Release.Name) $nats.host $nats.enabled }}
{{ include "seda.secretVariable" (dict "variable" "NATS_PASSWORD" "secret" .root.Values.secrets.nats "key" .name) }}
- {name: {{ $prefix }}_NATS_URL, value: "nats://{{ .name }}:$(NATS_PASSWORD)@{{ $host }}:4222"}
- {name: {{ $prefix }}_NATS_REPLICAS, value: {{ $nats.streamCopies | quote }}}
{{- end }}

{{/* Everything a service is told. Takes: root, name, service. */}}
{{- define "seda.serviceVariables" -}}
{{- $root := .root }}
{{- $values := .root.Values }}
{{- $prefix := upper .name }}
- {name: {{ $prefix }}_HTTP_HOST, value: 0.0.0.0}
- {name: {{ $prefix }}_HTTP_PORT, value: {{ .service.port | quote }}}
{{- include "seda.busVariables" . }}
{{- if .service.database }}
{{ include "seda.secretVariable" (dict "variable" (printf "DATABASE_PASSWORD_%s" $prefix) "secret" $values.secrets.database "key" .name) }}
- {name: {{ $prefix }}_DATABASE_URL, value: {{ include "seda.databaseUrl" (dict "root" $root "role" .name) | quote }}}
{{- end }}
{{- if or .service.switch .service.calls .service.seals }}
{{ include "seda.secretVariable" (dict "variable" (printf "%s_SWITCH_SECRET" $prefix) "secret" $values.secrets.switch "key" "switch-secret") }}
{{- end }}
{{- if .service.tokens }}
- {name: {{ $prefix }}_JWKS_URL, value: "http://{{ $root.Release.Name }}-directory:{{ $values.services.directory.port }}/.well-known/jwks.json"}
{{- end }}
{{- with .service.calls }}
- {name: {{ $prefix }}_CALL_HOST, value: 0.0.0.0}
- {name: {{ $prefix }}_CALL_PORT, value: {{ .port | quote }}}
- {name: {{ $prefix }}_DRAIN_SECONDS, value: {{ .drainSeconds | quote }}}
- {name: {{ $prefix }}_MEDIA_DIR, value: {{ include "seda.mediaPath" $root }}}
{{- end }}
{{- if and .service.calls $values.secrets.mail }}
{{ include "seda.secretVariable" (dict "variable" (printf "%s_SMTP_URL" $prefix) "secret" $values.secrets.mail "key" "smtp-url") }}
{{- end }}
{{- if eq .name "routing" }}
- {name: ROUTING_IVR_ADDRESSES, value: {{ include "seda.callAddresses" $root | quote }}}
{{- end }}
{{- if .service.signs }}
{{ include "seda.secretVariable" (dict "variable" (printf "%s_SECRETS_KEY" $prefix) "secret" $values.secrets.directory "key" "secrets-key") }}
- {name: {{ $prefix }}_SIGNING_KEY_FILE, value: /etc/seda/keys/signing-keys.pem}
{{- end }}
{{- include "seda.settings" (dict "prefix" $prefix "settings" (merge (dict) (.service.settings | default dict) $values.settings)) }}
{{- end }}

{{/* Where FreeSWITCH finds those who talk with callers, host:port, comma-separated. It tries them in order and a call is
     offered four times, from another one on each time. A fixed number of pods is named one by one, so that one that is
     dead or has its cap of calls is surely passed over. Where the number changes, names of pods that are not there would
     leave their share of calls to the one behind them; the Service, asked anew at each try, divides evenly. */}}
{{- define "seda.callAddresses" -}}
{{- $addresses := list }}
{{- range $name, $service := .Values.services }}
{{- with $service.calls }}
{{- $host := printf "%s-%s" $.Release.Name $name }}
{{- if $service.maxReplicas }}
{{- range until 4 }}{{ $addresses = append $addresses (printf "%s:%v" $host $service.calls.port) }}{{ end }}
{{- else }}
{{- range until (min 50 $service.replicas | int) }}{{ $addresses = append $addresses (printf "%s-%d.%s-calls:%v" $host . $host $service.calls.port) }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- join "," $addresses }}
{{- end }}

{{/* Where the media volume is mounted: flows name files by their path, so it is the same in every pod. */}}
{{- define "seda.mediaPath" -}}
/var/lib/seda/media
{{- end }}

{{/* The volume `media` of a pod. */}}
{{- define "seda.mediaVolume" -}}
- {name: media, persistentVolumeClaim: {claimName: {{ .Values.media.existingClaim | default (printf "%s-media" .Release.Name) }}}}
{{- end }}

{{/* Whether any service talks with callers; empty: none does. */}}
{{- define "seda.talks" -}}
{{- range $name, $service := .Values.services }}{{ if $service.calls }}yes{{ end }}{{ end }}
{{- end }}
