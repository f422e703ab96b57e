"""Pod templates on a real API server: applied by several hands, and as Kubernetes itself takes them."""

import json
from typing import Any

import pytest

from tests.api.agreement import collection_of
from tests.api.api_server import Collection, Json, RefusedError
from tests.api.edits import below, merged, refusal, value_at
from tests.api.full_resources import FULL_RESOURCES
from tests.api.namespace import Namespace, unique
from tests.api.pod_templates import POD_TEMPLATES, WITH_NULLS, WITHOUT_NULLS
from tests.api.resources import in_namespace
from tests.api.rule_cases import Node, base, changed

_CORE = Collection("/api/v1", "podtemplates")
_SPECS = {"FlinkDeployment": "spec", "FlinkBlueGreenDeployment": "spec.template.spec"}
_NODES = [
    Node(kind, f"{spec}{part}.podTemplate")
    for kind, spec in _SPECS.items()
    for part in ("", ".jobManager", ".taskManager")
]
nodes = pytest.mark.parametrize("node", _NODES, ids=lambda node: f"{node.kind}-{node.path}")
kinds = pytest.mark.parametrize("kind", sorted(FULL_RESOURCES))


def applied(namespace: Namespace, resource: Json, manager: str, *, force: bool = False) -> Json:
    """Server-side apply by a field manager."""
    path = collection_of(resource).path(namespace.name, resource["metadata"]["name"])
    query = f"?fieldManager={manager}&force={json.dumps(force)}"
    return namespace.api.call("PATCH", path + query, resource, "apply-patch+yaml")


class Subject:
    """A resource with a pod template of the first manager's; others apply only what is theirs."""

    def __init__(self, namespace: Namespace, node: Node, template: Json) -> None:
        self._namespace = namespace
        self._node = node
        self._name = unique("subject")
        whole = merged(base(node.kind), below(node.path, template))
        self._apply(whole, "first", force=False)

    def apply(self, template: Json, manager: str, *, force: bool = False) -> Any:
        """The whole template after a manager has applied its part of it."""
        part = {name: value for name, value in base(self._node.kind).items() if name != "spec"}
        return self._apply({**part, **below(self._node.path, template)}, manager, force=force)

    def _apply(self, resource: Json, manager: str, *, force: bool) -> Any:
        named = merged(resource, {"metadata": {"name": self._name}})
        return value_at(applied(self._namespace, named, manager, force=force), self._node.path)


def by_name(elements: list[Json]) -> dict[str, Json]:
    return {element["name"]: {k: v for k, v in element.items() if k != "name"} for element in elements}


_FIRST = {
    "spec": {
        "containers": [{"name": "flink-main-container", "workingDir": "/first"}],
        "initContainers": [{"name": "first", "image": "first:1"}],
        "volumes": [{"name": "first", "emptyDir": {}}],
    }
}
_SECOND = {
    "spec": {
        "containers": [
            {"name": "sidecar", "image": "second:1"},
            {"name": "flink-main-container", "imagePullPolicy": "Always"},
        ],
        "initContainers": [{"name": "second", "image": "second:1"}],
        "volumes": [{"name": "second", "emptyDir": {}}],
    }
}


@nodes
def test_two_managers_share_containers_and_volumes(shared_namespace: Namespace, node: Node) -> None:
    spec = Subject(shared_namespace, node, _FIRST).apply(_SECOND, "second")["spec"]
    assert by_name(spec["containers"]) == {
        "flink-main-container": {"workingDir": "/first", "imagePullPolicy": "Always"},
        "sidecar": {"image": "second:1"},
    }
    assert by_name(spec["initContainers"]) == {"first": {"image": "first:1"}, "second": {"image": "second:1"}}
    assert by_name(spec["volumes"]) == {"first": {"emptyDir": {}}, "second": {"emptyDir": {}}}


@nodes
def test_a_manager_takes_away_only_what_is_its_own(shared_namespace: Namespace, node: Node) -> None:
    subject = Subject(shared_namespace, node, _FIRST)
    subject.apply(_SECOND, "second")
    assert subject.apply({"spec": {}}, "second") == _FIRST


_ATOMIC: list[tuple[str, list[Json], list[Json]]] = [
    ("spec.containers.0.env", [{"name": "A", "value": "1"}], [{"name": "B", "value": "2"}]),
    ("spec.containers.0.ports", [{"containerPort": 1}], [{"containerPort": 2}]),
    ("spec.imagePullSecrets", [{"name": "a"}], [{"name": "b"}]),
    ("spec.tolerations", [{"key": "a"}], [{"key": "b"}]),
]


