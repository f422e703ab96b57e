"""For every CEL rule that looks at one object: what breaks it, and what does not."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from shared.model import FlinkBlueGreenDeployment, FlinkDeployment, FlinkSessionJob, FlinkStateSnapshot
from shared.model.blue_green import FlinkBlueGreenDeploymentSpec
from shared.model.deployment import FlinkDeploymentSpec, IngressSpec, Resource, ResourceRequirements
from shared.model.session_job import FlinkSessionJobSpec
from shared.model.state_snapshot import FlinkStateSnapshotSpec
from shared.schema.cel import CelRule
from shared.schema.cel_rules import CEL_RULES
from tests.api.api_server import Json
from tests.api.edits import below, merged
from tests.api.resources import blue_green_deployment, flink_deployment, session_job, state_snapshot

RuleKey = tuple[str, str, str, str]
"""Model, field, code and message: what tells one rule from all others."""


def key_of(model: type[BaseModel], rule: CelRule) -> RuleKey:
    return model.__name__, rule.field, rule.code, rule.message


class Node(NamedTuple):
    """A place in a resource where an object of a model stands."""

    kind: str
    path: str


class RuleCase(NamedTuple):
    """Patches for an object of the model: those that break its rule, and those that do not."""

    model: type[BaseModel]
    code: str
    broken: Sequence[Json]
    sound: Sequence[Json]
    field: str = ""
    about: str = ""
    """Words of the message, where a node has several rules of one code."""
    at: str = ""
    """Where the API server says the fault is, below the node."""
    beside: Json | None = None
    """An edit of the same node that has nothing to do with the fault."""

    @property
    def rule(self) -> CelRule:
        """The one rule that the case is for."""
        (rule,) = (
            rule
            for rule in CEL_RULES[self.model]
            if (rule.code, rule.field) == (self.code, self.field) and self.about in rule.message
        )
        return rule

    @property
    def key(self) -> RuleKey:
        return key_of(self.model, self.rule)

    def faults(self) -> Iterator[tuple[Node, Json]]:
        """What breaks the rule: everything on one node, and one thing on every other."""
        yield from _on_each(NODES[self.model], self.broken)

    def sound_patches(self) -> Iterator[tuple[Node, Json]]:
        """What does not, likewise."""
        yield from _on_each(NODES[self.model], self.sound)

    @property
    def name(self) -> str:
        """For the test's name."""
        words = (self.code, self.model.__name__, self.field, *self.about.split())
        return "-".join(word.strip(".*") for word in words if word)


def _on_each(nodes: Sequence[Node], patches: Sequence[Json]) -> Iterator[tuple[Node, Json]]:
    first, *others = nodes
    yield from ((first, patch) for patch in patches)
    yield from ((node, patches[0]) for node in others)


_DEPLOYMENT_SPECS = (Node("FlinkDeployment", "spec"), Node("FlinkBlueGreenDeployment", "spec.template.spec"))


def _within_deployments(*paths: str) -> tuple[Node, ...]:
    return tuple(Node(kind, f"{path}.{inner}") for kind, path in _DEPLOYMENT_SPECS for inner in paths)


NODES: Mapping[type[BaseModel], Sequence[Node]] = {
    FlinkDeployment: (Node("FlinkDeployment", ""),),
    FlinkDeploymentSpec: _DEPLOYMENT_SPECS,
    IngressSpec: (*_within_deployments("ingress"), Node("FlinkBlueGreenDeployment", "spec.ingress")),
    Resource: _within_deployments("jobManager.resource", "taskManager.resource"),
    ResourceRequirements: _within_deployments("jobManager.resources", "taskManager.resources"),
    FlinkSessionJob: (Node("FlinkSessionJob", ""),),
    FlinkSessionJobSpec: (Node("FlinkSessionJob", "spec"),),
    FlinkStateSnapshot: (Node("FlinkStateSnapshot", ""),),
    FlinkStateSnapshotSpec: (Node("FlinkStateSnapshot", "spec"),),
    FlinkBlueGreenDeployment: (Node("FlinkBlueGreenDeployment", ""),),
    FlinkBlueGreenDeploymentSpec: (Node("FlinkBlueGreenDeployment", "spec"),),
}


def base(kind: str) -> Json:
    """A valid resource of the kind; its operator says how much memory there is."""
    match kind:
        case "FlinkDeployment":
            return _without_resources(flink_deployment("subject"), "spec")
        case "FlinkSessionJob":
            return session_job("subject")
        case "FlinkStateSnapshot":
            return state_snapshot("subject")
        case _:
            return _without_resources(blue_green_deployment("subject"), "spec.template.spec")


def _without_resources(resource: Json, path: str) -> Json:
    """Requests of the base would stand beside those of a case."""
    bare = {"jobManager": {"resources": None}, "taskManager": {"resources": None}}
    result: Json = merged(resource, below(path, bare))
    return result


def changed(node: Node, patch: Json) -> Json:
    """A valid resource but for the patch of one node."""
    resource: Json = merged(base(node.kind), below(node.path, patch))
    return resource


