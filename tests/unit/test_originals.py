"""A native cluster's objects are those that Flink's own client makes, field by field (recorded originals)."""

from copy import deepcopy

import pytest

from tests.originals.case import RELEASES, Case, Json
from tests.originals.cases import CASES
from tests.originals.comparison import Difference, differences, ours, unexpected, unused
from tests.originals.recordings import FOLDER, recording
from tests.originals.refusals import REFUSED, is_refused

PAIRS = [(case, release) for case in CASES for release in case.releases]
PLAIN = CASES[0]


def found_in(case: Case, release: str) -> list[Difference]:
    return differences(recording(case, release), ours(case, release))


def name_of(parameter: Case | str) -> str:
    return parameter.name if isinstance(parameter, Case) else parameter


@pytest.mark.parametrize(("case", "release"), PAIRS, ids=name_of)
def test_objects_are_those_of_flinks_client(case: Case, release: str) -> None:
    assert [str(one) for one in unexpected(case, found_in(case, release))] == []


@pytest.mark.parametrize(
    ("case", "release"),
    [(case, release) for case in REFUSED for release in case.releases],
    ids=name_of,
)
def test_what_flinks_client_refuses_is_refused(case: Case, release: str) -> None:
    assert is_refused(case, release)


@pytest.mark.parametrize("release", RELEASES)
def test_what_flinks_client_accepts_is_not_refused(release: str) -> None:
    assert [case.name for case in CASES if release in case.releases and is_refused(case, release)] == []


def test_every_deliberate_difference_is_met() -> None:
    found = [(case.name, one) for case, release in PAIRS for one in found_in(case, release)]
    assert unused(found) == []


def test_nothing_else_is_recorded() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {f"{case.name}-{release}" for case, release in PAIRS}


def paths_of(original: list[Json], changed: list[Json]) -> set[str]:
    return {one.path for one in differences(original, changed)}


def deployment_of(objects: list[Json]) -> Json:
    return next(body for body in objects if body["kind"] == "Deployment")


def pod_of(objects: list[Json]) -> Json:
    spec: Json = deployment_of(objects)["spec"]["template"]["spec"]
    return spec


def test_object_that_is_missing_is_a_difference() -> None:
    original = recording(PLAIN, "2.3")
    without = [body for body in original if body["metadata"]["name"] != "orders-rest"]
    assert "Service orders-rest/metadata/name" in paths_of(original, without)


def test_value_that_is_not_the_default_is_a_difference() -> None:
    original = recording(PLAIN, "2.3")
    changed = deepcopy(original)
    pod_of(changed)["dnsPolicy"] = "Default"
    assert paths_of(original, changed) == {"Deployment orders/spec/template/spec/dnsPolicy"}


def test_default_that_is_written_out_is_no_difference() -> None:
    original = recording(PLAIN, "2.3")
    changed = deepcopy(original)
    pod_of(changed)["dnsPolicy"] = "ClusterFirst"
    assert paths_of(original, changed) == set()


def test_order_of_containers_is_a_difference() -> None:
    original = recording(next(case for case in CASES if case.name == "template"), "2.3")
    changed = deepcopy(original)
    pod_of(changed)["containers"].reverse()
    assert paths_of(original, changed) == {"Deployment orders/spec/template/spec/containers/order"}


def test_option_in_the_configuration_file_is_a_difference() -> None:
    original = recording(PLAIN, "1.20")
    changed = deepcopy(original)
    data = next(body["data"] for body in changed if body["metadata"]["name"] == "flink-config-orders")
    data["flink-conf.yaml"] += "web.title: mine\n"
    assert paths_of(original, changed) == {"ConfigMap flink-config-orders/data/flink-conf.yaml/web.title"}


def test_deliberate_difference_does_not_explain_another_value() -> None:
    (paused,) = [one for one in found_in(PLAIN, "2.3") if one.path == "Deployment orders/spec/paused"]
    assert unexpected(PLAIN, [paused]) == []
    assert unexpected(PLAIN, [Difference(paused.path, paused.theirs, "False")]) != []
