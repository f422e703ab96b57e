"""What may be written comes back as it was written: nothing is dropped, changed or added."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from shared.model import KINDS
from tests.api.api_server import Json, flink
from tests.api.crd_files import definition_of, root_schema
from tests.api.edits import merged
from tests.api.full_resources import FULL_CHECKPOINT, FULL_RESOURCES
from tests.api.namespace import Namespace
from tests.api.resources import in_namespace
from tests.api.service_process import PROJECT

_EXAMPLES = sorted((PROJECT / "examples").glob("*.yaml"))
_MISTAKES = "invalid.yaml"
"""The one example that must not be accepted."""
_NOT_WRITTEN_BY_USERS = {"apiVersion", "kind", "metadata"}

ALL = [*FULL_RESOURCES.values(), FULL_CHECKPOINT]
by_kind = pytest.mark.parametrize("kind", sorted(KINDS))
resources = pytest.mark.parametrize(
    "resource", ALL, ids=[*FULL_RESOURCES, "FlinkStateSnapshot-of-a-checkpoint"]
)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation like `list[Condition] | None` holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


def elements(value: Any) -> list[Json]:
    """The objects that stand for a model, alone or in a list."""
    return [
        element for element in (value if isinstance(value, list) else [value]) if isinstance(element, dict)
    ]


def missing_fields(model: type[BaseModel], documents: list[Json], path: str = "") -> Iterator[str]:
    """The fields of a model that none of the documents has."""
    for name, field in model.model_fields.items():
        wire = field.alias or name
        if not path and wire in _NOT_WRITTEN_BY_USERS:
            continue
        where = f"{path}.{wire}" if path else wire
        values = [document[wire] for document in documents if wire in document]
        if not values:
            yield where
        for inner in models_in(field.annotation):
            yield from missing_fields(inner, [one for value in values for one in elements(value)], where)


@by_kind
def test_every_field_of_the_model_is_written(kind: str) -> None:
    documents = [resource for resource in ALL if resource["kind"] == kind]
    assert list(missing_fields(KINDS[kind].model, documents)) == []


def test_a_field_that_is_not_written_is_found() -> None:
    without = merged(FULL_RESOURCES["FlinkDeployment"], {"spec": {"ingress": {"tls": [{"hosts": []}]}}})
    assert list(missing_fields(KINDS["FlinkDeployment"].model, [without])) == ["spec.ingress.tls.secretName"]


@resources
def test_a_full_resource_comes_back_as_it_was_written(namespace: Namespace, resource: Json) -> None:
    collection = flink(KINDS[resource["kind"]].plural)
    stored = namespace.api.create(collection, in_namespace(resource, namespace.name))
    assert stored["spec"] == resource["spec"]
    # The status has a door of its own.
    path = collection.path(namespace.name, "full", "status")
    namespace.api.call("PUT", path, {**stored, "status": resource["status"]})
    found = namespace.get("full", collection)
    assert found["status"] == resource["status"]
    assert found["spec"] == resource["spec"]


@resources
def test_kubectl_applies_a_full_resource_without_a_warning(namespace: Namespace, resource: Json) -> None:
    output = namespace.succeeds("apply", "--dry-run=server", "-f", "-", stdin=resource)
    assert output.endswith("created (server dry run)\n")
    assert "Warning" not in output


def with_defaults(schema: Json, written: Any) -> Any:
    """What is stored when this is written: a default for a field that is not there."""
    if not isinstance(written, dict) or "properties" not in schema:
        return written
    fields = schema["properties"]
    stored = {name: node["default"] for name, node in fields.items() if "default" in node} | written
    return {name: with_defaults(fields.get(name, {}), value) for name, value in stored.items()}


@pytest.mark.parametrize(
    "file", [file for file in _EXAMPLES if file.name != _MISTAKES], ids=lambda file: file.stem
)
def test_an_example_comes_back_as_it_was_written(namespace: Namespace, file: Path) -> None:
    for written in yaml.safe_load_all(file.read_text("utf-8")):
        kind = written["kind"]
        assert kind in KINDS
        namespace.apply(written)
        stored = namespace.get(written["metadata"]["name"], flink(KINDS[kind].plural))
        schema = root_schema(definition_of(kind))["properties"]["spec"]
        assert stored["spec"] == with_defaults(schema, written["spec"])


def test_the_example_of_mistakes_is_refused(namespace: Namespace) -> None:
    (file,) = (file for file in _EXAMPLES if file.name == _MISTAKES)
    message = namespace.refuses("apply", "-f", str(file))
    assert "spec.flinkVersion" in message
    assert "v2_33" in message
