{{/*
What the controller may do where Flink resources are. No Secrets but for keytabs and jars; no rights that Flink's own clients
use, which run as the job's service account, and none to read logs: whether that account may do what Flink needs is
asked of the API server by access reviews. `finalizers` is what an owner reference with blockOwnerDeletion needs.
*/}}
{{- define "flink-operator.controller.rules" -}}
- apiGroups: [flink.apache.org]
  resources: [flinkdeployments, flinksessionjobs, flinkstatesnapshots, flinkbluegreendeployments]
  verbs: [get, list, watch, update, patch]
{{- if .Values.rbac.deleteSessionJobs }}
- apiGroups: [flink.apache.org]
  resources: [flinksessionjobs]
  verbs: [delete]
{{- end }}
- apiGroups: [flink.apache.org]
  resources:
    - flinkdeployments/status
    - flinksessionjobs/status
    - flinkstatesnapshots/status
    - flinkbluegreendeployments/status
  verbs: [get, update, patch]
- apiGroups: [flink.apache.org]
  resources:
    - flinkdeployments/finalizers
    - flinksessionjobs/finalizers
    - flinkstatesnapshots/finalizers
    - flinkbluegreendeployments/finalizers
  verbs: [update]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: [apps]
  resources: [deployments/finalizers]
  verbs: [update]
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch, create, update]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [get, list, watch, create, update, delete]
{{- if .Values.rbac.keytabs }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, create, update]
{{- end }}
{{- if .Values.rbac.artifactSecrets }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
{{- end }}
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [get, list, create, update, patch]
- apiGroups: [authorization.k8s.io]
  resources: [localsubjectaccessreviews]
  verbs: [create]
{{- end -}}
