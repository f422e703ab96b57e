{{/* "true" or nothing: whether one of the two admission stages is on; call with (dict "root" $ "stage" "mutator"). */}}
{{- define "flink-operator.webhook.stageEnabled" -}}
{{- $create := (index .root.Values.webhook .stage).create -}}
{{- if (kindIs "bool" $create | ternary $create .root.Values.webhook.create) -}}true{{- end -}}
{{- end -}}

{{- define "flink-operator.webhook.enabled" -}}
{{- include "flink-operator.webhook.stageEnabled" (dict "root" . "stage" "validator") | default (include "flink-operator.webhook.stageEnabled" (dict "root" . "stage" "mutator")) -}}
{{- end -}}

{{/*
One entry of `webhooks`; call with (dict "root" $ "name" "..." "path" "/validate" "stage" "validator").

The rules name no subresource, so that status writes never come here. Neither do deletions, which must not depend on
the webhook, nor the bookkeeping of controllers (finalizers, owners): it goes on while no webhook pod runs.
*/}}
{{- define "flink-operator.webhook.entry" -}}
{{- $values := index .root.Values.webhook .stage -}}
- name: {{ .name }}
  admissionReviewVersions: [v1]
  sideEffects: None
  matchPolicy: Equivalent
  failurePolicy: {{ $values.failurePolicy }}
  timeoutSeconds: {{ $values.timeoutSeconds }}
  clientConfig:
    service:
      namespace: {{ .root.Release.Namespace }}
      name: {{ include "flink-operator.webhook.service" .root }}
      path: {{ .path }}
      port: 443
    {{- if not .root.Values.webhook.certManager.enabled }}
    caBundle: {{ include "flink-operator.webhook.caBundle" .root }}
    {{- end }}
  rules:
    - apiGroups: [flink.apache.org]
      apiVersions: [v1beta1]
      resources: [flinkdeployments, flinksessionjobs, flinkstatesnapshots, flinkbluegreendeployments]
      operations: [CREATE, UPDATE]
      scope: Namespaced
  matchConditions:
    - name: not-being-deleted
      expression: "!has(object.metadata.deletionTimestamp)"
    - name: changes-what-users-write
      expression: >-
        request.operation == 'CREATE'
        || object.?spec != oldObject.?spec
        || object.metadata.?labels != oldObject.metadata.?labels
        || object.metadata.?annotations != oldObject.metadata.?annotations
  {{- with include "flink-operator.webhook.namespaceSelector" .root.Values }}
  namespaceSelector:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.webhook.objectSelector }}
  objectSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Selector of namespaces, or nothing: the watched ones, of these what the value selects. */}}
{{- define "flink-operator.webhook.namespaceSelector" -}}
{{- $selector := deepCopy .webhook.namespaceSelector -}}
{{- with .watchNamespaces -}}
{{- $watched := dict "key" "kubernetes.io/metadata.name" "operator" "In" "values" . -}}
{{- $_ := set $selector "matchExpressions" (append ($selector.matchExpressions | default list) $watched) -}}
{{- end -}}
{{- with $selector }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{/* What the webhook may read: the resources that others refer to. */}}
{{- define "flink-operator.webhook.rules" -}}
- apiGroups: [flink.apache.org]
  resources: [flinkdeployments, flinksessionjobs]
  verbs: [get, list, watch]
{{- end -}}

{{/* The CA, in base64: as given, or as the Secret in the cluster has it (`helm template` sees no cluster). */}}
{{- define "flink-operator.webhook.caBundle" -}}
{{- $secret := lookup "v1" "Secret" .Release.Namespace .Values.webhook.secretName -}}
{{- $found := index ($secret.data | default dict) "ca.crt" -}}
{{- $given := .Values.webhook.caBundle | b64enc -}}
{{- required (printf "webhook.caBundle is needed when webhook.certManager.enabled is false and the Secret %s has no ca.crt: pass the CA that signed the certificate with --set-file webhook.caBundle=ca.crt" .Values.webhook.secretName) ($given | default $found) -}}
{{- end -}}

{{/*
How long a request may take to arrive and to wait, in seconds: so much less than the time-out of whoever asks that it
is refused in clear words before that.
*/}}
{{- define "flink-operator.webhook.requestSeconds" -}}
{{- mulf 0.8 (min .Values.webhook.validator.timeoutSeconds .Values.webhook.mutator.timeoutSeconds) -}}
{{- end -}}

{{/* Annotation that lets cert-manager write the CA. No caBundle beside it: an upgrade would overwrite the written one. */}}
{{- define "flink-operator.webhook.injectCA" -}}
{{- if .Values.webhook.certManager.enabled -}}
cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "flink-operator.webhook.certificate" . }}
{{- end -}}
{{- end -}}
