"""Layers of options: put together in any grouping they come to the same, and each value knows its layer."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.flink.configuration import cluster_configuration
from shared.config.effective import (
    Submission,
    Value,
    configuration_layers,
    deployment_configuration,
    text,
    validation_configuration,
)
from shared.config.layers import Layer, Options, Setting, explained, laid_over, merged
from shared.config.operator import OperatorConfiguration
from shared.model.deployment import FlinkDeployment
from tests.unit.flink_deployments import application, session

KEYS = st.sampled_from(["a", "b", "c", "a.b"])
OPTIONS = st.dictionaries(KEYS, st.none() | st.text(max_size=3) | st.tuples(st.text(max_size=2)))
LAYERS = st.lists(st.builds(Layer, st.text(max_size=3), OPTIONS), max_size=6)


@settings(deadline=None)
@given(OPTIONS, OPTIONS, OPTIONS)
def test_layering_is_associative(low: Options, middle: Options, high: Options) -> None:
    assert laid_over(laid_over(low, middle), high) == laid_over(low, laid_over(middle, high))


@settings(deadline=None)
@given(LAYERS, st.integers(0, 6), st.integers(0, 6))
def test_layers_come_to_the_same_when_neighbours_are_put_together(
    layers: list[Layer], one: int, other: int
) -> None:
    start, end = sorted((one, other))
    together: Options = {}
    for layer in layers[start:end]:
        together = laid_over(together, layer.options)
    assert merged([*layers[:start], Layer("", together), *layers[end:]]) == merged(layers)


@settings(deadline=None)
@given(LAYERS)
def test_winner_of_an_explanation_is_the_merged_value(layers: list[Layer]) -> None:
    winners = {key: one.winner.value for key, one in explained(layers).items()}
    assert winners == merged(layers)


@settings(deadline=None)
@given(LAYERS)
def test_explanation_tells_every_layer_that_has_the_option(layers: list[Layer]) -> None:
    for key, one in explained(layers).items():
        said = [Setting(layer.name, layer.options[key]) for layer in reversed(layers) if key in layer.options]
        assert [one.winner, *one.overridden] == said


def test_option_that_is_taken_away_is_gone_until_it_is_set_again() -> None:
    low, gone = Layer("low", {"a": "1", "b": "1"}), Layer("gone", {"a": None, "b": None})
    assert merged([low, gone, Layer("high", {"b": "2"})]) == {"b": "2"}


PREFIX = "kubernetes.operator.default-configuration"
OPERATOR = OperatorConfiguration(
    ("operator defaults", {"web.timeout": "1", f"{PREFIX}.namespace.shop.web.timeout": "2"}),
    ("operator overrides", {"web.timeout": "3", f"{PREFIX}.flink-version.v1_20+.web.timeout": "4"}),
)


def told(
    raw: Mapping[str, object], key: str, operator: Mapping[str, str] = OPERATOR
) -> list[tuple[str, object]]:
    found = explained(configuration_layers(FlinkDeployment.model_validate(raw), operator))[key]
    return [(setting.layer, setting.value) for setting in (found.winner, *found.overridden)]


def test_layers_lie_in_the_order_of_the_contract() -> None:
    raw = application(flinkVersion="v2_3", flinkConfiguration={"web.timeout": "5"})
    assert told(raw, "web.timeout") == [
        ("spec.flinkConfiguration", "5"),
        ("Flink version defaults v1_20+", "4"),
        ("namespace defaults", "2"),
        ("operator overrides", "3"),
        ("operator defaults", "1"),
    ]


def test_derived_option_names_its_field_and_what_it_is_laid_over() -> None:
    raw = application(image="mine:1", flinkConfiguration={"kubernetes.container.image.ref": "theirs:1"})
    assert told(raw, "kubernetes.container.image.ref") == [
        ("derived from spec.image", "mine:1"),
        ("spec.flinkConfiguration", "theirs:1"),
    ]


def test_default_of_the_operator_gives_way_to_what_is_set() -> None:
    assert told(application(flinkConfiguration={"pipeline.name": "mine"}), "pipeline.name") == [
        ("spec.flinkConfiguration", "mine")
    ]


@pytest.mark.parametrize("key", ["execution.savepoint.path", "execution.state-recovery.path"])
def test_path_that_a_user_set_is_never_restored_from(key: str) -> None:
    resource = FlinkDeployment.model_validate(application(flinkConfiguration={key: "s3://old"}))
    assert deployment_configuration(resource, {}, Submission(1, "0" * 32)).get(key) is None


def test_path_of_the_submission_is_told_apart_from_that_of_the_resource() -> None:
    raw = application(job={"initialSavepointPath": "s3://first"})
    resource = FlinkDeployment.model_validate(raw)
    assert told(raw, "execution.savepoint.path") == [
        ("derived from spec.job.initialSavepointPath", "s3://first")
    ]
    later = explained(configuration_layers(resource, {}, Submission(2, "0" * 32, "s3://later")))
    assert later["execution.savepoint.path"].winner == Setting("set by the operator", "s3://later")


def test_what_only_a_cluster_knows_is_in_brackets_without_a_submission() -> None:
    raw = application(
        flinkConfiguration={
            "high-availability.type": "kubernetes",
            "high-availability.storageDir": "s3://ha/",
        }
    )
    raw["metadata"].pop("uid")
    configuration = merged(configuration_layers(FlinkDeployment.model_validate(raw), {}))
    bracketed = {key: value for key, value in configuration.items() if "<" in text(value)}
    run = "orders/<job id>-<generation>"
    assert bracketed == {
        "$internal.pipeline.job-id": "<job id>",
        "application-result-store.storage-path": f"s3://ha/application-result-store/{run}",
        "job-result-store.storage-path": f"s3://ha/job-result-store/{run}",
        "kubernetes.jobmanager.annotations": "flinkdeployment.flink.apache.org/generation:<generation>",
        "kubernetes.jobmanager.owner.reference": (
            "apiVersion:flink.apache.org/v1beta1,kind:FlinkDeployment,name:orders,uid:<uid>,"
            "blockOwnerDeletion:true,controller:false"
        ),
    }


OPERATOR_KEYS = st.sampled_from(
    [
        "kubernetes.operator.savepoint.format.type",
        "kubernetes.operator.user.artifacts.http.header",
        "kubernetes.operator.",
        "job.autoscaler.enabled",
        "job.autoscaler.flink.password",
        f"{PREFIX}.namespace.shop.kubernetes.operator.a",
        f"{PREFIX}.namespace.shop.s3.secret-key",
        f"{PREFIX}.namespace.other.s3.secret-key",
        f"{PREFIX}.flink-version.v1_18+.job.autoscaler.b",
        f"{PREFIX}.flink-version.v2_3.s3.access-key",
    ]
)
FLINK_KEYS = st.sampled_from(["a", "rest.port", "s3.secret-key", "high-availability.type"])
CONFIGURATIONS = st.dictionaries(OPERATOR_KEYS | FLINK_KEYS, st.text("abc01", max_size=4))


@settings(deadline=None)
@given(CONFIGURATIONS, CONFIGURATIONS, st.booleans())
def test_no_option_of_the_operator_reaches_flink(
    operator: dict[str, str], own: dict[str, str], is_session: bool
) -> None:
    resource = FlinkDeployment.model_validate(
        (session if is_session else application)(flinkConfiguration=own)
    )
    deployment = deployment_configuration(resource, operator, Submission(1, None if is_session else "0" * 32))
    shipped = cluster_configuration(deployment, resource.spec, has_task_manager_template=False)
    assert [key for key in shipped if key.startswith(("kubernetes.operator.", "job.autoscaler."))] == []


@settings(deadline=None)
@given(st.dictionaries(OPERATOR_KEYS, st.text("xyz", min_size=9, max_size=9), min_size=1))
def test_no_secret_of_another_namespace_or_of_the_operator_reaches_flink(operator: dict[str, str]) -> None:
    for_flink = {
        value
        for key, value in operator.items()
        if key.startswith((f"{PREFIX}.namespace.shop.s3", f"{PREFIX}.flink-version.v2_3.s3"))
    }
    resource = FlinkDeployment.model_validate(application(flinkVersion="v2_3", flinkConfiguration={}))
    deployment = deployment_configuration(resource, operator, Submission(1, "0" * 32))
    configuration = cluster_configuration(deployment, resource.spec, has_task_manager_template=False)
    shipped = {text(value) for value in configuration.values()}
    hidden = {value for key, value in operator.items() if value not in for_flink}
    assert shipped & hidden == set()


@settings(deadline=None)
@given(CONFIGURATIONS, CONFIGURATIONS)
def test_what_rules_look_at_is_the_lower_part_of_what_is_deployed(
    operator: dict[str, str], own: dict[str, str]
) -> None:
    resource = FlinkDeployment.model_validate(application(flinkVersion="v2_3", flinkConfiguration=own))
    layers = configuration_layers(resource, operator)
    names = [layer.name for layer in layers]
    lower: dict[str, Value] = merged(layers[: names.index("spec.flinkConfiguration") + 1])
    assert validation_configuration(resource.spec, "shop", operator) == lower
