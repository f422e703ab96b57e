{{/* Image reference; call with (dict "root" $ "image" .Values.webhook.image). */}}
{{- define "flink-operator.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* Pod metadata; call with (dict "root" $ "component" "webhook"). A changed configuration rolls the pods. */}}
{{- define "flink-operator.podMetadata" -}}
{{- $values := index .root.Values .component -}}
annotations:
  checksum/config: {{ include "flink-operator.configuration" .root | sha256sum }}
  {{- with $values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
labels:
  {{- include "flink-operator.selectorLabels" . | nindent 2 }}
  {{- with omit $values.podLabels "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Where a pod may run; call with the component's values. */}}
{{- define "flink-operator.scheduling" -}}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