def _named(*names: str) -> tuple[Json, ...]:
    return tuple({"metadata": {"name": name}} for name in names)


def _fields(field: str, *values: Any) -> tuple[Json, ...]:
    return tuple({field: value} for value in values)


def _amounts(group: str, name: str, *values: Any) -> tuple[Json, ...]:
    return tuple({group: {name: value}} for value in values)


def _pairs(name: str, *pairs: tuple[Any, Any]) -> tuple[Json, ...]:
    """Request and limit of one resource."""
    return tuple({"requests": {name: request}, "limits": {name: limit}} for request, limit in pairs)


_NAMES = RuleCase(
    FlinkDeployment,
    "FK101",
    broken=_named("4you", "a" * 46, "dotted.name"),
    sound=_named("a", "a1", "a-b", "a" * 45),
    at=".metadata.name",
)

_BLUE_GREEN_NAMES = RuleCase(
    FlinkBlueGreenDeployment,
    "FK101",
    broken=_named("4you", "a" * 40, "dotted.name"),
    sound=_named("a", "a1", "a-b", "a" * 39),
    at=".metadata.name",
)

_SPECS = tuple(
    RuleCase(model, "FK012", broken=({"spec": None},), sound=({},), at=".spec")
    for model in (FlinkDeployment, FlinkSessionJob, FlinkStateSnapshot, FlinkBlueGreenDeployment)
)

_DEPLOYMENTS = (
    RuleCase(
        FlinkDeploymentSpec,
        "FK102",
        broken=({"flinkVersion": None},),
        sound=({"flinkVersion": "v1_15"},),
        at=".flinkVersion",
        beside={"image": "other"},
    ),
    RuleCase(
        FlinkDeploymentSpec,
        "FK103",
        field="flinkVersion",
        broken=_fields("flinkVersion", "v1_13", "v1_14"),
        sound=_fields("flinkVersion", "v1_15", "v1_20", "v2_4"),
        at=".flinkVersion",
        beside={"image": "other"},
    ),
    RuleCase(
        FlinkDeploymentSpec,
        "FK108",
        broken=(
            {"job": {"parallelism": None}},
            {"job": {"parallelism": 0}},
            {"job": {"parallelism": 0}, "taskManager": None},
        ),
        sound=(
            {"job": {"parallelism": 1}},
            {"job": None},
            {"job": {"parallelism": None}, "taskManager": {"replicas": 1}},
            {"job": {"parallelism": 0}, "taskManager": {"replicas": 2}},
        ),
        at=".job.parallelism",
        beside={"job": {"args": ["--more"]}},
    ),
    RuleCase(
        FlinkDeploymentSpec,
        "FK116",
        field="logConfiguration",
        broken=(
            {"logConfiguration": {"log4j.properties": "x"}},
            {"logConfiguration": {"log4j-console.properties": "x", "logback.xml": "x"}},
        ),
        sound=(
            {"logConfiguration": {}},
            {"logConfiguration": {"logback-console.xml": "x"}},
            {"logConfiguration": {"log4j-console.properties": "x", "logback-console.xml": "x"}},
        ),
        at=".logConfiguration",
        beside={"logConfiguration": {"log4j-console.properties": "other"}},
    ),
    RuleCase(
        FlinkDeploymentSpec,
        "FK119",
        field="imagePullPolicy",
        broken=_fields("imagePullPolicy", "ifNotPresent", "Sometimes", ""),
        sound=_fields("imagePullPolicy", "IfNotPresent", "Always", "Never", None),
        at=".imagePullPolicy",
        beside={"image": "other"},
    ),
    RuleCase(
        IngressSpec,
        "FK121",
        broken=({}, {"className": "nginx"}),
        sound=({"template": "{{name}}.example.com"},),
        at=".template",
        beside={"className": "other"},
    ),
)

_RESOURCES = (
    RuleCase(
        Resource,
        "FK111",
        field="cpu",
        broken=_fields("cpu", 0, 0.0, -0.5),
        sound=_fields("cpu", 1, 0.25, 1e-9, None),
        at=".cpu",
        beside={"memory": "3g"},
    ),
    RuleCase(
        Resource,
        "FK111",
        field="memory",
        broken=_fields("memory", "plenty", "1x", "-1g", "0", "0 mb", "0Gi", 0, -1, ""),
        sound=_fields(
            "memory",
            *("1024m", "1 gb", " 1g ", "512 MEBIBYTES", "1Gi", "1.5Gi", "1e9", "1073741824", 1073741824),
            # What only Java's reading of Kubernetes quantities takes.
            *("1gi", "1GiB", "512mib", "1.5g", "1.5gb", " 1Gi ", "+1Gi"),
        ),
        at=".memory",
        beside={"cpu": 2},
    ),
    RuleCase(
        Resource,
        "FK111",
        field="ephemeralStorage",
        broken=_fields("ephemeralStorage", "plenty", "1gb", "-1Gi", -1, ""),
        sound=_fields("ephemeralStorage", "1Gi", "500M", "0", 0, 1, "1e3", None),
        at=".ephemeralStorage",
        beside={"memory": "3g"},
    ),
)


