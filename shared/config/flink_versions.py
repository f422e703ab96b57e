"""What each Flink version knows: one row a version, each the row before it with what is new.

A fact about Flink's versions is read from here, never from a comparison of version numbers elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from shared.model.deployment import FlinkVersion


@dataclass(frozen=True, slots=True)
class FlinkRelease:
    """Facts about one minor version of Flink."""

    version: FlinkVersion
    drops_options: bool
    """Whether names are gone that Flink 1 reads and Flink 2 does not (shared.config.flink_options)."""

    configuration_file: str
    """The file in the configuration folder that the operator writes for it."""
    reads_yaml: bool
    """Whether that file is YAML; else it holds `option: value` lines whose values are never unquoted."""

    image_key: str
    """Option for the image."""
    cpu_keys: tuple[str, ...]
    """Options for a component's CPUs, without the component; all are written."""
    restore_path_keys: tuple[str, ...]
    """Options for the path to start from, the newest first; the last is read by every version."""
    claim_mode_keys: tuple[str, ...]
    """Options for who owns what a job started from, the newest first."""
    ignore_unclaimed_state_keys: tuple[str, ...]
    """Options for starting without state that no operator claims, the newest first."""
    checkpoint_directory_key: str
    savepoint_directory_key: str
    rescale_cooldown_key: str
    """Option for the least time between two changes of the parallelism."""

    job_plan_prefix: str
    """What data keys of a job's plan begin with, in ConfigMaps of high availability."""
    zookeeper_plans_key: str
    """Option for the node of ZooKeeper that holds the plans."""
    zookeeper_plans_default: str
    labels_high_availability_maps: bool
    """Whether its ConfigMaps of high availability have the label `configmap-type` too."""
    has_application_result_store: bool
    """Whether there is a result store of applications beside that of jobs."""

    triggers_checkpoints: bool
    """REST: a checkpoint can be asked for."""
    rescales_in_place: bool
    """REST: `/jobs/…/resource-requirements`, which the adaptive scheduler obeys."""
    claim_mode_field: str
    """REST: the field of `/jars/…/run` for the claim mode."""
    takes_program_args_as_text: bool
    """REST: `/jars/…/run` takes `programArgs` too; `programArgsList` is taken by every version."""
    has_root_exception: bool
    """REST: `/jobs/…/exceptions` has `root-exception` and `timestamp` beside the history."""
    job_overview_fields: frozenset[str]
    """REST: fields of a job in `/jobs/overview` that not every version has."""
    has_applications: bool
    """REST: `/applications`."""

    fetches_artifacts: bool
    """Whether a native cluster fetches a job's jar that is not in its image."""
    needs_job_jar: bool
    """Whether a native application must name its jar in `pipeline.jars`, unless it is Python."""
    labels_services: bool
    """Whether options give labels and annotations to both Services; else only annotations to the REST one."""
    mounts_volume_claims: bool
    """Whether options mount PersistentVolumeClaims."""

    @property
    def number(self) -> str:
        """As it is spoken: `1.20`."""
        return self.version.value.removeprefix("v").replace("_", ".")

    @property
    def default_image(self) -> str:
        """The image that Flink's client takes when none is given."""
        return f"apache/flink:{self.number}-scala_2.12"


