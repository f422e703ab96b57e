{{- define "flink-operator.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{/* Base of object names; 52 characters leave room for "-controller" within 63. */}}
{{- define "flink-operator.fullname" -}}
{{- $name := include "flink-operator.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "flink-operator.controller.name" -}}
{{ include "flink-operator.fullname" . }}-controller
{{- end -}}

{{- define "flink-operator.webhook.name" -}}
{{ include "flink-operator.fullname" . }}-webhook
{{- end -}}

{{- define "flink-operator.controller.serviceAccount" -}}
{{- .Values.controller.serviceAccount.name | default (.Values.controller.serviceAccount.create | ternary (include "flink-operator.controller.name" .) "default") -}}
{{- end -}}

{{- define "flink-operator.webhook.serviceAccount" -}}
{{- .Values.webhook.serviceAccount.name | default (.Values.webhook.serviceAccount.create | ternary (include "flink-operator.webhook.name" .) "default") -}}
{{- end -}}

{{/* Names that the operator's documentation and its users' scripts rely on, whatever the release is called. */}}
{{- define "flink-operator.configMap" -}}flink-operator-config{{- end -}}
{{- define "flink-operator.webhook.service" -}}flink-operator-webhook-service{{- end -}}
{{- define "flink-operator.webhook.certificate" -}}flink-operator-serving-cert{{- end -}}
{{- define "flink-operator.webhook.configuration" -}}
flink-operator-{{ .Release.Namespace }}-webhook-configuration
{{- end -}}

{{/* DNS name that API servers use for the webhook. */}}
{{- define "flink-operator.webhook.host" -}}
{{ include "flink-operator.webhook.service" . }}.{{ .Release.Namespace }}.svc
{{- end -}}

{{- define "flink-operator.labels" -}}
{{- $labels := dict
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
  "app.kubernetes.io/name" (include "flink-operator.name" .)
  "app.kubernetes.io/instance" .Release.Name
  "app.kubernetes.io/version" .Chart.AppVersion
  "app.kubernetes.io/managed-by" .Release.Service
  "app.kubernetes.io/part-of" "flink-operator"
-}}
{{- toYaml (merge $labels .Values.commonLabels) -}}
{{- end -}}

{{/* Call with (dict "root" $ "component" "webhook"). */}}
{{- define "flink-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "flink-operator.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}
