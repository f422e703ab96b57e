"""Copies of the CRDs under a group of their own, so that a test can change them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

from shared.model import KINDS
from tests.api.api_server import ApiServer, Collection, Json, RefusedError
from tests.api.crd_files import POD_TEMPLATE, custom_resource_definitions, root_schema
from tests.polling import eventually

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_IN_FORCE_SECONDS = 20.0
_RULES = "x-kubernetes-validations"
_EITHER = "x-kubernetes-int-or-string"
_OURS = (
    _RULES,
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "required",
    "default",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "maxLength",
    "maxProperties",
)
"""In the Java operator's CRDs nothing is required, has a default or is merged by name (contract part 1.1)."""


def own_nodes(node: Json) -> Iterator[Json]:
    """A schema's nodes that are ours, itself included: pod templates only as a whole."""
    yield node
    children = [child for name, child in node.get("properties", {}).items() if name != POD_TEMPLATE]
    inner = [node[name] for name in ("items", "additionalProperties") if isinstance(node.get(name), dict)]
    for child in (*children, *inner):
        yield from own_nodes(child)


def without_checks(node: Any) -> None:
    """Leave only types in a schema: less than in that of any other operator."""
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        without_checks(child)
    is_schema = isinstance(node, dict) and (isinstance(node.get("type"), str) or _EITHER in node)
    for name in _OURS if is_schema else ():
        node.pop(name, None)


def repeated_as_entries(times: int) -> Callable[[Json], None]:
    """Have every rule that often in its node."""

    def change(schema: Json) -> None:
        for node in own_nodes(schema):
            if _RULES in node:
                node[_RULES] = [deepcopy(rule) for rule in node[_RULES] for _ in range(times)]

    return change


def repeated_in_rules(times: int) -> Callable[[Json], None]:
    """Have every rule say the same so often."""

    def change(schema: Json) -> None:
        for node in own_nodes(schema):
            for rule in node.get(_RULES, ()):
                rule["rule"] = " && ".join([f"({rule['rule']})"] * times)

    return change


def copy_of(definition: Json, group: str, change: Callable[[Json], None] | None = None) -> Json:
    """The definition under another group, its schema changed."""
    copy = deepcopy(definition)
    copy["spec"]["group"] = group
    # Nobody lists the copies beside ours.
    copy["spec"]["names"].pop("shortNames")
    copy["spec"]["names"].pop("categories")
    copy["metadata"]["name"] = f"{copy['spec']['names']['plural']}.{group}"
    if change is not None:
        change(root_schema(copy))
    return copy


@dataclass(frozen=True)
class CopiedKinds:
    """The four kinds under another group, at first without any check."""

    api: ApiServer
    group: str

    @classmethod
    @contextmanager
    def made(cls, api: ApiServer, group: str) -> Iterator["CopiedKinds"]:
        """Until the end of the block, with all their objects."""
        copies = cls(api, group)
        try:
            for definition in custom_resource_definitions():
                api.call("POST", DEFINITIONS, copy_of(definition, group, without_checks))
            for kind in KINDS:
                eventually(partial(copies.serves, kind), within=_IN_FORCE_SECONDS, what=f"{kind} is served")
            yield copies
        finally:
            for definition in custom_resource_definitions():
                _delete(api, copy_of(definition, group)["metadata"]["name"])

    def collection(self, kind: str) -> Collection:
        return Collection(f"/apis/{self.group}/v1beta1", f"{kind.lower()}s")

    def renamed(self, resource: Json) -> Json:
        """The resource as one of this group."""
        return {**resource, "apiVersion": f"{self.group}/v1beta1"}

    def serves(self, kind: str) -> bool:
        """Whether the API server knows the kind yet."""
        try:
            self.api.call("GET", self.collection(kind).path("default"))
        except (RefusedError, ValueError):  # a path that is not known is answered in plain text
            return False
        return True

    def check(self, probe: Callable[[str], Any]) -> None:
        """Put all checks into force: `probe` of each kind does something that they forbid."""
        for definition in custom_resource_definitions():
            copy = copy_of(definition, self.group)
            path = f"{DEFINITIONS}/{copy['metadata']['name']}?fieldManager=kubectl&force=true"
            self.api.call("PATCH", path, copy, "apply-patch+yaml")
        for kind in KINDS:
            eventually(partial(probe, kind), within=_IN_FORCE_SECONDS, what=f"{kind} is checked")


def _delete(api: ApiServer, name: str) -> None:
    try:
        api.call("DELETE", f"{DEFINITIONS}/{name}")
    except RefusedError as error:
        if error.status["code"] != 404:
            raise
