"""The controller as a process, limited to one namespace, where its Lease lies too."""

import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tests.api.api_server import CONFIG_MAPS, DEPLOYMENTS, FLINK_KINDS, LEASES, SERVICES, Json, RefusedError
from tests.api.namespace import Namespace
from tests.api.service_process import ServiceProcess
from tests.polling import eventually

LEASE = "flink-operator-lease"
START_SECONDS = 30.0


class Controller:
    """One replica of the controller; those with another Lease are of another installation."""

    def __init__(
        self,
        namespace: Namespace,
        identity: str,
        folder: Path,
        lease: str = LEASE,
        *,
        module: str = "controller",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`module`: what is run, where it is not the controller as it is; `environment` goes over its own."""
        self.identity = identity
        self._namespace, self._lease = namespace, lease
        self._health_port = _free_port()
        variables = {
            "KUBECONFIG": str(namespace.cluster.kubeconfig),
            "POD_NAME": identity,
            "OPERATOR_NAMESPACE": namespace.name,
            "LEASE_NAME": lease,
            "WATCH_NAMESPACES": namespace.name,
            "HEALTH_PORT": str(self._health_port),
            **(environment or {}),
        }
        self.process = ServiceProcess(module, variables, folder / f"{identity}.log")

    def start(self) -> None:
        """Start it; it works a moment later."""
        self.process.start()

    def wait_until_ready(self) -> None:
        """Wait until its readiness probe succeeds."""
        eventually(self._is_ready, within=START_SECONDS, what=f"{self.identity} is ready")

    def wait_until_leading(self, within: float = START_SECONDS) -> None:
        """Wait until it holds the Lease."""

        def leads() -> bool:
            self.process.assert_running()
            return holder(self._namespace, self._lease) == self.identity

        eventually(leads, within=within, what=f"{self.identity} leads")

    def _is_ready(self) -> bool:
        self.process.assert_running()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._health_port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError):
            return False


def holder(namespace: Namespace, name: str = LEASE) -> str | None:
    """Who holds the Lease; None when nobody does."""
    lease = namespace.find(name, LEASES)
    return (lease or {}).get("spec", {}).get("holderIdentity") or None


def holders(namespace: Namespace) -> list[str]:
    """Who held the Lease, one after the other; an empty name is a release."""
    names: list[str] = []
    for lease in namespace.history(LEASES):
        name = lease["spec"].get("holderIdentity") or ""
        if not names or names[-1] != name:
            names.append(name)
    return names


def condition(resource: Json, kind: str = "Ready") -> Json:
    """A condition of the status; an AssertionError while there is none."""
    conditions: list[Json] = resource.get("status", {}).get("conditions", [])
    found = [one for one in conditions if one["type"] == kind]
    assert found, f"{resource['metadata']['name']} has no condition {kind}"
    return found[0]


def forget(namespace: Namespace, name: str) -> None:
    """Delete a resource of any kind, whatever its finalizers say, and the cluster that was made for it."""
    for collection in FLINK_KINDS:
        namespace.api.delete(collection, namespace.name, name)
    for collection in (DEPLOYMENTS, SERVICES, CONFIG_MAPS):
        for body in namespace.owned_by_cluster(name, collection):
            namespace.api.delete(collection, namespace.name, body["metadata"]["name"])


def collect_garbage(namespace: Namespace, deployment: str) -> None:
    """What Kubernetes' garbage collector does for a foreground deletion; none runs here."""
    for collection in (SERVICES, CONFIG_MAPS):
        for body in namespace.owned_by_cluster(deployment, collection):
            namespace.api.delete(collection, namespace.name, body["metadata"]["name"])
    try:
        namespace.patch(deployment, {"metadata": {"finalizers": None}}, DEPLOYMENTS)
    except RefusedError as error:
        if error.status["code"] != 404:
            raise


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
