"""Resources for property tests, drawn from the schema: sound ones, and ones with something odd in them.

Sound means that neither the schema nor a rule objects, with an operator that is configured as in `OPERATOR`.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from functools import cache
from typing import Any

from hypothesis import strategies as st

from shared import API_VERSION
from shared.model import KINDS
from shared.model.deployment import FlinkVersion
from shared.schema.structural import structural_schema
from tests.api.generated_pod_templates import pod_templates
from tests.api.generated_values import FREE_FORM, KEY, TEXT, Json, Node, Path, odd, odd_values, put

OPERATOR = {
    "execution.checkpointing.dir": "s3://bucket/checkpoints",
    "execution.checkpointing.savepoint-dir": "s3://bucket/savepoints",
    "high-availability.type": "kubernetes",
    "high-availability.storageDir": "s3://bucket/ha",
    "jobmanager.memory.process.size": "1g",
    "taskmanager.memory.process.size": "1g",
}
"""An operator's configuration that leaves no option to be missed."""

_NAMES = st.from_regex(r"[a-z]([-a-z0-9]{0,36}[a-z0-9])?", fullmatch=True)
_REQUEST = st.sampled_from(["500m", "1", 1, "+.5", "0.25", "25e-2", "1e-3k", "1000000000n"])
_LIMIT = st.sampled_from(["1", 2, "2000m", "1e3", "2k", "1.5Ki", "1E", "10"])
_SMALL_MEMORY = st.sampled_from(["1Gi", 2**30, "1024m", "1 gb", "1GI", "1.5g", "1.5gib", "2e9", "1024Mi"])
_LARGE_MEMORY = st.sampled_from(["4g", "4Gi", "4096 mebibytes", 2**33, "1t", "1.5p", "4GiB", "8e9"])
_STORAGE = st.sampled_from(["0", 0, "1Gi", "1.5G", "12e6", "500m", "-0", ".5Ei"])

_SOUND: Mapping[str, st.SearchStrategy[Any]] = {
    "flinkVersion": st.sampled_from([one.value for one in FlinkVersion if one.number >= (1, 15)]),
    "serviceAccount": st.just("flink") | TEXT.filter(bool),
    "imagePullPolicy": st.sampled_from(["IfNotPresent", "Always", "Never"]),
    "logConfiguration": st.dictionaries(
        st.sampled_from(["log4j-console.properties", "logback-console.xml"]), TEXT
    ),
    "parallelism": st.integers(1, 2**31 - 1),
    "deploymentName": _NAMES,
    "resource.cpu": st.floats(min_value=0, exclude_min=True, max_value=1e6) | st.integers(1, 64),
    "resource.memory": _SMALL_MEMORY,
    "ephemeralStorage": _STORAGE,
    "requests": st.fixed_dictionaries(
        {}, optional={"cpu": _REQUEST, "memory": _SMALL_MEMORY, "x.y/gpu": _STORAGE}
    ),
    "limits": st.fixed_dictionaries(
        {}, optional={"cpu": _LIMIT, "memory": _LARGE_MEMORY, "x.y/gpu": _STORAGE}
    ),
    "ingress.template": st.sampled_from(["{{name}}.{{namespace}}.example.com", "example.com/{{name}}", "/a"]),
    "jobReference.name": TEXT.filter(bool),
    "job.jarURI": st.sampled_from(["local:///opt/job.jar", "local:///opt/flink/usrlib/job.jar"]),
    "job.entryClass": st.sampled_from(["", "org.example.Job"]),
    "FlinkSessionJob.spec.job.jarURI": st.just("https://example.com/a.jar"),
    "FlinkSessionJob.spec.job.upgradeMode": st.sampled_from(["savepoint", "stateless"]),
}
"""Values that the rules accept, by the end of the path of a field: where the schema alone says too little."""

_PRESENT = frozenset(
    {
        *("spec", "flinkVersion", "serviceAccount", "parallelism", "deploymentName", "ingress.template"),
        *("job.jarURI", "FlinkSessionJob.spec.job", "jobReference", "jobReference.kind", "jobReference.name"),
        "FlinkBlueGreenDeployment.spec.template",
    }
)
"""Fields that some rule wants, written as in `_SOUND`."""


@st.composite
def sound_resources(draw: st.DrawFn, kind: str) -> Json:
    """A resource that nobody objects to."""
    spec = draw(_sound_part(kind, "spec"))
    if kind == "FlinkStateSnapshot":
        wanted, other = draw(st.permutations(("savepoint", "checkpoint")))
        spec = {**spec, wanted: spec.get(wanted) or {}}
        spec.pop(other, None)
    metadata: Json = {"name": draw(_NAMES)}
    if draw(st.booleans()):
        metadata["labels"] = {"app": "flink", KEY: ""}
        metadata["annotations"] = draw(st.dictionaries(st.just(KEY), TEXT))
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def sound_statuses(kind: str) -> st.SearchStrategy[Json]:
    """A status that the schema allows."""
    return _sound_part(kind, "status")


