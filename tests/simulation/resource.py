"""A resource as its owner knows it: what they want, and what they read."""

from typing import Any

from controller.kubernetes_api import Object
from shared import API_VERSION
from shared.model import KINDS
from tests.simulation.server import Server

NAMESPACE = "shop"
Json = dict[str, Any]


class Resource:
    """`spec` is what its owner wants, written by `apply`."""

    def __init__(self, server: Server, kind: str, name: str, spec: Json) -> None:
        self.name = name
        self.plural = KINDS[kind].plural
        self.spec = spec
        self._server = server
        self._kind = kind

    @property
    def stored(self) -> Object | None:
        """As the API server has it."""
        return self._server.find(self.plural, self.name)

    @property
    def status(self) -> Json:
        """Empty while there is none."""
        return (self.stored or {}).get("status") or {}

    @property
    def is_editable(self) -> bool:
        """Whether it exists and is not being deleted."""
        stored = self.stored
        return stored is not None and "deletionTimestamp" not in stored["metadata"]

    @property
    def error(self) -> str:
        """What its owner reads."""
        ready: Json = next((one for one in self.status.get("conditions", []) if one["type"] == "Ready"), {})
        return f"{self.status.get('error') or ''} {ready.get('message', '')}"

    @property
    def is_held(self) -> bool:
        """By somebody else who wrote the status."""
        return "SecondOperator" in str(self.status.get("conditions"))

    def create(self) -> bool:
        """Its owner creates it; whether there was none."""
        if self.stored is not None or self._server.is_terminating:
            return False
        metadata = {"name": self.name, "namespace": NAMESPACE}
        kind = {"apiVersion": API_VERSION, "kind": self._kind}
        self._server.create(self.plural, {**kind, "metadata": metadata, "spec": self.spec})
        return True

    def apply(self) -> bool:
        """Its owner writes the spec; whether it was another one."""
        stored = self.stored
        if stored is None or not self.is_editable or stored["spec"] == self.spec:
            return False
        self._server.replace(self.plural, {**stored, "spec": self.spec})
        return True

    def annotate(self, name: str, value: str | None) -> bool:
        """Its owner sets an annotation, or takes it away; whether that made a difference."""
        stored = self.stored
        if stored is None or (stored["metadata"].get("annotations") or {}).get(name) == value:
            return False
        self._server.merge(self.plural, self.name, {"metadata": {"annotations": {name: value}}})
        return True

    def delete(self, cascade: str = "background") -> bool:
        """Its owner deletes it, with kubectl's --cascade; whether that made a difference."""
        if not self.is_editable:
            return False
        foreground, orphan = cascade == "foreground", cascade == "orphan"
        self._server.delete(self.plural, self.name, foreground=foreground, orphan=orphan)
        return True

    def written_by_another(self, milliseconds: int) -> bool:
        """Another operator, or a person, writes the status; whether there was one to write."""
        if self.stored is None:
            return False
        status = {"jobStatus": {"updateTime": str(milliseconds)}}
        self._server.merge(self.plural, self.name, {"status": status}, "status", "flink-kubernetes-operator")
        return True
