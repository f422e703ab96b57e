"""`kubectl explain` tells of every field of ours."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.model import KINDS
from tests.api.api_server import ApiServer, Json
from tests.api.crd_files import POD_TEMPLATE, definition_of, nodes_below, schema_nodes
from tests.api.namespace import Namespace

_OPEN_API = "/openapi/v3/apis/flink.apache.org/v1beta1"
_KUBERNETES_OWN = {"apiVersion", "kind", "metadata", "metadata.name"}
_AT_ONCE = 8

kinds = pytest.mark.parametrize("kind", sorted(KINDS))


def is_field(path: str) -> bool:
    """Whether kubectl has a line for it: not for elements of lists and values of mappings."""
    return bool(path) and path not in _KUBERNETES_OWN and not path.endswith(("[0]", ".*"))


def object_nodes(kind: str) -> dict[str, Json]:
    """The nodes that have fields, as kubectl names them; of those that are alike only the first."""
    found: dict[str, tuple[str, Json]] = {}
    for path, node in schema_nodes(definition_of(kind)):
        if "properties" in node and path != "metadata" and not path.endswith(POD_TEMPLATE):
            name = f"{kind.lower()}.{path.replace('[0]', '')}".rstrip(".")
            found.setdefault(json.dumps(node["properties"]), (name, node))
    return dict(found.values())


def one_line(text: str) -> str:
    return " ".join(text.split())


@kinds
def test_the_api_server_describes_every_field(api: ApiServer, kind: str) -> None:
    schemas = api.call("GET", _OPEN_API)["components"]["schemas"]
    served = schemas[f"org.apache.flink.v1beta1.{kind}"]
    fields = {path: node for path, node in nodes_below("", served) if is_field(path)}
    assert fields.keys() == {path for path, _ in schema_nodes(definition_of(kind)) if is_field(path)}
    assert [path for path, node in fields.items() if not node.get("description")] == []


@kinds
def test_kubectl_explains_every_field(shared_namespace: Namespace, kind: str) -> None:
    nodes = object_nodes(kind)
    with ThreadPoolExecutor(_AT_ONCE) as several:
        texts = several.map(lambda path: shared_namespace.succeeds("explain", path), nodes)
        explained = dict(zip(nodes, texts, strict=True))
    for path, node in nodes.items():
        said = one_line(explained[path])
        assert one_line(node["description"]) in said, path
        for name, field in node["properties"].items():
            assert f" {name} <" in said, f"{path}.{name}"
            if name not in _KUBERNETES_OWN:
                assert one_line(field["description"]) in said, f"{path}.{name}"


def test_a_field_is_explained_alone(shared_namespace: Namespace) -> None:
    said = one_line(shared_namespace.succeeds("explain", "flinkdeployment.spec.job.upgradeMode"))
    assert "FIELD: upgradeMode <string>" in said
    assert "ENUM: savepoint last-state stateless" in said
    assert "How state is carried over" in said


def test_pod_templates_refer_to_kubernetes(shared_namespace: Namespace) -> None:
    said = one_line(shared_namespace.succeeds("explain", "flinkdeployment.spec.podTemplate"))
    assert "See the Kubernetes Pod API." in said
    assert " spec <Object>" in said
