"""What the JobManager's container is started with."""

from controller.flink.names import ClusterType
from controller.flink.options import ClusterOptions
from shared.config.flink_versions import RESTORE_PATH_KEYS
from shared.config.job_jar import class_path
from shared.config.options import high_availability_is_active, is_true
from shared.model.job import JobSpec

_OWN_ADDRESS = ("-D", "jobmanager.rpc.address=$(_POD_IP_ADDRESS)")
"""Each of several JobManagers is reached by its own address; the kubelet fills it in."""


def native_arguments(options: ClusterOptions) -> list[str]:
    """Of a native JobManager: a line for a shell."""
    given = options.get("kubernetes.jobmanager.entrypoint.args") or ""
    return ["bash", "-c", f"kubernetes-jobmanager.sh kubernetes-{options.type.value} {given}"]


def standalone_arguments(options: ClusterOptions, job: JobSpec | None) -> list[str]:
    """Of a standalone JobManager: words for the image's entry point (contract part 5.9)."""
    address = _OWN_ADDRESS if high_availability_is_active(options.flat) else ()
    if options.type is ClusterType.SESSION or job is None:
        return ["jobmanager", *address]
    result = ["standalone-job"]
    if job.entry_class:
        result += ["--job-classname", job.entry_class]
    if job.jar_uri and class_path(job.jar_uri) is None:
        result += ["--jars", job.jar_uri]
    if any(is_true(options.get(key)) for key in options.release.ignore_unclaimed_state_keys):
        result.append("--allowNonRestoredState")
    restore_path = options.first(*RESTORE_PATH_KEYS)
    if restore_path:
        result += ["--fromSavepoint", restore_path]
    return [*result, *address, *job.args]
