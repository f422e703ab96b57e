"""Native clusters made of resources, and the options that they hand to Flink."""

from typing import Any

import yaml

from controller.flink.native import NativeCluster, native_cluster
from shared.config.effective import Submission
from shared.config.flatten import flatten
from tests.unit.flink_deployments import subject_of

Json = dict[str, Any]
JOB_ID = "d7203a3b348850bf90e5f4209f3b6095"
HA = {"high-availability.type": "kubernetes", "high-availability.storageDir": "file:///tmp/ha"}


def made(raw: Json, *, log_files: tuple[str, ...] = (), restore_path: str | None = None) -> NativeCluster:
    job_id = JOB_ID if raw["spec"].get("job") else None
    submission = Submission(raw["metadata"]["generation"], job_id, restore_path)
    return native_cluster(subject_of(raw).resource, submission, {}, dict.fromkeys(log_files, "…"))


def options_of(config_maps: Any) -> dict[str, str]:
    data = next(one["data"] for one in config_maps if one["metadata"]["name"].startswith("flink-config-"))
    if "config.yaml" in data:
        return flatten(yaml.safe_load(data["config.yaml"]))
    lines = data["flink-conf.yaml"].splitlines()
    return dict(line.split(": ", 1) for line in lines)
