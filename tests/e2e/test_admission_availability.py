"""The webhook stays up while its pods and its certificate come and go, under 20 requests a second."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.api.api_server import FLINK_DEPLOYMENTS
from tests.cluster import Cluster
from tests.e2e.admission_load import Load, api_server, steady_load
from tests.e2e.conftest import Release
from tests.e2e.flink import Flink, Json, application
from tests.installation import NAMESPACE
from tests.polling import eventually

pytestmark = pytest.mark.alone

DEPLOYMENT = "flink-operator-webhook"
PODS = ("-l", "app.kubernetes.io/component=webhook")
CERTIFICATE = "flink-operator-serving-cert"
CONNECTIONS = 5
RENEWALS = 3
RENEWAL_SECONDS = 20.0


@pytest.fixture
def valid(flink: Flink, release: Release) -> Json:
    resource = application("dry", release.image, release.version)
    resource["metadata"]["namespace"] = flink.namespace
    return resource


def kubectl(cluster: Cluster, *arguments: str, stdin: str | None = None) -> str:
    return cluster.kubectl("-n", NAMESPACE, *arguments, stdin=stdin, timeout=150).stdout


def pods(cluster: Cluster) -> list[str]:
    names = kubectl(cluster, "get", "pods", *PODS, "-o", "jsonpath={.items[*].metadata.name}")
    return names.split()


def wait_until_all_are_ready(cluster: Cluster) -> None:
    kubectl(cluster, "rollout", "status", f"deployment/{DEPLOYMENT}", "--timeout=120s")

    def only_ready_pods() -> bool:
        ready = kubectl(
            cluster, "get", "pods", *PODS, "-o", "jsonpath={.items[*].status.containerStatuses[0].ready}"
        )
        return ready.split() == ["true", "true"]

    eventually(only_ready_pods, within=90, what="two pods are ready and no other is left")


def evict(cluster: Cluster, pod: str) -> None:
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": NAMESPACE},
    }
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}/eviction"
    kubectl(cluster, "create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))


def renew(cluster: Cluster) -> None:
    """Ask cert-manager for a new certificate, as its own command line does."""
    certificate = json.loads(kubectl(cluster, "get", "certificate", CERTIFICATE, "-o", "json"))
    conditions = [one for one in certificate["status"]["conditions"] if one["type"] != "Issuing"]
    conditions.append(
        {
            "type": "Issuing",
            "status": "True",
            "reason": "ManuallyTriggered",
            "message": "renewed by a test",
            "lastTransitionTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
    )
    patch = json.dumps({"status": {"conditions": conditions}})
    kubectl(cluster, "patch", "certificate", CERTIFICATE, "--subresource=status", "--type=merge", "-p", patch)


def serial(cluster: Cluster) -> str:
    secret = kubectl(cluster, "get", "certificate", CERTIFICATE, "-o", "jsonpath={.spec.secretName}")
    return kubectl(cluster, "get", "secret", secret, "-o", "jsonpath={.data['tls\\.crt']}")


def assert_nothing_was_missed(load: Load) -> None:
    assert load.sent > 0
    assert load.misses == [], f"{len(load.misses)} of {load.sent}"


def test_rollout_eviction_and_deletion_lose_no_request(
    operator: Cluster, valid: Json, tmp_path: Path
) -> None:
    wait_until_all_are_ready(operator)
    with steady_load(api_server(operator.kubeconfig, tmp_path), valid) as load:
        kubectl(operator, "rollout", "restart", f"deployment/{DEPLOYMENT}")
        wait_until_all_are_ready(operator)
        evict(operator, pods(operator)[0])
        wait_until_all_are_ready(operator)
        kubectl(operator, "delete", "pod", pods(operator)[0])
        wait_until_all_are_ready(operator)
    assert_nothing_was_missed(load)


def test_renewal_of_the_certificate_loses_no_request(operator: Cluster, valid: Json, tmp_path: Path) -> None:
    wait_until_all_are_ready(operator)
    with steady_load(api_server(operator.kubeconfig, tmp_path), valid) as load:
        for _ in range(RENEWALS):
            before, due = serial(operator), time.monotonic() + RENEWAL_SECONDS
            renew(operator)
            eventually(lambda: serial(operator) != before, within=60, what="a new certificate")  # noqa: B023
            eventually(lambda: time.monotonic() >= due, within=RENEWAL_SECONDS + 5, what="the next renewal")  # noqa: B023
    assert_nothing_was_missed(load)


def test_killed_pod_costs_three_seconds_and_no_wrong_answer(
    operator: Cluster, valid: Json, tmp_path: Path
) -> None:
    if operator.external:
        pytest.skip("the processes of somebody else's node cannot be killed")
    wait_until_all_are_ready(operator)
    with steady_load(api_server(operator.kubeconfig, tmp_path), valid) as load:
        killed = time.monotonic()
        os.kill(_process_of(operator, pods(operator)[0]), signal.SIGKILL)
        wait_until_all_are_ready(operator)
        eventually(lambda: time.monotonic() > killed + 10, within=15, what="ten seconds of load")
    assert [miss for miss in load.misses if miss.wrong_verdict] == []
    assert [miss for miss in load.misses if not killed - 1 <= miss.at <= killed + 3] == []


def test_connections_can_be_used_again_after_idle_times(
    operator: Cluster, valid: Json, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """The API server keeps its connections for 90 idle seconds: the webhook must not close them before."""
    wait_until_all_are_ready(operator)
    api = api_server(operator.kubeconfig, tmp_path)
    idle_seconds = (1, 5, 60) if pytestconfig.getoption("--full") else (1, 5)
    for seconds in idle_seconds:
        for _ in range(CONNECTIONS):
            api.create(FLINK_DEPLOYMENTS, valid, dry_run=True)
        threading.Event().wait(seconds)
    for _ in range(CONNECTIONS):
        api.create(FLINK_DEPLOYMENTS, valid, dry_run=True)


def _process_of(cluster: Cluster, pod: str) -> int:
    """The webhook's process id on the node: the one in the pod's control group."""
    uid = kubectl(cluster, "get", "pod", pod, "-o", "jsonpath={.metadata.uid}")
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, groups = (folder / "cmdline").read_bytes(), (folder / "cgroup").read_text()
        except OSError:
            continue  # it has ended meanwhile
        if b"webhook" in command and (uid in groups or uid.replace("-", "_") in groups):
            return int(folder.name)
    raise AssertionError(f"no process of pod {pod}")
