"""A namespace of one test's own, and what a user does in it."""

import itertools
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from tests.api.api_server import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    EVENTS,
    FLINK_DEPLOYMENTS,
    FLINK_KINDS,
    LEASES,
    SERVICES,
    ApiServer,
    Collection,
    Json,
    flink,
)
from tests.api.resources import in_namespace
from tests.cluster import Cluster

NAMESPACES = "/api/v1/namespaces"
_CONTENTS = (*FLINK_KINDS, DEPLOYMENTS, SERVICES, CONFIG_MAPS, LEASES, EVENTS)
_numbers = itertools.count(1)


def unique(purpose: str) -> str:
    """A name that no other test and no other run uses."""
    return f"{purpose}-{os.getpid()}-{next(_numbers)}"


@dataclass(frozen=True)
class Namespace:
    """One namespace; `kubectl` is for what a user sees, the rest for looking behind."""

    name: str
    since: str
    """The resourceVersion of its creation: what is in it was written later."""
    cluster: Cluster
    api: ApiServer

    @classmethod
    @contextmanager
    def made(
        cls, cluster: Cluster, api: ApiServer, purpose: str, labels: dict[str, str] | None = None
    ) -> Iterator[Self]:
        """A new namespace, until the end of the block."""
        body = {"metadata": {"name": unique(purpose), "labels": labels or {}}}
        metadata = api.call("POST", NAMESPACES, body)["metadata"]
        namespace = cls(metadata["name"], metadata["resourceVersion"], cluster, api)
        try:
            yield namespace
        finally:
            namespace.remove()

    def kubectl(self, *args: str, stdin: Json | None = None) -> subprocess.CompletedProcess[str]:
        """Run kubectl in this namespace, whatever comes of it; an object on standard input is `-f -`."""
        text = json.dumps(stdin) if stdin is not None else None
        return self.cluster.kubectl("-n", self.name, *args, stdin=text, check=False)

    def succeeds(self, *args: str, stdin: Json | None = None) -> str:
        """What kubectl prints, warnings included; fails when kubectl does."""
        result = self.kubectl(*args, stdin=stdin)
        assert result.returncode == 0, result.stderr
        return result.stdout + result.stderr

    def refuses(self, *args: str, stdin: Json | None = None) -> str:
        """What kubectl says when it cannot; fails when it can."""
        result = self.kubectl(*args, stdin=stdin)
        assert result.returncode != 0, f"not refused: {result.stdout}"
        return result.stderr

    def apply(self, resource: Json) -> str:
        return self.succeeds("apply", "-f", "-", stdin=resource)

    def apply_is_refused(self, resource: Json) -> str:
        return self.refuses("apply", "-f", "-", stdin=resource)

    def store(self, resource: Json) -> Json:
        """Create the resource without kubectl."""
        plural = f"{resource['kind'].lower()}s"
        return self.api.create(flink(plural), in_namespace(resource, self.name))

    def get(self, name: str, collection: Collection = FLINK_DEPLOYMENTS) -> Json:
        return self.api.get(collection, self.name, name)

    def find(self, name: str, collection: Collection = FLINK_DEPLOYMENTS) -> Json | None:
        return self.api.find(collection, self.name, name)

    def patch(
        self, name: str, patch: Json, collection: Collection = FLINK_DEPLOYMENTS, subresource: str = ""
    ) -> Json:
        return self.api.merge(collection, self.name, name, patch, subresource)

    def events_of(self, name: str) -> list[Json]:
        """The events about objects of that name."""
        return [event for event in self.of(EVENTS) if event["involvedObject"].get("name") == name]

    def of(self, collection: Collection) -> list[Json]:
        """All objects of the kind."""
        return self.api.items(collection, self.name)

    def owned_by_cluster(self, cluster: str, collection: Collection) -> list[Json]:
        """The objects with a Flink cluster's label."""
        return [
            body
            for body in self.of(collection)
            if (body["metadata"].get("labels") or {}).get("app") == cluster
        ]

    def contents(self) -> dict[str, Json]:
        """Everything in the namespace, by plural and name."""
        return {
            f"{collection.plural}/{body['metadata']['name']}": body
            for collection in _CONTENTS
            for body in self.of(collection)
        }

    def versions(self) -> dict[str, str]:
        """The resourceVersion of everything in the namespace."""
        return {path: body["metadata"]["resourceVersion"] for path, body in self.contents().items()}

    def now(self) -> str:
        """The newest resourceVersion: whatever is written from here on has a later one."""
        newest: str = self.api.call("GET", FLINK_DEPLOYMENTS.path(self.name))["metadata"]["resourceVersion"]
        return newest

    def history(self, collection: Collection, since: str | None = None) -> list[Json]:
        """Every version of the kind's objects since a resourceVersion, or all; the oldest comes first."""
        return self.api.history(collection, self.name, since or self.since)

    def remove(self) -> None:
        """Delete the namespace with all that is in it; there is no controller that would."""
        for collection in FLINK_KINDS:
            self.api.call("DELETE", collection.path(self.name))  # those that no finalizer holds, at once
        for collection in _CONTENTS:
            for body in self.of(collection):
                self.api.delete(collection, self.name, body["metadata"]["name"])
        path = f"{NAMESPACES}/{self.name}"
        terminating = self.api.call("DELETE", path)
        terminating["spec"]["finalizers"] = []
        self.api.call("PUT", f"{path}/finalize", terminating)
