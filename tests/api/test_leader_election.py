"""Two replicas of the controller: one acts, the other takes over, never both."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.api.api_server import FLINK_DEPLOYMENTS
from tests.api.controller import Controller, holder, holders
from tests.api.namespace import Namespace
from tests.api.resources import flink_deployment
from tests.polling import eventually

_AFTER_RELEASE_SECONDS = 6.0
_AFTER_KILL_SECONDS = 20.0


@dataclass(frozen=True)
class Replicas:
    """Two controllers of one Lease, `first` leading."""

    first: Controller
    second: Controller


@pytest.fixture
def replicas(namespace: Namespace, tmp_path: Path) -> Iterator[Replicas]:
    replicas = Replicas(Controller(namespace, "first", tmp_path), Controller(namespace, "second", tmp_path))
    try:
        replicas.first.start()
        replicas.first.wait_until_leading()
        replicas.second.start()
        replicas.second.wait_until_ready()
        yield replicas
    finally:
        replicas.first.process.kill()
        replicas.second.process.kill()


def acted(namespace: Namespace, name: str) -> set[str]:
    """The replicas that posted events about a resource."""
    return {event["reportingInstance"] for event in namespace.events_of(name)}


def deploy(namespace: Namespace, name: str) -> None:
    """Apply a resource and wait until somebody made its cluster."""
    namespace.apply(flink_deployment(name))
    eventually(
        lambda: namespace.get(name)["status"].get("reconciliationStatus", {}).get("state") == "DEPLOYED",
        within=_AFTER_RELEASE_SECONDS,
        what=f"{name} is deployed",
    )


def test_only_the_leader_acts_and_sigterm_hands_over_at_once(
    namespace: Namespace, replicas: Replicas
) -> None:
    deploy(namespace, "before")
    assert acted(namespace, "before") == {"first"}
    assert "before" not in replicas.second.process.log

    replicas.first.process.stop()
    assert holder(namespace) != "first", "the Lease was not released"
    replicas.second.wait_until_leading(within=_AFTER_RELEASE_SECONDS)
    deploy(namespace, "after")
    assert acted(namespace, "after") == {"second"}
    assert "after" not in replicas.first.process.log
    assert holders(namespace) == ["first", "", "second"]
    written = [str(body.get("status")) for body in namespace.history(FLINK_DEPLOYMENTS)]
    assert not any("SecondOperator" in status for status in written)


def test_the_other_replica_takes_over_after_sigkill(namespace: Namespace, replicas: Replicas) -> None:
    replicas.first.process.kill()
    namespace.apply(flink_deployment("job"))
    replicas.second.wait_until_leading(within=_AFTER_KILL_SECONDS)
    # Applied while nobody led: a new leader looks at everything.
    eventually(lambda: acted(namespace, "job") == {"second"}, within=_AFTER_RELEASE_SECONDS, what="it acts")
    assert holders(namespace) == ["first", "second"]