_1_13 = FlinkRelease(
    version=FlinkVersion.V1_13,
    drops_options=False,
    configuration_file="flink-conf.yaml",
    reads_yaml=False,
    image_key="kubernetes.container.image",
    cpu_keys=("cpu.amount", "cpu"),
    restore_path_keys=("execution.savepoint.path",),
    claim_mode_keys=("execution.savepoint-restore-mode",),
    ignore_unclaimed_state_keys=("execution.savepoint.ignore-unclaimed-state",),
    checkpoint_directory_key="state.checkpoints.dir",
    savepoint_directory_key="state.savepoints.dir",
    rescale_cooldown_key="jobmanager.adaptive-scheduler.scaling-interval.min",
    job_plan_prefix="jobGraph-",
    zookeeper_plans_key="high-availability.zookeeper.path.jobgraphs",
    zookeeper_plans_default="/jobgraphs",
    labels_high_availability_maps=True,
    has_application_result_store=False,
    triggers_checkpoints=False,
    rescales_in_place=False,
    claim_mode_field="restoreMode",
    takes_program_args_as_text=True,
    has_root_exception=True,
    job_overview_fields=frozenset(),
    has_applications=False,
    fetches_artifacts=False,
    needs_job_jar=True,
    labels_services=False,
    mounts_volume_claims=False,
)
_1_14 = replace(_1_13, version=FlinkVersion.V1_14)
_1_15 = replace(_1_14, version=FlinkVersion.V1_15)
_1_16 = replace(_1_15, version=FlinkVersion.V1_16)
_1_17 = replace(
    _1_16,
    version=FlinkVersion.V1_17,
    image_key="kubernetes.container.image.ref",
    cpu_keys=("cpu.amount",),
    triggers_checkpoints=True,
)
_1_18 = replace(_1_17, version=FlinkVersion.V1_18, rescales_in_place=True)
_1_19 = replace(_1_18, version=FlinkVersion.V1_19, fetches_artifacts=True)
_1_20 = replace(
    _1_19,
    version=FlinkVersion.V1_20,
    restore_path_keys=("execution.state-recovery.path", "execution.savepoint.path"),
    claim_mode_keys=("execution.state-recovery.claim-mode", "execution.savepoint-restore-mode"),
    ignore_unclaimed_state_keys=(
        "execution.state-recovery.ignore-unclaimed-state",
        "execution.savepoint.ignore-unclaimed-state",
    ),
    checkpoint_directory_key="execution.checkpointing.dir",
    savepoint_directory_key="execution.checkpointing.savepoint-dir",
    claim_mode_field="claimMode",
)
_2_0 = replace(
    _1_20,
    version=FlinkVersion.V2_0,
    drops_options=True,
    configuration_file="config.yaml",
    reads_yaml=True,
    rescale_cooldown_key="jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling",
    job_plan_prefix="executionPlan-",
    zookeeper_plans_key="high-availability.zookeeper.path.execution-plans",
    zookeeper_plans_default="/execution-plans",
    labels_high_availability_maps=False,
    takes_program_args_as_text=False,
    has_root_exception=False,
    job_overview_fields=frozenset({"pending-operators"}),
)
_2_1 = replace(_2_0, version=FlinkVersion.V2_1, needs_job_jar=False)
_2_2 = replace(_2_1, version=FlinkVersion.V2_2, labels_services=True)
_2_3 = replace(
    _2_2,
    version=FlinkVersion.V2_3,
    has_application_result_store=True,
    job_overview_fields=_2_2.job_overview_fields | {"jobType", "schedulerType"},
    has_applications=True,
    mounts_volume_claims=True,
)
_2_4 = replace(_2_3, version=FlinkVersion.V2_4)

RELEASES: Final[Mapping[FlinkVersion, FlinkRelease]] = {
    row.version: row
    for row in (_1_13, _1_14, _1_15, _1_16, _1_17, _1_18, _1_19, _1_20, _2_0, _2_1, _2_2, _2_3, _2_4)
}
"""Every version that a resource can name, the oldest first."""

JOB_PLAN_PREFIXES: Final = tuple(sorted({row.job_plan_prefix for row in RELEASES.values()}))
"""Of all versions: a cluster of one may have been upgraded from another."""

RESTORE_PATH_KEYS: Final = tuple(sorted({key for row in RELEASES.values() for key in row.restore_path_keys}))
"""Of all versions: what is set for one must not be left for another."""

NEWEST: Final = RELEASES[FlinkVersion.V2_3]
"""What is assumed of a resource that names no version."""
