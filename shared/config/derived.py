"""The options that a FlinkDeployment's other fields, and its submission, stand for (contract part 3.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared import API_VERSION
from shared.config.flink_versions import NEWEST, RELEASES, RESTORE_PATH_KEYS, FlinkRelease
from shared.config.layers import Layer, Options, Value, merged, text
from shared.config.options import HIGH_AVAILABILITY_STORAGE, high_availability_is_active
from shared.config.parallelism import effective_parallelism, task_manager_count
from shared.config.quantity import parse_memory, parse_quantity
from shared.model.deployment import FlinkDeployment, FlinkDeploymentSpec, KubernetesDeploymentMode
from shared.model.job import JobSpec, UpgradeMode

GENERATION_ANNOTATION = "flinkdeployment.flink.apache.org/generation"
ROLLBACK_ANNOTATION = "flinkdeployment.flink.apache.org/rollback"
"""On what was deployed of the last stable spec, in place of that generation's."""

LAST_STATE_INTERVAL = "5 min"
"""Between checkpoints of a job whose upgrades need them, where its spec says nothing."""

FIXED = "set by the operator"
DEFAULT = "default of the operator"

_RESTORE_PATH_KEY = NEWEST.restore_path_keys[-1]
"""The oldest name, which every version reads."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What is settled for one deployment of a cluster, before anything is created."""

    generation: int
    job_id: str | None
    restore_path: str | None = None
    """Savepoint or checkpoint to start from; None starts without state."""
    is_rollback: bool = False
    """The spec is not that generation's, but the last stable one."""

    @property
    def annotations(self) -> dict[str, str]:
        """By which its Deployments are told from those of other submissions."""
        rollback = {ROLLBACK_ANNOTATION: "true"} if self.is_rollback else {}
        return {GENERATION_ANNOTATION: str(self.generation), **rollback}


def derived_layers(
    resource: FlinkDeployment, lower: Sequence[Layer], submission: Submission | None
) -> tuple[Layer, ...]:
    """The layers over `lower`, each named for the field that it is derived from.

    Without a submission they are those of a first deployment, and what only a cluster knows is in angle
    brackets: `<job id>`. Raises ValueError when a field cannot be read.
    """
    spec, metadata = resource.spec, resource.metadata
    layers = _Layers(merged(lower))
    highly_available = high_availability_is_active(
        {key: text(value) for key, value in layers.options.items()}
    )
    layers.add_defaults({"kubernetes.rest-service.exposed.type": "ClusterIP", "web.cancel.enable": "false"})
    _add_image_and_version(layers, spec)
    _add_component(layers, "jobmanager", "spec.jobManager", spec)
    _add_component(layers, "taskmanager", "spec.taskManager", spec)
    _add_mode(layers, spec)
    if spec.job is not None:
        _add_job(layers, resource, spec.job)
        _add_submission(layers, spec.job, submission)
    layers.derive("metadata.namespace", {"kubernetes.namespace": metadata.namespace})
    layers.derive("metadata.name", {"kubernetes.cluster-id": metadata.name})
    if highly_available:
        layers.derive("metadata.name", {"high-availability.cluster-id": metadata.name})
        if spec.job is not None:
            _add_result_stores(layers, metadata.name, submission, _release(spec))
    wanted = {GENERATION_ANNOTATION: "<generation>"} if submission is None else submission.annotations
    entries = ",".join(f"{name}:{value}" for name, value in wanted.items())
    annotations = _with_entry(layers.options, "kubernetes.jobmanager.annotations", entries)
    layers.derive("metadata.generation", annotations)
    layers.derive("metadata.uid", {"kubernetes.jobmanager.owner.reference": _owner_reference(resource)})
    return tuple(layers.added)


class _Layers:
    """Layers that are being laid over others, and what all come to so far."""

    def __init__(self, options: dict[str, Value]) -> None:
        self.options = options
        self.added: list[Layer] = []

    def add(self, name: str, options: Options) -> None:
        """Lay options over the others, whether they are set or not."""
        if not options:
            return
        self.added.append(Layer(name, options))
        for key, value in options.items():
            if value is None:
                self.options.pop(key, None)
            else:
                self.options[key] = value

    def derive(self, field: str, options: Options) -> None:
        """Lay over what a field of the resource stands for."""
        self.add(f"derived from {field}", options)

    def add_defaults(self, options: Options) -> None:
        """Set those that are not set."""
        self.add(DEFAULT, {key: value for key, value in options.items() if key not in self.options})


