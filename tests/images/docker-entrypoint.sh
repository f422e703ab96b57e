#!/bin/bash
# Entry point of the Flink test images: the first argument says which process this container is, with the
# conventions of the published Flink images. Everything that is not known here is run as a command.
set -euo pipefail

export FLINK_HOME="${FLINK_HOME:-/opt/flink}"
export FLINK_CONF_DIR="${FLINK_CONF_DIR:-$FLINK_HOME/conf}"
export PATH="$FLINK_HOME/bin:$PATH"

# ENABLE_BUILT_IN_PLUGINS: names of jars in opt/, separated by semicolons.
enable_built_in_plugins() {
  local jar jars
  IFS=';' read -r -a jars <<<"${ENABLE_BUILT_IN_PLUGINS:-}"
  for jar in "${jars[@]}"; do
    if [[ ! -f "$FLINK_HOME/opt/$jar" ]]; then
      echo "ENABLE_BUILT_IN_PLUGINS: there is no $FLINK_HOME/opt/$jar" >&2
      exit 1
    fi
    mkdir -p "$FLINK_HOME/plugins/${jar%.jar}"
    ln -sf "$FLINK_HOME/opt/$jar" "$FLINK_HOME/plugins/${jar%.jar}/"
  done
}

# Settings from the environment go into the image's own configuration. A mounted configuration is read-only and
# stands as it is.
configure() {
  [[ -w "$FLINK_CONF_DIR/config.yaml" && ! -e "$FLINK_CONF_DIR/flink-conf.yaml" ]] || return 0
  local line address
  address="$(hostname -I | cut -d " " -f 1)"
  local settings=(
    "-Djobmanager.rpc.address=${JOB_MANAGER_RPC_ADDRESS:-$address}"
    -Djobmanager.bind-host=0.0.0.0
    -Dtaskmanager.bind-host=0.0.0.0
    "-Dtaskmanager.host=$address"
    -Drest.address=0.0.0.0
    -Drest.bind-address=0.0.0.0
    -Dblob.server.port=6124
    -Dquery.server.port=6125
  )
  if [[ -n "${TASK_MANAGER_NUMBER_OF_TASK_SLOTS:-}" ]]; then
    settings+=("-Dtaskmanager.numberOfTaskSlots=$TASK_MANAGER_NUMBER_OF_TASK_SLOTS")
  fi
  # FLINK_PROPERTIES: lines of "key: value".
  while IFS= read -r line; do
    if [[ "$line" =~ ^[[:space:]]*([^#:[:space:]]+):[[:space:]]*(.*[^[:space:]])[[:space:]]*$ ]]; then
      settings+=("-D${BASH_REMATCH[1]}=${BASH_REMATCH[2]}")
    fi
  done <<<"${FLINK_PROPERTIES:-}"
  config-parser-utils.sh "$FLINK_CONF_DIR" "$FLINK_HOME/bin" "$FLINK_HOME/lib" "${settings[@]}"
}

usage() {
  echo "usage: docker-entrypoint.sh (jobmanager|standalone-job|taskmanager|history-server) [OPTION...]"
  echo "       docker-entrypoint.sh COMMAND [ARGUMENT...]"
}

process="${1:-help}"
case "$process" in
  help)
    usage
    exit
    ;;
  jobmanager | standalone-job | taskmanager | history-server)
    configure
    ;;
esac
enable_built_in_plugins
cd "$FLINK_HOME"

case "$process" in
  jobmanager | standalone-job | taskmanager) exec "$process.sh" start-foreground "${@:2}" ;;
  history-server) exec historyserver.sh start-foreground "${@:2}" ;;
  *) exec "$@" ;;
esac
