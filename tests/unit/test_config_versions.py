"""The table of Flink's versions, against the lists of options that Flink's own jars gave."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

import shared.config
from shared.config.effective import Submission, deployment_configuration
from shared.config.flink_options import flink_options
from shared.config.flink_versions import JOB_PLAN_PREFIXES, RELEASES, RESTORE_PATH_KEYS, FlinkRelease
from shared.model.deployment import FlinkDeployment, FlinkVersion
from tests.unit.flink_deployments import application

LISTS = orjson.loads(Path(shared.config.__path__[0], "flink_options.json").read_bytes())["options"]
RECORDED = {"1.20": FlinkVersion.V1_20, "2.3": FlinkVersion.V2_3}
DESCRIBED = [row for row in RELEASES.values() if row.version.number >= (1, 17)]

KEYS: dict[str, Callable[[FlinkRelease], tuple[str, ...]]] = {
    "image": lambda row: (row.image_key,),
    "cpu": lambda row: tuple(
        f"kubernetes.{one}.{key}" for one in ("jobmanager", "taskmanager") for key in row.cpu_keys
    ),
    "restore path": lambda row: row.restore_path_keys,
    "claim mode": lambda row: row.claim_mode_keys,
    "unclaimed state": lambda row: row.ignore_unclaimed_state_keys,
    "checkpoints": lambda row: (row.checkpoint_directory_key,),
    "savepoints": lambda row: (row.savepoint_directory_key,),
    "cooldown": lambda row: (row.rescale_cooldown_key,),
    "plans": lambda row: (row.zookeeper_plans_key,),
}
SWITCHES: dict[str, Callable[[FlinkRelease], bool]] = {
    "kubernetes.internal-service.labels": lambda row: row.labels_services,
    "kubernetes.rest-service.labels": lambda row: row.labels_services,
    "kubernetes.persistent-volume-claims": lambda row: row.mounts_volume_claims,
    "application-result-store.storage-path": lambda row: row.has_application_result_store,
    "user.artifacts.base-dir": lambda row: row.fetches_artifacts,
}


def names(version: str) -> set[str]:
    """All that a version reads, older names included."""
    known = {key for key, option in LISTS.items() if version in option}
    return known | {older for option in LISTS.values() for older in option.get(version, ())}


def test_every_version_that_a_resource_can_name_has_a_row() -> None:
    assert list(RELEASES) == list(FlinkVersion)
    assert [row.version for row in RELEASES.values()] == list(RELEASES)


@pytest.mark.parametrize("which", KEYS)
@pytest.mark.parametrize("version", RECORDED)
def test_keys_of_the_row_are_read_by_that_flink(version: str, which: str) -> None:
    assert set(KEYS[which](RELEASES[RECORDED[version]])) <= names(version)


@pytest.mark.parametrize("which", KEYS)
@pytest.mark.parametrize("version", RECORDED)
def test_first_key_of_the_row_is_the_name_that_flink_uses_now(version: str, which: str) -> None:
    assert version in LISTS[KEYS[which](RELEASES[RECORDED[version]])[0]]


@pytest.mark.parametrize("row", DESCRIBED, ids=lambda row: row.number)
def test_no_row_has_a_key_that_came_later_or_is_gone(row: FlinkRelease) -> None:
    options = flink_options()
    for keys in KEYS.values():
        newest = keys(row)[0]
        since = options.newer_names[newest].since if newest in options.newer_names else (1, 17)
        assert row.version.number >= since
        assert not row.drops_options or newest not in options.gone_in_2


@pytest.mark.parametrize("version", RECORDED)
def test_row_drops_the_names_that_its_list_has_not(version: str) -> None:
    gone = flink_options().gone_in_2.keys()
    assert RELEASES[RECORDED[version]].drops_options == (not gone & names(version))


@pytest.mark.parametrize("option", SWITCHES)
@pytest.mark.parametrize("version", RECORDED)
def test_what_the_row_says_is_there_has_its_option(version: str, option: str) -> None:
    assert SWITCHES[option](RELEASES[RECORDED[version]]) == (option in names(version))


@pytest.mark.parametrize("key", RESTORE_PATH_KEYS)
def test_path_keys_of_all_versions_are_known(key: str) -> None:
    assert any(key in row.restore_path_keys for row in RELEASES.values())


def test_plans_of_all_versions_are_known() -> None:
    assert JOB_PLAN_PREFIXES == ("executionPlan-", "jobGraph-")


def test_version_is_spoken_and_has_its_image() -> None:
    assert RELEASES[FlinkVersion.V1_20].number == "1.20"
    assert RELEASES[FlinkVersion.V2_3].default_image == "apache/flink:2.3-scala_2.12"


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        (
            "v1_16",
            {"kubernetes.container.image", "kubernetes.jobmanager.cpu", "kubernetes.jobmanager.cpu.amount"},
        ),
        ("v1_17", {"kubernetes.container.image.ref", "kubernetes.jobmanager.cpu.amount"}),
        ("v2_3", {"kubernetes.container.image.ref", "kubernetes.jobmanager.cpu.amount"}),
    ],
)
def test_options_are_given_under_the_names_that_the_version_reads(version: str, keys: set[str]) -> None:
    raw = application(
        flinkVersion=version, image="flink", jobManager={"resource": {"cpu": 1, "memory": "1g"}}
    )
    options = deployment_configuration(FlinkDeployment.model_validate(raw), {}, Submission(1, "0" * 32))
    named = ("kubernetes.container.image", "kubernetes.jobmanager.cpu")
    assert {key for key in options if key.startswith(named) and not key.endswith("factor")} == keys


@pytest.mark.parametrize(
    ("since", "knows"),
    [
        (FlinkVersion.V1_17, lambda row: row.triggers_checkpoints),
        (FlinkVersion.V1_18, lambda row: row.rescales_in_place),
        (FlinkVersion.V1_19, lambda row: row.fetches_artifacts),
        (FlinkVersion.V1_20, lambda row: row.claim_mode_field == "claimMode"),
        (FlinkVersion.V2_0, lambda row: row.reads_yaml and row.configuration_file == "config.yaml"),
        (FlinkVersion.V2_0, lambda row: not row.takes_program_args_as_text and not row.has_root_exception),
        (FlinkVersion.V2_0, lambda row: not row.labels_high_availability_maps),
        (FlinkVersion.V2_0, lambda row: "pending-operators" in row.job_overview_fields),
        (FlinkVersion.V2_1, lambda row: not row.needs_job_jar),
        (FlinkVersion.V2_2, lambda row: row.labels_services),
        (FlinkVersion.V2_3, lambda row: row.has_applications and "jobType" in row.job_overview_fields),
    ],
    ids=[
        "checkpoints",
        "rescaling",
        "artifacts",
        "claim mode",
        "YAML",
        "REST 2",
        "labels of maps",
        "operators",
        "jars",
        "labels of services",
        "applications",
    ],
)
def test_what_came_with_a_version_stays(since: FlinkVersion, knows: Callable[[FlinkRelease], bool]) -> None:
    versions = [version for version, row in RELEASES.items() if knows(row)]
    assert versions == [version for version in FlinkVersion if version.number >= since.number]
