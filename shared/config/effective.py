"""What a FlinkDeployment says, as the Flink configuration that its cluster gets (contract part 3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from shared import API_VERSION
from shared.config.flatten import flatten
from shared.config.operator import default_configuration
from shared.config.options import (
    HIGH_AVAILABILITY_STORAGE,
    TASK_SLOTS,
    high_availability_is_active,
)
from shared.config.quantity import parse_memory, parse_quantity
from shared.model.deployment import FlinkDeployment, FlinkDeploymentSpec, JobManagerSpec, TaskManagerSpec
from shared.model.job import UpgradeMode

Value = str | tuple[str, ...]
"""Text, or the elements of a list option whose elements may hold any character."""

GENERATION_ANNOTATION = "flinkdeployment.flink.apache.org/generation"


@dataclass(frozen=True, slots=True)
class Submission:
    """What is settled for one deployment of a cluster, before anything is created."""

    generation: int
    job_id: str | None
    restore_path: str | None = None
    """Savepoint or checkpoint to start from; None starts without state."""


def validation_configuration(
    spec: FlinkDeploymentSpec, namespace: str, operator: Mapping[str, str]
) -> dict[str, str]:
    """The resource's options over its defaults, without what the operator derives: what rules look at."""
    return default_configuration(operator, namespace, spec.flink_version) | flatten(
        spec.flink_configuration or {}
    )


def deployment_configuration(
    resource: FlinkDeployment, operator: Mapping[str, str], submission: Submission
) -> dict[str, Value]:
    """All options of a native cluster, the operator's own (`kubernetes.operator.…`) included."""
    spec, metadata = resource.spec, resource.metadata
    user = validation_configuration(spec, metadata.namespace, operator)
    result: dict[str, Value] = dict(user)
    result.setdefault("kubernetes.rest-service.exposed.type", "ClusterIP")
    result.setdefault("web.cancel.enable", "false")
    result |= _image_and_version(spec)
    result |= _resources("jobmanager", spec.job_manager)
    result |= _resources("taskmanager", spec.task_manager)
    result |= _replicas(spec)
    if spec.job is None:
        result["execution.target"] = "kubernetes-session"
    else:
        _add_application(result, resource, submission)
    result["kubernetes.namespace"] = metadata.namespace
    result["kubernetes.cluster-id"] = metadata.name
    if high_availability_is_active(user):
        result["high-availability.cluster-id"] = metadata.name
        _add_job_result_store(result, user, metadata.name, submission)
    _add_to_map(
        result, "kubernetes.jobmanager.annotations", GENERATION_ANNOTATION, str(submission.generation)
    )
    result["kubernetes.jobmanager.owner.reference"] = (
        f"apiVersion:{API_VERSION},kind:{resource.kind},name:{metadata.name},uid:{metadata.uid},"
        "blockOwnerDeletion:true,controller:false"
    )
    return result


def effective_parallelism(spec: FlinkDeploymentSpec, configuration: Mapping[str, Value]) -> int:
    """Parallelism of the job: replicas times slots when replicas are given, else the job's own."""
    if spec.task_manager is not None and spec.task_manager.replicas is not None:
        return spec.task_manager.replicas * _slots(configuration)
    return spec.job.parallelism if spec.job is not None else 0


def task_manager_count(spec: FlinkDeploymentSpec, configuration: Mapping[str, Value]) -> int:
    """TaskManagers that the job's parallelism needs."""
    return ceil(effective_parallelism(spec, configuration) / _slots(configuration))


def text(value: Value) -> str:
    """The value in one line, lists joined with `;`."""
    return value if isinstance(value, str) else ";".join(value)


def _slots(configuration: Mapping[str, Value]) -> int:
    return int(text(configuration.get(TASK_SLOTS.key, TASK_SLOTS.default or "1")))


def _image_and_version(spec: FlinkDeploymentSpec) -> dict[str, Value]:
    result: dict[str, Value] = {}
    if spec.flink_version is not None:
        result["$internal.flink.version"] = spec.flink_version.value
    if spec.image:
        legacy = spec.flink_version is not None and spec.flink_version.number < (1, 17)
        result["kubernetes.container.image" + ("" if legacy else ".ref")] = spec.image
    if spec.image_pull_policy:
        result["kubernetes.container.image.pull-policy"] = spec.image_pull_policy
    if spec.service_account:
        result["kubernetes.service-account"] = spec.service_account
    return result


