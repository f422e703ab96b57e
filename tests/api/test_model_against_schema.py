"""The model and the rules against the schema and its CEL, on generated resources: both say the same.

The API server answers to dry runs, and no webhook is in the way.
"""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.model import KINDS, Resource
from shared.rules.shape import parse
from tests.api.api_server import ApiServer, Json
from tests.api.disagreements import disagreement, disagreements, errors_of
from tests.api.dry_runs import DryRuns
from tests.api.generated_pod_templates import odd_pod_templates, pod_templates
from tests.api.generated_resources import (
    every_odd_resource,
    odd_resources,
    odd_statuses,
    sound_resources,
    sound_statuses,
)
from tests.api.generated_values import amounts
from tests.api.namespace import Namespace
from tests.api.resources import blue_green_deployment, flink_deployment, session_job, state_snapshot

_AMOUNTS = (
    "0|-0|0.0|00|+0|0e5|0Ki|0g|-1|-1e-30|-0.1n|1|+1|007|1e3|1E|1E3|1e+3|1e03|1e|1e+|1e999|1e1000|1e-999|12e-3"
    "|.5|5.|+|-|.||1Ki|1ki|1K|1k|1KI|1MI|1mi|1Mi|1Gi |1 Gi| 1|1 |\n1g|1g\n|1_000|1n|1u|1m|0.1n|1.5g|1.5k"
    "|1.5Ki|1.5 b|1b|1kb|1 gb|1PiB|1MiB|1gib|1,5|0x10|1e2Ki|inf|NaN|one|1\u212a|1byte\u017f|1\u0663|1\xa0g"
    "|1\x0bg|1\x1cg|1M\u0131|9223372036854775808|0.9|1e-10|" + "9" * 64 + "|" + "9" * 65
).split("|")
_COMPARABLE = amounts().filter(lambda amount: "n" not in amount and "e-" not in amount.lower())
"""Kubernetes rounds up what is less than 10^-9, the rules do not."""
_PLACES_OF_AMOUNTS = (
    "resource.memory",
    "resource.ephemeralStorage",
    "resources.requests.memory",
    "resources.limits.cpu",
    "resources.limits.x/y",
)
_STORED = "s" * 39
"""Generated names are shorter."""
_MAKERS = {
    "FlinkDeployment": flink_deployment,
    "FlinkSessionJob": session_job,
    "FlinkStateSnapshot": state_snapshot,
    "FlinkBlueGreenDeployment": blue_green_deployment,
}

kinds = pytest.mark.parametrize("kind", sorted(KINDS))
places_of_amounts = pytest.mark.parametrize("place", _PLACES_OF_AMOUNTS)


def examples(number: int) -> settings:
    """The same examples in every run, so that a failure is always a change."""
    return settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@pytest.fixture(scope="module")
def dry_runs(api: ApiServer, shared_namespace: Namespace) -> DryRuns:
    stored = [shared_namespace.store(make(_STORED)) for make in _MAKERS.values()]
    return DryRuns(api, shared_namespace.name, stored)


def read(resource: Json | None) -> Resource:
    """The resource as webhook and controller read it."""
    assert resource is not None
    parsed = parse(resource)
    assert parsed.findings == ()
    assert parsed.resource is not None
    return parsed.resource


def with_amount(place: str, amount: str) -> Json:
    form, *names = place.split(".")
    value: Json | str = amount
    for name in reversed(names):
        value = {name: value}
    return flink_deployment("a", taskManager={form: value})


@kinds
@examples(25)
@given(data=st.data())
def test_what_the_rules_accept_the_api_server_accepts(
    dry_runs: DryRuns, kind: str, data: st.DataObject
) -> None:
    resource = data.draw(sound_resources(kind))
    assert errors_of(resource) == ()
    assert dry_runs.create(resource).message == ""


@kinds
def test_every_odd_value_is_refused_by_both_or_by_none(dry_runs: DryRuns, kind: str) -> None:
    assert disagreements(dry_runs, every_odd_resource(_MAKERS[kind]("a"))) == []


@kinds
@examples(60)
@given(data=st.data())
def test_an_odd_resource_is_refused_by_both_or_by_none(
    dry_runs: DryRuns, kind: str, data: st.DataObject
) -> None:
    resource = data.draw(odd_resources(kind))
    assert disagreement(resource, dry_runs.create(resource)) is None


