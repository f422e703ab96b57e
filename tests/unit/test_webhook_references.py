"""A denial that rests on another resource is given only after that resource was read anew."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from shared.rules.context import Presence
from tests.unit.webhook_service import SERVER_NAME, connect, issue, review, running
from webhook.certificates import ServingCertificate
from webhook.cluster_view import ClusterView
from webhook.reviewer import reviewer_with

Found = Mapping[str, Any] | Presence

APPLICATION: Found = {"spec": {"job": {}, "flinkVersion": "v2_3"}}
SESSION: Found = {"spec": {"flinkVersion": "v2_3"}}


class View:
    """What a cache holds, and what the API server would say."""

    def __init__(self, cached: Found, live: Found) -> None:
        self.cached = cached
        self.live = live
        self.reads: list[tuple[str, str, str]] = []

    def look_up(self, _kind: str, _namespace: str, _name: str) -> Found:
        return self.cached

    async def read(self, kind: str, namespace: str, name: str, *, seconds: float) -> Found:
        assert 0 < seconds <= 2
        self.reads.append((kind, namespace, name))
        return self.live


def answer(view: View, folder: Path, resource: dict[str, Any]) -> dict[str, Any]:
    """The webhook's answer to the creation of a resource."""
    issue(folder)
    certificate = ServingCertificate(folder, SERVER_NAME)
    document = orjson.loads(review("1"))
    document["request"]["object"] = resource
    document["request"]["kind"]["kind"] = resource["kind"]
    with (
        running(certificate, reviewer=reviewer_with({}, cast("ClusterView", view))) as server,
        contextlib.closing(connect(server.port)) as connection,
    ):
        connection.request("POST", "/validate", orjson.dumps(document))
        response = orjson.loads(connection.getresponse().read())["response"]
        assert isinstance(response, dict)
        return response


def resource(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": kind,
        "metadata": {"name": "one", "namespace": "team"},
        "spec": spec,
    }


JOB = resource(
    "FlinkSessionJob",
    {
        "deploymentName": "cluster",
        "job": {"jarURI": "https://example.com/job.jar", "parallelism": 1, "upgradeMode": "stateless"},
    },
)
SNAPSHOT = resource(
    "FlinkStateSnapshot", {"jobReference": {"kind": "FlinkDeployment", "name": "cluster"}, "savepoint": {}}
)


def test_contradiction_that_still_holds_is_refused(tmp_path: Path) -> None:
    view = View(cached=APPLICATION, live=APPLICATION)
    assert answer(view, tmp_path, JOB)["allowed"] is False
    assert view.reads == [("FlinkDeployment", "team", "cluster")]


@pytest.mark.parametrize("live", [SESSION, Presence.ABSENT, Presence.UNKNOWN])
def test_contradiction_that_is_over_or_cannot_be_confirmed_is_admitted(tmp_path: Path, live: Found) -> None:
    assert answer(View(cached=APPLICATION, live=live), tmp_path, JOB)["allowed"] is True


@pytest.mark.parametrize(
    ("live", "allowed"), [(Presence.ABSENT, False), (Presence.UNKNOWN, True), (APPLICATION, True)]
)
def test_missing_target_of_a_snapshot_is_looked_for_again(
    tmp_path: Path, live: Found, *, allowed: bool
) -> None:
    assert answer(View(cached=Presence.ABSENT, live=live), tmp_path, SNAPSHOT)["allowed"] is allowed


def test_nothing_is_read_for_what_is_admitted(tmp_path: Path) -> None:
    view = View(cached=SESSION, live=SESSION)
    assert answer(view, tmp_path, JOB)["allowed"] is True
    assert view.reads == []


def test_nothing_is_read_for_a_denial_that_no_other_resource_led_to(tmp_path: Path) -> None:
    view = View(cached=SESSION, live=SESSION)
    broken = resource("FlinkSessionJob", {"deploymentName": "cluster", "job": {"parallelism": 0}})
    assert answer(view, tmp_path, broken)["allowed"] is False
    assert view.reads == []