def _resources(component: str, spec: JobManagerSpec | TaskManagerSpec | None) -> dict[str, Value]:
    result: dict[str, Value] = {}
    if spec is None:
        return result
    if spec.resources is not None and spec.resources.is_given:
        requests, limits = spec.resources.requests or {}, spec.resources.limits or {}
        memory, memory_limit = requests.get("memory"), limits.get("memory")
        cpu, cpu_limit = requests.get("cpu"), limits.get("cpu")
        if memory or memory_limit:
            result[f"{component}.memory.process.size"] = _bytes(memory or memory_limit or "")
        if cpu or cpu_limit:
            result[f"kubernetes.{component}.cpu.amount"] = str(float(parse_quantity(cpu or cpu_limit or "")))
        if memory and memory_limit:
            factor = Decimal(parse_memory(memory_limit)) / parse_memory(memory)
            result[f"kubernetes.{component}.memory.limit-factor"] = str(float(factor))
        if cpu and cpu_limit:
            factor = parse_quantity(cpu_limit) / parse_quantity(cpu)
            result[f"kubernetes.{component}.cpu.limit-factor"] = str(float(factor))
    elif spec.resource is not None:
        if spec.resource.memory:
            result[f"{component}.memory.process.size"] = _bytes(spec.resource.memory)
        if spec.resource.cpu is not None:
            result[f"kubernetes.{component}.cpu.amount"] = str(spec.resource.cpu)
    return result


def _bytes(memory: str) -> str:
    return f"{parse_memory(memory)} bytes"


def _replicas(spec: FlinkDeploymentSpec) -> dict[str, Value]:
    if spec.job_manager is not None and spec.job_manager.replicas > 0:
        return {"kubernetes.jobmanager.replicas": str(spec.job_manager.replicas)}
    return {}


def _add_application(result: dict[str, Value], resource: FlinkDeployment, submission: Submission) -> None:
    spec, job = resource.spec, resource.spec.job
    if job is None:
        raise ValueError("a session cluster has no job")
    result["execution.target"] = "kubernetes-application"
    if job.jar_uri:
        result["pipeline.jars"] = (job.jar_uri,)
    result["parallelism.default"] = str(effective_parallelism(spec, result))
    result["execution.shutdown-on-application-finish"] = "false"
    result.setdefault("execution.submit-failed-job-on-application-error", "true")
    result.setdefault("pipeline.name", resource.metadata.name)
    result.setdefault("execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION")
    if job.upgrade_mode is UpgradeMode.LAST_STATE:
        result.setdefault("execution.checkpointing.interval", "5 min")
    if job.allow_non_restored_state is not None:
        result["execution.savepoint.ignore-unclaimed-state"] = str(job.allow_non_restored_state).lower()
    if job.entry_class:
        result["$internal.application.main"] = job.entry_class
    if job.args:
        result["$internal.application.program-args"] = tuple(job.args)
    if submission.job_id is not None:
        result["$internal.pipeline.job-id"] = submission.job_id
    for stale in ("execution.savepoint.path", "execution.state-recovery.path"):
        result.pop(stale, None)
    if submission.restore_path is not None:
        result["execution.savepoint.path"] = submission.restore_path


def _add_job_result_store(
    result: dict[str, Value], user: Mapping[str, str], cluster: str, submission: Submission
) -> None:
    """A store of its own for each deployment: else Flink would not run a job id that it saw finish before."""
    storage = HIGH_AVAILABILITY_STORAGE.read(user)
    if storage and submission.job_id is not None:
        result.setdefault("job-result-store.delete-on-commit", "false")
        result["job-result-store.storage-path"] = (
            f"{storage.rstrip('/')}/job-result-store/{cluster}/{submission.job_id}-{submission.generation}"
        )


def _add_to_map(result: dict[str, Value], key: str, name: str, value: str) -> None:
    """Options below the key are entries of the map too; beside an option of the key they could not stand."""
    entries = [text(result[key])] if result.get(key) else []
    for below in [option for option in result if option.startswith(f"{key}.")]:
        entries.append(_quoted_entry(below.removeprefix(f"{key}."), text(result.pop(below))))
    result[key] = ",".join([*entries, f"{name}:{value}"])


def _quoted_entry(name: str, value: str) -> str:
    entry = f"{name}:{value}"
    return "'" + entry.replace("'", "''") + "'" if any(one in entry for one in ",'\"") else entry
