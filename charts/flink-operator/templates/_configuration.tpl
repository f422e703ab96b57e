{{/* Sets `into` to the flat options of the nested map `from`; call with (dict "prefix" "" "from" $map "into" (dict)). */}}
{{- define "flink-operator.flatten" -}}
{{- range $key, $value := .from -}}
{{- $name := printf "%s%s" $.prefix $key -}}
{{- if kindIs "map" $value -}}
{{- include "flink-operator.flatten" (dict "prefix" (printf "%s." $name) "from" $value "into" $.into) -}}
{{- else -}}
{{- $_ := set $.into $name $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
config.yaml: the built-in options that the user does not set, then the user's text as it was written. (Re-writing it
through toYaml would turn 10000000 into 1e+07; naming an option twice is an error to Flink.)
*/}}
{{- define "flink-operator.config.yaml" -}}
{{- $text := index .Values.defaultConfiguration "config.yaml" -}}
{{- $parsed := fromYaml $text -}}
{{- with $parsed.Error -}}
{{- fail (printf "defaultConfiguration.\"config.yaml\" must hold YAML `option: value` lines: %s" .) -}}
{{- end -}}
{{- $user := dict -}}
{{- include "flink-operator.flatten" (dict "prefix" "" "from" $parsed "into" $user) -}}
{{- $valueOf := dict
  "kubernetes.operator.health.probe.port" "operatorHealth.port"
  "kubernetes.operator.leader-election.lease-name" "leaderElection.leaseName"
  "kubernetes.operator.watched.namespaces" "watchNamespaces"
-}}
{{- range $option, $value := $valueOf -}}
{{- if hasKey $user $option -}}
{{- fail (printf "%s in defaultConfiguration.\"config.yaml\" does not reach the rest of the chart: set the value %s instead" $option $value) -}}
{{- end -}}
{{- end -}}
{{- if .Values.defaultConfiguration.append }}
{{- range $option, $value := .Files.Get "conf/config.yaml" | fromYaml }}
{{- if not (hasKey $user $option) }}
{{ $option }}: {{ toRawJson $value }}
{{- end }}
{{- end }}
{{- end }}
{{ $text }}
{{- end -}}

{{- define "flink-operator.log4j-console.properties" -}}
{{- if .Values.defaultConfiguration.append }}
{{- .Files.Get "conf/log4j-console.properties" }}
{{- end }}
{{- index .Values.defaultConfiguration "log4j-console.properties" }}
{{- end -}}

{{/* Data of the ConfigMap; empty when somebody else provides it. */}}
{{- define "flink-operator.configuration" -}}
{{- if .Values.defaultConfiguration.create -}}
config.yaml: |
  {{- include "flink-operator.config.yaml" . | trim | nindent 2 }}
log4j-console.properties: |
  {{- include "flink-operator.log4j-console.properties" . | trim | nindent 2 }}
{{- end -}}
{{- end -}}
