"""Pod templates: the common one with a component's laid over it."""

from typing import Any

import pytest

from controller.flink.pod_template import main_container, merged_template
from shared.model.deployment import JobManagerSpec

Json = dict[str, Any]


def merged(common: Json | None, own: Json | None, *, arrays_by_name: bool = False, **component: Any) -> Json:
    spec = JobManagerSpec.model_validate({"podTemplate": own, **component})
    return merged_template(common, spec, arrays_by_name=arrays_by_name)


def containers(*named: Json) -> Json:
    return {"spec": {"containers": list(named)}}


@pytest.mark.parametrize(
    ("common", "own", "result"),
    [
        (None, None, {}),
        ({"a": 1}, None, {"a": 1}),
        (None, {"a": 1}, {"a": 1}),
        ({"a": 1, "b": {"c": 1}}, {"b": {"d": 2}}, {"a": 1, "b": {"c": 1, "d": 2}}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": None}, {"a": 1}),
        ({"spec": {"containers": None}}, {"b": {"c": None}}, {"spec": {}, "b": {}}),
        ({"a": {"b": 1}}, {"a": "x"}, {"a": "x"}),
        ({"a": [1, 2, 3]}, {"a": [9]}, {"a": [1, 2, 3]}),
        ({"a": [1]}, {"a": [8, 9]}, {"a": [1, 9]}),
        ({"a": [{"n": 1}, {"n": 2}]}, {"a": [{"m": 3}]}, {"a": [{"n": 1, "m": 3}, {"n": 2}]}),
    ],
)
def test_own_template_lies_over_the_common_one(common: Json | None, own: Json | None, result: Json) -> None:
    assert merged(common, own) == result


def test_arrays_are_merged_by_position() -> None:
    common = containers({"name": "a", "image": "1"}, {"name": "b"})
    assert merged(common, containers({"name": "b", "tty": True})) == containers(
        {"name": "b", "image": "1", "tty": True}, {"name": "b"}
    )


def test_arrays_are_merged_by_name_when_asked_for() -> None:
    common = containers({"name": "a", "image": "1"}, {"name": "b"})
    own = containers({"name": "c"}, {"name": "a", "tty": True})
    expected = containers({"name": "a", "image": "1", "tty": True}, {"name": "b"}, {"name": "c"})
    assert merged(common, own, arrays_by_name=True) == expected


def test_arrays_with_a_nameless_element_are_merged_by_position_all_the_same() -> None:
    common, own = containers({"name": "a"}, {"image": "x"}), containers({"name": "z"})
    assert merged(common, own, arrays_by_name=True) == containers({"name": "z"}, {"image": "x"})


def test_inputs_are_left_as_they_are() -> None:
    common: Json = containers({"name": "flink-main-container"})
    merged(common, {"spec": {"x": 1}}, resource={"memory": "1g", "ephemeralStorage": "1Gi"})
    assert common == containers({"name": "flink-main-container"})


def test_common_template_holds_when_the_component_says_nothing() -> None:
    assert merged_template({"a": 1}, None, arrays_by_name=False) == {"a": 1}


def test_ephemeral_storage_goes_into_the_main_container() -> None:
    template = merged(None, None, resource={"ephemeralStorage": "1Gi"})
    storage = {"ephemeral-storage": "1Gi"}
    assert main_container(template)["resources"] == {"requests": storage, "limits": storage}


def test_other_resources_go_into_the_main_container_and_the_old_form_is_ignored() -> None:
    resources = {"requests": {"cpu": "1", "x.y/gpu": "1"}, "limits": {"memory": "1g"}}
    template = merged(None, None, resources=resources, resource={"ephemeralStorage": "1Gi"})
    assert main_container(template)["resources"] == {"requests": {"x.y/gpu": "1"}}


def test_storage_goes_into_a_template_that_says_nothing_of_containers() -> None:
    template = merged({"spec": {"containers": None}}, None, resource={"ephemeralStorage": "1Gi"})
    assert template["spec"]["containers"][0]["name"] == "flink-main-container"


def test_main_container_is_found_or_made_last() -> None:
    template = containers({"name": "sidecar"})
    assert main_container(template) == {"name": "flink-main-container"}
    assert [one["name"] for one in template["spec"]["containers"]] == ["sidecar", "flink-main-container"]