def _add_image_and_version(layers: _Layers, spec: FlinkDeploymentSpec) -> None:
    if spec.flink_version is not None:
        layers.derive("spec.flinkVersion", {"$internal.flink.version": spec.flink_version.value})
    if spec.image and spec.image.strip():
        layers.derive("spec.image", {_release(spec).image_key: spec.image})
    if spec.image_pull_policy:
        layers.derive(
            "spec.imagePullPolicy", {"kubernetes.container.image.pull-policy": spec.image_pull_policy}
        )
    if spec.service_account:
        layers.derive("spec.serviceAccount", {"kubernetes.service-account": spec.service_account})


def _release(spec: FlinkDeploymentSpec) -> FlinkRelease:
    return NEWEST if spec.flink_version is None else RELEASES[spec.flink_version]


def _add_component(layers: _Layers, component: str, path: str, deployment: FlinkDeploymentSpec) -> None:
    spec = deployment.job_manager if component == "jobmanager" else deployment.task_manager
    if spec is None:
        return
    cpu_keys = [f"kubernetes.{component}.{key}" for key in _release(deployment).cpu_keys]
    memory_key = f"{component}.memory.process.size"
    if spec.resources is not None and spec.resources.is_given:
        requests, limits = spec.resources.requests or {}, spec.resources.limits or {}
        options: dict[str, Value] = {}
        if memory := requests.get("memory") or limits.get("memory"):
            options[memory_key] = _bytes(memory)
        if cpu := requests.get("cpu") or limits.get("cpu"):
            options |= dict.fromkeys(cpu_keys, str(float(parse_quantity(cpu))))
        for name, amount in (("memory", _memory), ("cpu", parse_quantity)):
            if name in requests and name in limits and (request := amount(requests[name])) > 0:
                factor = float(amount(limits[name]) / request)
                options[f"kubernetes.{component}.{name}.limit-factor"] = str(factor)
        layers.derive(f"{path}.resources", options)
    elif spec.resource is not None:
        if spec.resource.memory:
            layers.derive(f"{path}.resource.memory", {memory_key: _bytes(spec.resource.memory)})
        if spec.resource.cpu is not None:
            layers.derive(f"{path}.resource.cpu", dict.fromkeys(cpu_keys, str(spec.resource.cpu)))
    if spec.replicas is not None and spec.replicas > 0:
        part = "kubernetes.jobmanager" if component == "jobmanager" else "kubernetes.internal.taskmanager"
        layers.derive(f"{path}.replicas", {f"{part}.replicas": str(spec.replicas)})


def _memory(amount: str) -> Decimal:
    return Decimal(parse_memory(amount))


def _bytes(memory: str) -> str:
    return f"{parse_memory(memory)} bytes"


def _add_mode(layers: _Layers, spec: FlinkDeploymentSpec) -> None:
    kind = "session" if spec.job is None else "application"
    if spec.mode is KubernetesDeploymentMode.STANDALONE:
        layers.derive(
            "spec.mode",
            {"execution.target": "remote", "kubernetes.internal.cluster-mode": kind.upper()},
        )
    else:
        layers.add(FIXED, {"execution.target": f"kubernetes-{kind}"})


