"""Numbers, lengths and allowed values: the API server refuses what is beyond, and nothing else."""

import re

import pytest

from shared.model import KINDS
from tests.api.agreement import answer_to_creation, codes_of, collection_of
from tests.api.api_server import Json
from tests.api.edits import Cause, merged, refusal
from tests.api.full_resources import FULL_RESOURCES
from tests.api.namespace import Namespace, unique
from tests.api.schema_bounds import Bound, bounds

ALL = [bound for kind in sorted(KINDS) for bound in bounds(kind)]
# The template of a FlinkBlueGreenDeployment is the spec of a FlinkDeployment, by the same generator.
in_specs = pytest.mark.parametrize(
    "bound",
    [bound for bound in ALL if re.match(r"spec\.(?!template\.spec\.)", bound.path)],
    ids=lambda bound: bound.name,
)
in_statuses = pytest.mark.parametrize(
    "bound", [bound for bound in ALL if bound.path.startswith("status.")], ids=lambda bound: bound.name
)


def in_schema(causes: list[Cause]) -> list[Cause]:
    """What is refused by the schema itself, not by a rule."""
    return [cause for cause in causes if not codes_of([cause])]


@in_specs
def test_what_keeps_a_bound_of_the_spec_is_accepted(shared_namespace: Namespace, bound: Bound) -> None:
    for value in bound.kept:
        causes = answer_to_creation(shared_namespace, bound.full_resource_with(value))
        assert in_schema(causes) == [], value


@in_specs
def test_what_breaks_a_bound_of_the_spec_is_refused(shared_namespace: Namespace, bound: Bound) -> None:
    for value in bound.broken:
        causes = in_schema(answer_to_creation(shared_namespace, bound.full_resource_with(value)))
        assert causes, value
        assert all(cause.field.startswith(bound.path) for cause in causes), causes


@pytest.fixture(scope="module")
def stored(shared_namespace: Namespace) -> dict[str, Json]:
    """A resource of each kind, by kind."""
    name = {"metadata": {"name": unique("stored")}}
    return {kind: shared_namespace.store(merged(full, name)) for kind, full in FULL_RESOURCES.items()}


def answer_to_status(namespace: Namespace, stored: Json, status: Json) -> list[Cause]:
    """What the API server has against a status of a resource that is there."""
    path = collection_of(stored).path(namespace.name, stored["metadata"]["name"], "status")
    return refusal(lambda: namespace.api.call("PUT", f"{path}?dryRun=All", {**stored, "status": status}))


@in_statuses
def test_what_keeps_a_bound_of_the_status_is_accepted(
    shared_namespace: Namespace, stored: dict[str, Json], bound: Bound
) -> None:
    for value in bound.kept:
        status = bound.full_resource_with(value)["status"]
        assert answer_to_status(shared_namespace, stored[bound.kind], status) == [], value


@in_statuses
def test_what_breaks_a_bound_of_the_status_is_refused(
    shared_namespace: Namespace, stored: dict[str, Json], bound: Bound
) -> None:
    for value in bound.broken:
        status = bound.full_resource_with(value)["status"]
        causes = answer_to_status(shared_namespace, stored[bound.kind], status)
        assert causes, value
        assert all(cause.field.startswith(bound.path) for cause in causes), causes