def _with_list(path: str, elements: list[Json]) -> Json:
    *_, name = path.split(".")
    if "containers" not in path:
        return {"spec": {name: elements}}
    return {"spec": {"containers": [{"name": "flink-main-container", name: elements}]}}


@nodes
@pytest.mark.parametrize(("path", "first", "second"), _ATOMIC, ids=[path for path, *_ in _ATOMIC])
def test_other_lists_belong_to_one_manager(
    shared_namespace: Namespace, node: Node, path: str, first: list[Json], second: list[Json]
) -> None:
    subject = Subject(shared_namespace, node, _with_list(path, first))
    with pytest.raises(RefusedError) as refused:
        subject.apply(_with_list(path, second), "second")
    assert refused.value.status["reason"] == "Conflict"
    assert 'conflict with "first"' in str(refused.value)
    # Taking it over takes the whole of it.
    assert subject.apply(_with_list(path, second), "second", force=True) == _with_list(path, second)


@nodes
@pytest.mark.parametrize("name", list(POD_TEMPLATES))
def test_what_kubernetes_takes_is_taken_and_kept(shared_namespace: Namespace, node: Node, name: str) -> None:
    template = POD_TEMPLATES[name]
    core = {"metadata": {"name": unique("core"), "namespace": shared_namespace.name}, "template": template}
    shared_namespace.api.create(_CORE, core, dry_run=True)
    resource = in_namespace(changed(node, template), shared_namespace.name)
    stored = shared_namespace.api.create(collection_of(resource), resource, dry_run=True)
    assert value_at(stored, node.path) == template


@nodes
def test_null_is_the_same_as_absent(shared_namespace: Namespace, node: Node) -> None:
    core = {"metadata": {"name": unique("core"), "namespace": shared_namespace.name}, "template": WITH_NULLS}
    shared_namespace.api.create(_CORE, core, dry_run=True)
    resource = in_namespace(merged(base(node.kind), below(node.path, {})), shared_namespace.name)
    value_at(resource, node.path).update(WITH_NULLS)
    stored = shared_namespace.api.create(collection_of(resource), resource, dry_run=True)
    assert value_at(stored, node.path) == WITHOUT_NULLS


@nodes
@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"spec": {"containers": {"name": "a"}}}, "spec.containers"),
        ({"spec": {"containers": ["a word"]}}, "spec.containers[0]"),
        ({"spec": {"containers": [{"image": "a"}]}}, "spec.containers[0].name"),
        ({"spec": {"containers": [{"name": "a"}, {"name": "a"}]}}, "spec.containers[1]"),
        ({"spec": {"volumes": [{"name": "a", "emptyDir": []}]}}, "spec.volumes[0].emptyDir"),
        ({"spec": {"terminationGracePeriodSeconds": "30"}}, "spec.terminationGracePeriodSeconds"),
        ({"spec": "a word"}, "spec"),
        ({"metadata": ["a list"]}, "metadata"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_pod_can_be_is_refused(
    shared_namespace: Namespace, node: Node, wrong: Json, where: str
) -> None:
    resource = in_namespace(changed(node, wrong), shared_namespace.name)
    collection = collection_of(resource)
    causes = refusal(lambda: shared_namespace.api.create(collection, resource, dry_run=True))
    assert f"{node.path}.{where}" in {cause.field for cause in causes}


def whole(kind: str) -> Json:
    """A resource that says something in every field, with a rich pod template where it has one."""
    resource = merged(FULL_RESOURCES[kind], {"metadata": {"name": unique("whole")}, "status": None})
    for node in _NODES:
        if node.kind == kind:
            resource = merged(resource, below(node.path, POD_TEMPLATES["amounts"]))
    written: Json = resource
    return written


@kinds
@pytest.mark.parametrize("sparse", [False, True], ids=["full", "with-defaults-to-store"])
def test_applying_the_same_on_the_server_again_changes_nothing(
    shared_namespace: Namespace, kind: str, sparse: bool
) -> None:
    """But that the API server stores the default status of the schema, once."""
    resource = merged(base(kind), {"metadata": {"name": unique("sparse")}}) if sparse else whole(kind)
    first, second, third = (applied(shared_namespace, resource, "kubectl")["metadata"] for _ in range(3))
    assert second["generation"] == first["generation"]
    assert third == second


@kinds
def test_applying_the_same_from_the_client_again_changes_nothing(
    shared_namespace: Namespace, kind: str
) -> None:
    resource = whole(kind)
    name, collection = resource["metadata"]["name"], collection_of(resource)
    shared_namespace.apply(resource)
    first = shared_namespace.get(name, collection)["metadata"]
    assert "unchanged" in shared_namespace.apply(resource)
    assert shared_namespace.get(name, collection)["metadata"] == first