def _add_job(layers: _Layers, resource: FlinkDeployment, job: JobSpec) -> None:
    spec = resource.spec
    standalone = spec.mode is KubernetesDeploymentMode.STANDALONE
    if job.jar_uri:
        jars = (
            {"pipeline.classpaths": (_as_file(job.jar_uri),)}
            if standalone
            else {"pipeline.jars": (job.jar_uri,)}
        )
        layers.derive("spec.job.jarURI", jars)
    has_replicas = spec.task_manager is not None and spec.task_manager.replicas is not None
    origin = "spec.taskManager.replicas" if has_replicas else "spec.job.parallelism"
    layers.derive(origin, {"parallelism.default": str(effective_parallelism(spec, layers.options))})
    if standalone and "kubernetes.internal.taskmanager.replicas" not in layers.options:
        count = task_manager_count(spec, layers.options)
        layers.derive(origin, {"kubernetes.internal.taskmanager.replicas": str(count)})
    layers.add(FIXED, {"execution.shutdown-on-application-finish": "false"})
    layers.add_defaults(
        {
            "execution.submit-failed-job-on-application-error": "true",
            "pipeline.name": resource.metadata.name,
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        }
    )
    if job.upgrade_mode is UpgradeMode.LAST_STATE:
        layers.add_defaults({"execution.checkpointing.interval": LAST_STATE_INTERVAL})
    if job.allow_non_restored_state is not None:
        ignored = str(job.allow_non_restored_state).lower()
        layers.derive(
            "spec.job.allowNonRestoredState", {"execution.savepoint.ignore-unclaimed-state": ignored}
        )
    if job.entry_class:
        layers.derive("spec.job.entryClass", {"$internal.application.main": job.entry_class})
    if job.args:
        layers.derive("spec.job.args", {"$internal.application.program-args": tuple(job.args)})


def _as_file(uri: str) -> str:
    return f"file:{uri.removeprefix('local:')}" if uri.startswith("local:") else uri


def _add_submission(layers: _Layers, job: JobSpec, submission: Submission | None) -> None:
    """Where the job starts from is the operator's to say; what a user set of it is taken away."""
    job_id = "<job id>" if submission is None else submission.job_id
    if job_id is not None:
        layers.add(FIXED, {"$internal.pipeline.job-id": job_id})
    layers.add(FIXED, {key: None for key in RESTORE_PATH_KEYS if key in layers.options})
    restore_path = job.initial_savepoint_path if submission is None else submission.restore_path
    if restore_path is not None:
        path = {_RESTORE_PATH_KEY: restore_path}
        if restore_path == job.initial_savepoint_path:
            layers.derive("spec.job.initialSavepointPath", path)
        else:
            layers.add(FIXED, path)


def _add_result_stores(
    layers: _Layers, cluster: str, submission: Submission | None, release: FlinkRelease
) -> None:
    """Stores of its own for each deployment: else Flink would not run what it saw finish before.

    Applications have the same id in every deployment of a cluster. The result of one stays in the store when
    its JobManager ends before it has tidied up, and the next JobManager would start nothing at all.
    """
    run = "<job id>-<generation>"
    if submission is not None:
        run = f"{submission.job_id}-{submission.generation}"
    flat = {key: text(value) for key, value in layers.options.items()}
    storage = HIGH_AVAILABILITY_STORAGE.read(flat)
    if storage and (submission is None or submission.job_id is not None):
        layers.add_defaults({"job-result-store.delete-on-commit": "false"})
        stores = ["job-result-store"]
        if release.has_application_result_store:
            stores.append("application-result-store")
        for store in stores:
            path = f"{storage.rstrip('/')}/{store}/{cluster}/{run}"
            layers.add(FIXED, {f"{store}.storage-path": path})


def _owner_reference(resource: FlinkDeployment) -> str:
    name, uid = resource.metadata.name, resource.metadata.uid or "<uid>"
    return (
        f"apiVersion:{API_VERSION},kind:{resource.kind},name:{name},uid:{uid},"
        "blockOwnerDeletion:true,controller:false"
    )


def _with_entry(options: Mapping[str, Value], key: str, entry: str) -> dict[str, Value | None]:
    """The map with one entry more. Options below the key are entries too: beside it they could not stand."""
    entries = [text(options[key])] if options.get(key) else []
    below = {name: text(value) for name, value in options.items() if name.startswith(f"{key}.")}
    entries += [_quoted_entry(name.removeprefix(f"{key}."), value) for name, value in below.items()]
    return {**dict.fromkeys(below), key: ",".join([*entries, entry])}


def _quoted_entry(name: str, value: str) -> str:
    entry = f"{name}:{value}"
    return "'" + entry.replace("'", "''") + "'" if any(one in entry for one in ",'\"") else entry
