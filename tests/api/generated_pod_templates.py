"""Pod templates for property tests, drawn from Kubernetes' types."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from functools import cache
from typing import Any

from hypothesis import strategies as st

from shared.model.pod_template import pod_template_document
from tests.api.generated_values import FREE_FORM, KEY, TEXT, Json, Node, Path, odd, put

_SMALL: Json = {
    "spec": {
        "containers": [{"name": "a", "image": "flink"}],
        "initContainers": [{"name": "b", "image": "flink"}],
        "volumes": [{"name": "c"}],
    }
}
_EXPRESSION = {"key": "a", "operator": "In", "values": ["b"]}
_SELECTOR = {"matchLabels": {"a": "b"}, "matchExpressions": [_EXPRESSION]}
_POD_AFFINITY = {"topologyKey": "a", "labelSelector": _SELECTOR}
_AMOUNTS = {"cpu": 1, "memory": "1Gi", "ephemeral-storage": 0.5}
_LARGE: Json = {
    "metadata": {"labels": {"a": "b"}, "annotations": {"a": "b"}},
    "spec": {
        "containers": [
            {
                **{"name": "a", "image": "flink", "command": ["a"], "args": ["a"]},
                "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                "envFrom": [{"configMapRef": {"name": "a"}}],
                "ports": [{"name": "a", "containerPort": 80}],
                "resources": {"limits": _AMOUNTS, "requests": _AMOUNTS},
                "volumeMounts": [{"name": "c", "mountPath": "/a"}],
                "livenessProbe": {"httpGet": {"port": 80, "httpHeaders": [{"name": "a", "value": "b"}]}},
                "readinessProbe": {"exec": {"command": ["a"]}},
                "startupProbe": {"tcpSocket": {"port": "a"}},
                "lifecycle": {"preStop": {"exec": {"command": ["a"]}}},
                "securityContext": {"runAsUser": 1, "capabilities": {"add": ["A"]}},
            }
        ],
        "initContainers": [{"name": "b", "image": "flink", "restartPolicy": "Always"}],
        "volumes": [{"name": "c", "projected": {"sources": [{"configMap": {"name": "a"}}]}}],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{"matchExpressions": [_EXPRESSION]}]
                }
            },
            "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [_POD_AFFINITY]},
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 1, "podAffinityTerm": _POD_AFFINITY}
                ]
            },
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "a",
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": _SELECTOR,
            }
        ],
        "tolerations": [{"key": "a", "operator": "Exists"}],
        "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a"]}],
        "dnsConfig": {"nameservers": ["10.0.0.1"], "options": [{"name": "a"}]},
        "imagePullSecrets": [{"name": "a"}],
        "nodeSelector": {"a": "b"},
        "securityContext": {"fsGroup": 1, "sysctls": [{"name": "kernel.shm_rmid_forced", "value": "1"}]},
    },
}


def pod_templates() -> st.SearchStrategy[Json]:
    """A Pod template in which every field has its type and none is null, whatever Kubernetes makes of it."""
    return _pod_templates(_sound, most=4)


def odd_pod_templates() -> st.SearchStrategy[Json]:
    """A Pod template with one or two values that may be of the wrong type."""
    return _pod_templates(lambda node: _sound(node) | odd(node), most=2)


@st.composite
def _pod_templates(draw: st.DrawFn, values: Callable[[Node], st.SearchStrategy[Any]], most: int) -> Json:
    places = draw(st.lists(st.sampled_from(_places()), max_size=most))
    written = [(path, draw(values(node))) for path, node in places]
    template: Json = deepcopy(draw(st.sampled_from((_SMALL, _LARGE))))
    for path, value in sorted(
        written, key=lambda one: len(one[0]), reverse=True
    ):  # so that none makes parents
        put(template, path, value)
    return template


@cache
def _places() -> Sequence[tuple[Path, Node]]:
    """Every field of a Pod template; a type that occurs often is gone through in one of its places."""
    definitions = pod_template_document()["definitions"]
    found: list[tuple[Path, Node]] = []
    seen = set()
    waiting: list[tuple[Path, Node]] = [((), pod_template_document())]
    while waiting:
        path, node = waiting.pop(0)
        for name, child in node["properties"].items():
            if name == "managedFields":  # bookkeeping, in which Kubernetes accepts anything
                continue
            for place, inner in _within((*path, name), child):
                found.append((place, inner))
                definition = inner.get("$ref")
                if definition in definitions and definition not in seen:
                    seen.add(definition)
                    waiting.append((place, definitions[definition]))
    return found


def _within(path: Path, node: Node) -> Iterator[tuple[Path, Node]]:
    """The node, and the elements or entries in it."""
    yield path, node
    if "items" in node:
        yield from _within((*path, 0), node["items"])
    elif "additionalProperties" in node:
        yield from _within((*path, KEY), node["additionalProperties"])


def _sound(node: Node) -> st.SearchStrategy[Any]:
    match node:
        case {"$ref": "Quantity"}:
            return st.sampled_from(["1", "500m", "1Gi", 1, 0.5])
        case {"$ref": "IntOrString"}:
            return st.sampled_from([80, "http", "50%"])
        case {"$ref": "FreeForm"}:
            return FREE_FORM
        case {"$ref": name}:
            return st.just(
                dict.fromkeys(pod_template_document()["definitions"][name].get("required", ()), "d")
            )
        case {"items": element}:
            return st.lists(_sound(element), max_size=1)
        case {"additionalProperties": entry}:
            return st.dictionaries(st.just("key"), _sound(entry))
        case {"type": "integer"}:
            return st.sampled_from([0, 1, 80, 2**31 - 1])
        case {"type": "boolean"}:
            return st.booleans()
        case _:
            return st.sampled_from(["", "a", "/a", "a.b/c", *node.get("enum", ())]) | TEXT
