"""The options that Flink's pods get: those of the deployment, with what the kind of cluster makes of them."""

from collections.abc import Mapping

from controller.flink.configuration_file import ConfigurationConflict
from controller.flink.names import ClusterType
from shared.config.collections import parse_list
from shared.config.effective import Value, text
from shared.config.flink_versions import RELEASES
from shared.config.job_jar import (
    JARS,
    RAW_HTTP,
    class_path,
    in_user_library,
    native_jar_problems,
    standalone_jar_problems,
)
from shared.config.options import (
    BLOB_SERVER_PORT,
    HIGH_AVAILABILITY_PORT,
    JOBMANAGER_RPC_PORT,
    REST_BIND_PORT,
    REST_PORT,
    TASKMANAGER_RPC_PORT,
    high_availability_is_active,
    is_true,
)
from shared.config.pod_templates import NO_TEMPLATE_FILE, TEMPLATE_FILE, USE_THE_FIELD, template_file_key
from shared.config.registry import Option
from shared.model.deployment import FlinkDeploymentSpec, KubernetesDeploymentMode

CLASS_PATH = "pipeline.classpaths"

_OPERATOR_PREFIXES = ("kubernetes.operator.", "job.autoscaler.")
_CLIENT_ONLY = frozenset(
    {
        "kubernetes.config.file",
        "$internal.deployment.config-dir",
        "rest.bind-address",
        "jobmanager.bind-host",
        "taskmanager.bind-host",
        "taskmanager.host",
    }
)
_TEMPLATE_FILE_IN_POD = "/opt/flink/pod-template/taskmanager-pod-template.yaml"
_ENTRY_CLASS = "org.apache.flink.kubernetes.entrypoint.Kubernetes{}ClusterEntrypoint"
_FIXED_PORTS = {BLOB_SERVER_PORT: "6124", TASKMANAGER_RPC_PORT: "6122"}


def cluster_configuration(
    deployment: Mapping[str, Value], spec: FlinkDeploymentSpec, *, has_task_manager_template: bool
) -> dict[str, Value]:
    """What the pods of a cluster get, without options that are the operator's or the client's own."""
    result = _with_fixed_ports({key: value for key, value in deployment.items() if _is_for_pods(key)})
    if spec.mode is KubernetesDeploymentMode.STANDALONE:
        return _standalone(result, spec)
    if has_task_manager_template:
        result[f"{TEMPLATE_FILE}.taskmanager"] = _TEMPLATE_FILE_IN_POD
    return _native(result, spec)


def require_workable(configuration: Mapping[str, Value], spec: FlinkDeploymentSpec) -> None:
    """Raises ConfigurationConflict for options of pods that no cluster works with."""
    flat = _flat(configuration)
    for option in (*_FIXED_PORTS, JOBMANAGER_RPC_PORT, REST_PORT, REST_BIND_PORT, HIGH_AVAILABILITY_PORT):
        _require_one_port(option, flat)
    if spec.job is None or spec.flink_version is None:
        return
    release = RELEASES[spec.flink_version]
    if spec.mode is not KubernetesDeploymentMode.STANDALONE:
        value = configuration.get(JARS, ())
        jars = parse_list(value) if isinstance(value, str) else value
        raw_http = is_true(flat.get(RAW_HTTP))
        problems = native_jar_problems(spec.job, jars, release, allows_raw_http=raw_http)
    else:
        problems = standalone_jar_problems(spec.job, release)
    for problem in problems:
        raise ConfigurationConflict(f"spec.job.jarURI: {problem.message}. {problem.hint}")


def _native(options: dict[str, Value], spec: FlinkDeploymentSpec) -> dict[str, Value]:
    """As Flink's client hands them on."""
    entry_class = _ENTRY_CLASS.format(cluster_type(spec).value.capitalize())
    options["internal.cluster.execution-mode"] = "NORMAL"
    options["kubernetes.internal.jobmanager.entrypoint.class"] = entry_class
    if not high_availability_is_active(_flat(options)):
        options["jobmanager.rpc.address"] = _job_manager_address(options)
    return options


def _standalone(options: dict[str, Value], spec: FlinkDeploymentSpec) -> dict[str, Value]:
    """Contract part 5.9; the class path has the job's jar if Java can open it.

    What lies in the folder for user code is on it already: named again, Flink would find its classes twice.
    """
    options["jobmanager.rpc.address"] = _job_manager_address(options)
    if spec.job is not None and spec.job.jar_uri:
        entry = class_path(spec.job.jar_uri)
        options.pop(CLASS_PATH, None)
        if entry is not None and not in_user_library(entry):
            options[CLASS_PATH] = (entry,)
    return options


def cluster_type(spec: FlinkDeploymentSpec) -> ClusterType:
    """What runs on the cluster."""
    return ClusterType.APPLICATION if spec.is_application else ClusterType.SESSION


def require_no_template_file(deployment: Mapping[str, Value], component: str) -> None:
    """Raises ConfigurationConflict when the pod template of a component is said to be in a file."""
    key = template_file_key(deployment, component)
    if key is not None:
        raise ConfigurationConflict(f"{key}: {NO_TEMPLATE_FILE}. {USE_THE_FIELD}")


def _with_fixed_ports(options: dict[str, Value]) -> dict[str, Value]:
    """Ports that Services and pods must know are not left to chance."""
    flat = _flat(options)
    for option, port in _FIXED_PORTS.items():
        if _is_open(option, flat):
            options[option.key] = port
    if _is_open(REST_BIND_PORT if REST_BIND_PORT.is_in(flat) else REST_PORT, flat):
        options[REST_BIND_PORT.key] = "8081"
    if high_availability_is_active(flat) and _is_open(HIGH_AVAILABILITY_PORT, flat):
        options[HIGH_AVAILABILITY_PORT.key] = JOBMANAGER_RPC_PORT.read(flat) or "6123"
    return options


def _is_open(option: Option, flat: Mapping[str, str]) -> bool:
    return (option.read(flat) or "0").strip() == "0"


def _require_one_port(option: Option, flat: Mapping[str, str]) -> None:
    value = option.read(flat) or "0"
    if not option.type.reads(value):
        raise ConfigurationConflict(
            f"{option.key}: {value!r} is not one port, which Services need. Use one, or 0 for the usual one."
        )


def _is_for_pods(key: str) -> bool:
    return not key.startswith((*_OPERATOR_PREFIXES, TEMPLATE_FILE)) and key not in _CLIENT_ONLY


def _job_manager_address(options: Mapping[str, Value]) -> str:
    return f"{text(options['kubernetes.cluster-id'])}.{text(options['kubernetes.namespace'])}"


def _flat(options: Mapping[str, Value]) -> dict[str, str]:
    return {key: text(value) for key, value in options.items()}