def _requirement_cases(group: str) -> Iterator[RuleCase]:
    yield RuleCase(
        ResourceRequirements,
        "FK111",
        field=f"{group}.*",
        broken=_amounts(group, "example.com/gpu", "plenty", "-1", -1, "")
        + _amounts(group, "cpu", "-500m")
        + _amounts(group, "memory", "plenty", "-1Gi"),
        sound=_amounts(group, "example.com/gpu", 0, "0", 1, "1")
        + _amounts(group, "cpu", "500m", 2, "0.5", "1e3")
        + _amounts(group, "memory", "1024m", "1 gb", "1Gi", "1gi", "1.5g", "1GiB", " 1Gi "),
        beside={group: {"example.com/other": 1}},
    )
    for name in ("cpu", "memory"):
        yield RuleCase(
            ResourceRequirements,
            "FK111",
            field=group,
            about=f"{name} must be",
            broken=_amounts(group, name, 0, "0", "0.0"),
            sound=_amounts(group, name, 1, "0.1Gi" if name == "memory" else "1m"),
            at=f".{group}",
            beside={group: {"example.com/other": 1}},
        )


_REQUIREMENTS = (
    *_requirement_cases("limits"),
    *_requirement_cases("requests"),
    RuleCase(
        ResourceRequirements,
        "FK112",
        about="requests.cpu",
        broken=_pairs("cpu", ("2", "1"), (2, 1), ("1001m", "1"), ("1k", "999")),
        sound=_pairs("cpu", ("1", "1"), (1, 2), ("1000m", 1), ("0.5", "500m")),
        at=".requests",
        beside={"requests": {"memory": "1g"}},
    ),
    RuleCase(
        ResourceRequirements,
        "FK112",
        about="requests.memory",
        broken=_pairs("memory", ("2Gi", "1Gi"), ("1025Mi", "1Gi")),
        # One 1024m is Flink's, the other Kubernetes': both are 1 GiB here.
        sound=_pairs("memory", ("1Gi", "1Gi"), ("1024m", "1Gi"), ("1Gi", "1g"), ("1Gi", 1073741824)),
        at=".requests",
        beside={"requests": {"cpu": "1"}},
    ),
)

_SESSION_JOBS = (
    RuleCase(
        FlinkSessionJobSpec,
        "FK201",
        broken=_fields("deploymentName", None, ""),
        sound=_fields("deploymentName", "session"),
        at=".deploymentName",
        beside={"restartNonce": 8},
    ),
    RuleCase(
        FlinkSessionJobSpec,
        "FK101",
        field="deploymentName",
        broken=_fields("deploymentName", "Session", "4you", "ends-", "a" * 46, "two words", "a.b"),
        sound=_fields("deploymentName", "a", "a-1", "a" * 45),
        at=".deploymentName",
        beside={"restartNonce": 8},
    ),
    RuleCase(
        FlinkSessionJobSpec,
        "FK202",
        broken=({"job": None},),
        sound=({"job": {"jarURI": None}},),
        at=".job",
        beside={"restartNonce": 8},
    ),
    RuleCase(
        FlinkSessionJobSpec,
        "FK108",
        broken=({"job": {"parallelism": None}}, {"job": {"parallelism": 0}}),
        sound=({"job": {"parallelism": 1}},),
        at=".job.parallelism",
        beside={"job": {"args": ["--more"]}},
    ),
)

_SNAPSHOTS = (
    RuleCase(
        FlinkStateSnapshotSpec,
        "FK301",
        broken=({"savepoint": None}, {"checkpoint": {}}),
        sound=({"savepoint": None, "checkpoint": {}}, {"savepoint": {"path": "s3://bucket"}}),
        beside={"backoffLimit": 8},
    ),
    RuleCase(
        FlinkStateSnapshotSpec,
        "FK302",
        broken=(
            {"jobReference": None},
            {"jobReference": {"name": None}},
            {"jobReference": {"name": ""}},
            {"jobReference": {"kind": None}},
            {"jobReference": None, "savepoint": {"alreadyExists": False}},
            {"jobReference": None, "savepoint": None, "checkpoint": {}},
        ),
        sound=(
            {"jobReference": {"kind": "FlinkSessionJob"}},
            {"jobReference": None, "savepoint": {"alreadyExists": True, "path": "s3://bucket/sp"}},
        ),
        at=".jobReference",
        beside={"backoffLimit": 8},
    ),
)

_BLUE_GREEN = RuleCase(
    FlinkBlueGreenDeploymentSpec,
    "FK401",
    broken=({"template": None}, {"template": {"spec": None}}),
    sound=({"template": {"metadata": {"labels": {"a": "b"}}}},),
    at=".template",
    beside={"configuration": {"kubernetes.operator.bluegreen.abort.grace-period": "1 min"}},
)

RULE_CASES: Sequence[RuleCase] = (
    _NAMES,
    *_SPECS,
    *_DEPLOYMENTS,
    *_RESOURCES,
    *_REQUIREMENTS,
    *_SESSION_JOBS,
    *_SNAPSHOTS,
    _BLUE_GREEN_NAMES,
    _BLUE_GREEN,
)