@kinds
@examples(25)
@given(data=st.data())
def test_a_stored_resource_is_read_as_it_was_written(
    dry_runs: DryRuns, kind: str, data: st.DataObject
) -> None:
    resource = data.draw(sound_resources(kind))
    stored, written = read(dry_runs.create(resource).stored), read(resource)
    assert stored.spec == written.spec
    assert stored.metadata.labels == written.metadata.labels
    assert stored.metadata.annotations == written.metadata.annotations


@kinds
@examples(25)
@given(data=st.data())
def test_what_the_model_writes_is_accepted_and_read_as_the_same(
    dry_runs: DryRuns, kind: str, data: st.DataObject
) -> None:
    resource = read(data.draw(sound_resources(kind)))
    written = resource.to_wire()
    assert read(written).to_wire() == written
    answer = dry_runs.create(written)
    assert answer.message == ""
    assert read(answer.stored).spec == resource.spec


@kinds
@examples(25)
@given(data=st.data())
def test_a_status_that_the_model_writes_is_stored_and_read_as_the_same(
    dry_runs: DryRuns, kind: str, data: st.DataObject
) -> None:
    drawn = data.draw(sound_statuses(kind))
    resource = KINDS[kind].model.model_validate({"metadata": {}, "spec": {}, "status": drawn})
    answer = dry_runs.write_status(kind, resource.to_wire()["status"])
    assert answer.message == ""
    assert KINDS[kind].model.model_validate(answer.stored).status == resource.status


@kinds
@examples(60)
@given(data=st.data())
def test_a_status_that_the_api_server_stores_can_be_read(
    dry_runs: DryRuns, kind: str, data: st.DataObject
) -> None:
    answer = dry_runs.write_status(kind, data.draw(odd_statuses(kind)))
    if answer.stored is not None:
        KINDS[kind].model.model_validate(answer.stored)


@places_of_amounts
def test_amounts_that_parsers_differ_about_are_read_alike(dry_runs: DryRuns, place: str) -> None:
    assert disagreements(dry_runs, [with_amount(place, amount) for amount in _AMOUNTS]) == []


@places_of_amounts
@examples(60)
@given(amount=amounts())
def test_an_amount_is_read_alike(dry_runs: DryRuns, place: str, amount: str) -> None:
    resource = with_amount(place, amount)
    assert disagreement(resource, dry_runs.create(resource)) is None


@pytest.mark.parametrize("name", ["cpu", "memory"])
@examples(60)
@given(request=_COMPARABLE, limit=_COMPARABLE)
@example(request="1.0001Ki", limit="1Ki")
@example(request="2Ki", limit="1Ki")
@example(request="1e999", limit="1e998")
def test_a_request_is_held_against_its_limit_alike(
    dry_runs: DryRuns, name: str, request: str, limit: str
) -> None:
    resources = {"requests": {name: request}, "limits": {name: limit}}
    resource = flink_deployment("a", jobManager={"resources": resources})
    assert disagreement(resource, dry_runs.create(resource)) is None


@examples(200)
@given(template=odd_pod_templates())
@example(template={"spec": {"priority": 2**63}})
@example(template={"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 2**63}]}]}})
@example(template={"spec": {"volumes": [{"name": "a"}, {"name": "a"}]}})
@example(template={"spec": {"containers": [None]}})
def test_a_pod_template_has_the_same_types_for_both(dry_runs: DryRuns, template: Json) -> None:
    resource = flink_deployment("a", podTemplate=template)
    assert disagreement(resource, dry_runs.create(resource)) is None


def _has_empty_elements(value: object) -> bool:
    """A hyphen with nothing behind it: core reads an empty text or object, and nobody meant that."""
    if isinstance(value, list):
        return any(element is None or _has_empty_elements(element) for element in value)
    return isinstance(value, dict) and any(_has_empty_elements(child) for child in value.values())


@examples(200)
@given(template=pod_templates() | odd_pod_templates())
def test_a_pod_template_that_kubernetes_accepts_is_accepted_by_both(
    dry_runs: DryRuns, template: Json
) -> None:
    template = {part: template[part] for part in ("metadata", "spec") if part in template}
    if _has_empty_elements(template) or dry_runs.create_pod_template(template).stored is None:
        return
    resource = flink_deployment("a", podTemplate=template)
    assert errors_of(resource) == ()
    assert dry_runs.create(resource).message == ""
