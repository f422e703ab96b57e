{{/*
Roles and their bindings for one service account: one pair in each watched namespace, or a single one for the whole
cluster when none is named. Call with (dict "root" $ "role" "..." "binding" "..." "rules" "..." "account" "..."
"createRole" true "createBinding" true).
*/}}
{{- define "flink-operator.rights" -}}
{{- $call := . }}
{{- $prefix := .root.Values.watchNamespaces | empty | ternary "Cluster" "" }}
{{- range $namespace := .root.Values.watchNamespaces | default (list "") }}
{{- if $call.createRole }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $prefix }}Role
metadata:
  name: {{ $call.role }}
  {{- with $namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "flink-operator.labels" $call.root | nindent 4 }}
rules:
  {{- $call.rules | nindent 2 }}
{{- end }}
{{- if $call.createBinding }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $prefix }}RoleBinding
metadata:
  name: {{ $call.binding }}
  {{- with $namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "flink-operator.labels" $call.root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $prefix }}Role
  name: {{ $call.role }}
subjects:
  - kind: ServiceAccount
    name: {{ $call.account }}
    namespace: {{ $call.root.Release.Namespace }}
{{- end }}
{{- end }}
{{- end -}}
