"""What must be true of the API server's objects before a node cluster is ready, and how it becomes true."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.client import Client, Response
from tests.cluster.control_plane import NODE_NAME
from tests.cluster.errors import ClusterError, log_tail
from tests.cluster.folders import Folders

READY_SECONDS = 60.0
POLL_SECONDS = 0.1

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NAMESPACES = "/api/v1/namespaces"
CERT_MANAGER_NAMESPACE = "cert-manager"
FIELD_MANAGER = "flink-operator-test-cluster"
CONFLICT = 409


@dataclass(frozen=True)
class Expectation:
    """One fact that a ready cluster shows, and the component whose log tells why not."""

    what: str
    holds: Callable[[Client], bool]
    component: str


def node_expectations(definitions: Iterable[str]) -> list[Expectation]:
    """Return what a ready node cluster shows, with these custom resource definitions."""
    return [
        *(
            Expectation(f"definition {name} established", _established(name), "kube-apiserver")
            for name in definitions
        ),
        Expectation(
            "service account default/default",
            lambda api: api.is_ok(f"{NAMESPACES}/default/serviceaccounts/default"),
            "kube-controller-manager",
        ),
        Expectation("node ready", _node_ready, "kubelet"),
    ]


def wait_until(expectations: Iterable[Expectation], api: Client, folders: Folders) -> None:
    """Wait until every expectation holds; raise ClusterError that names the first that does not in time."""
    deadline = time.monotonic() + READY_SECONDS
    for expectation in expectations:
        while not _holds(expectation, api):
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"not ready after {READY_SECONDS:.0f} s: {expectation.what}\n"
                    f"{log_tail(folders.log(expectation.component))}"
                )
            time.sleep(POLL_SECONDS)


def unmet(expectations: Iterable[Expectation], api: Client) -> list[str]:
    """Return what does not hold right now."""
    return [expectation.what for expectation in expectations if not _holds(expectation, api)]


def definition_names(folder: Path) -> list[str]:
    """Return the object names of the definitions in a folder; a file is named GROUP_PLURAL.yaml."""
    return sorted(
        f"{plural}.{group}" for group, _, plural in (p.stem.partition("_") for p in folder.glob("*.yaml"))
    )


def apply_definitions(folder: Path, api: Client) -> None:
    """Apply the definitions of a folder that the API server does not have."""
    for file in sorted(folder.glob("*.yaml")):
        group, _, plural = file.stem.partition("_")
        path = f"{DEFINITIONS}/{plural}.{group}"
        if not _established(f"{plural}.{group}")(api):
            query = f"?fieldManager={FIELD_MANAGER}&force=true"
            _expect(
                api.request("PATCH", path + query, file.read_text(), "application/apply-patch+yaml"), path
            )


def create_namespace(name: str, api: Client) -> None:
    """Create a namespace unless it exists."""
    body = f'{{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "{name}"}}}}'
    answer = api.request("POST", NAMESPACES, body, "application/json")
    if answer.status != CONFLICT:
        _expect(answer, NAMESPACES)


def _holds(expectation: Expectation, api: Client) -> bool:
    try:
        return expectation.holds(api)
    except OSError:
        return False


def _node_ready(api: Client) -> bool:
    return _condition(api.get(f"/api/v1/nodes/{NODE_NAME}"), "Ready")


def _established(name: str) -> Callable[[Client], bool]:
    return lambda api: _condition(api.get(f"{DEFINITIONS}/{name}"), "Established")


def _condition(answer: Response, kind: str) -> bool:
    if not answer.ok:
        return False
    conditions: list[dict[str, Any]] = answer.json().get("status", {}).get("conditions") or []
    return any(condition["type"] == kind and condition["status"] == "True" for condition in conditions)


def _expect(answer: Response, path: str) -> None:
    if not answer.ok:
        raise ClusterError(
            f"the API server refused {path} ({answer.status}): {answer.body.decode(errors='replace')}"
        )
