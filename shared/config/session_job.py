"""What a FlinkSessionJob says, as the options that its job is run with (contract part 3.5)."""

from collections.abc import Mapping

from shared.config.derived import LAST_STATE_INTERVAL
from shared.config.flatten import flatten
from shared.model.job import UpgradeMode
from shared.model.session_job import FlinkSessionJobSpec

_OF_OPERATOR = ("kubernetes.operator.", "job.autoscaler.")


def run_configuration(name: str, spec: FlinkSessionJobSpec, cluster: Mapping[str, str]) -> dict[str, str]:
    """The job's own options, with defaults where neither it nor its cluster says anything.

    Flink lays them over the options of its JobManager.
    """
    own = flatten(spec.flink_configuration or {})
    options = {key: value for key, value in own.items() if not key.startswith(_OF_OPERATOR)}
    defaults = {
        "pipeline.name": name,
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    }
    if spec.job is not None and spec.job.upgrade_mode is UpgradeMode.LAST_STATE:
        defaults["execution.checkpointing.interval"] = LAST_STATE_INTERVAL
    unsaid = {key: value for key, value in defaults.items() if key not in cluster or key == "pipeline.name"}
    return unsaid | options