@st.composite
def odd_resources(draw: st.DrawFn, kind: str) -> Json:
    """A sound resource with an odd value in some place of its spec, or two."""
    odd = draw(_odd_parts(kind, "spec"))
    return _with(draw(sound_resources(kind)), odd)


@st.composite
def odd_statuses(draw: st.DrawFn, kind: str) -> Json:
    """A sound status with an odd value in some place, or two."""
    odd = draw(_odd_parts(kind, "status"))
    status: Json = _with({"status": draw(sound_statuses(kind))}, odd)["status"]
    return status


def every_odd_resource(sound: Json) -> Iterator[Json]:
    """The resource with one odd value, each in each place of its spec.

    The spec of a FlinkDeployment is gone through in its own kind, and in others down to its fields only.
    """
    for path, node in _places(sound["kind"], "spec"):
        if path[:3] == ("spec", "template", "spec") and len(path) > 4:
            continue
        for value in odd_values(node):
            yield put(deepcopy(sound), path, value)


def _odd_parts(kind: str, part: str) -> st.SearchStrategy[list[tuple[Path, Any]]]:
    """Drawn before the resource that they are put into: what is drawn last is often the simplest."""
    place = st.sampled_from(_places(kind, part))
    value = place.flatmap(lambda place: st.tuples(st.just(place[0]), odd(place[1])))
    return st.lists(value, min_size=1, max_size=2)


def _with(document: Json, values: Sequence[tuple[Path, Any]]) -> Json:
    for path, value in values:
        put(document, path, value)
    return document


@cache
def _sound_part(kind: str, part: str) -> st.SearchStrategy[Json]:
    return _sound(_schema(kind)[part], (kind, part))


@cache
def _schema(kind: str) -> Mapping[str, Node]:
    properties: Mapping[str, Node] = structural_schema(KINDS[kind].model)["properties"]
    return properties


def _sound(node: Node, path: Path) -> st.SearchStrategy[Any]:
    own = _by_field(path)
    if own is not None:
        return own
    match node:
        case {"enum": values}:
            return st.sampled_from(values)
        case {"x-kubernetes-int-or-string": True}:
            return _STORAGE
        case {"properties": properties} if path[-1] != "podTemplate":
            fields = {name: _sound(child, (*path, name)) for name, child in properties.items()}
            present = {name: fields.pop(name) for name in list(fields) if _is_present((*path, name), node)}
            if path[1] == "spec":  # nobody writes null into a status
                fields = {name: value | st.none() for name, value in fields.items()}
            return st.fixed_dictionaries(present, optional=fields)
        case {"additionalProperties": entry}:
            return st.dictionaries(TEXT, _sound(entry, (*path, KEY)), max_size=2)
        case {"items": element}:
            keys = node.get("x-kubernetes-list-map-keys")
            unique = (lambda one: tuple(one[key] for key in keys)) if keys else None
            return st.lists(_sound(element, (*path, 0)), max_size=2, unique_by=unique)
        case {"type": "object"}:
            return pod_templates() if path[-1] == "podTemplate" else FREE_FORM
        case {"type": "integer"}:
            bits = 31 if node["format"] == "int32" else 63
            return st.integers(node.get("minimum", -(2**bits)), 2**bits - 1)
        case {"type": "boolean"}:
            return st.booleans()
        case _:
            return TEXT


def _ends(path: Path) -> list[str]:
    """How `_SOUND` and `_PRESENT` may name the field: by kind, by the field above it, by itself."""
    names = [str(part) for part in path]
    return [".".join(names), ".".join(names[-2:]), names[-1]]


def _by_field(path: Path) -> st.SearchStrategy[Any] | None:
    return next((_SOUND[end] for end in _ends(path) if end in _SOUND), None)


def _is_present(path: Path, parent: Node) -> bool:
    return path[-1] in parent.get("required", ()) or any(end in _PRESENT for end in _ends(path))


@cache
def _places(kind: str, part: str) -> Sequence[tuple[Path, Node]]:
    """Every node of a kind's spec or status, its pod templates as a whole."""
    places = list(_below((part,), _schema(kind)[part]))
    if part == "spec" and kind in {"FlinkDeployment", "FlinkBlueGreenDeployment"}:
        places.append((("metadata", "name"), {"type": "string"}))
    return places


def _below(path: Path, node: Node) -> Iterator[tuple[Path, Node]]:
    yield path, node
    if path[-1] == "podTemplate":
        return
    for name, child in node.get("properties", {}).items():
        yield from _below((*path, name), child)
    for inner, step in (("items", 0), ("additionalProperties", KEY)):
        if inner in node:
            yield from _below((*path, step), node[inner])
