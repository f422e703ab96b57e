"""The webhook as a process, registered as the chart registers it."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.api.api_server import FLINK_DEPLOYMENTS, ApiServer, Json, RefusedError
from tests.api.namespace import NAMESPACES, Namespace, unique
from tests.api.resources import flink_deployment, in_namespace
from tests.api.service_process import PROJECT, ServiceProcess
from tests.cluster import Cluster
from tests.polling import eventually
from tests.unit.webhook_service import issue

CHART = PROJECT / "charts" / "flink-operator"
CONFIGURATIONS = {
    "ValidatingWebhookConfiguration": "validatingwebhookconfigurations",
    "MutatingWebhookConfiguration": "mutatingwebhookconfigurations",
}
"""Validation first: what it refuses while it is alone shows that it is in force."""

_START_SECONDS = 30.0
_IN_FORCE_SECONDS = 15.0
_ANY_WEBHOOK = "webhook.flink.apache.org"


@dataclass(frozen=True)
class Admission:
    """A webhook that guards the namespaces which carry its label."""

    name: str
    process: ServiceProcess
    port: int

    @property
    def label(self) -> dict[str, str]:
        return {"flink-operator-tests/admission": self.name}

    def guard(self, namespace: Namespace) -> None:
        """Put an existing namespace under the webhook, and wait until it is."""
        patch = {"metadata": {"labels": self.label}}
        namespace.api.call("PATCH", f"{NAMESPACES}/{namespace.name}", patch, "merge-patch+json")
        _wait_until_in_force(namespace, _ANY_WEBHOOK)

    def restart(self) -> None:
        """Start the webhook again where it was."""
        self.process.start(WEBHOOK_SERVER_PORT=str(self.port))
        eventually(
            lambda: self.process.log.count('"listening"') > 1, within=_START_SECONDS, what="it listens"
        )


@contextmanager
def admission(cluster: Cluster, api: ApiServer, folder: Path) -> Iterator[Admission]:
    """A webhook in force, until the end of the block."""
    name = unique("admission")
    issue(folder, "localhost")
    environment = {
        "WEBHOOK_TLS_DIR": str(folder),
        "WEBHOOK_SERVER_PORT": "0",
        "WEBHOOK_DRAIN_SECONDS": "0",
        "KUBECONFIG": str(cluster.kubeconfig),
    }
    process = ServiceProcess("webhook", environment, folder / "webhook.log")
    process.start()
    try:
        it = Admission(name, process, _port(process))
        with Namespace.made(cluster, api, "probe", it.label) as probe:
            for configuration in _configurations(cluster, it, folder / "tls.crt"):
                api.call("POST", _path(configuration["kind"]), configuration)
                _wait_until_in_force(probe, configuration["webhooks"][0]["name"])
        yield it
    finally:
        for kind in CONFIGURATIONS:
            _remove(api, f"{_path(kind)}/{name}")
        process.stop()


def _path(kind: str) -> str:
    return f"/apis/admissionregistration.k8s.io/v1/{CONFIGURATIONS[kind]}"


def _remove(api: ApiServer, path: str) -> None:
    try:
        api.call("DELETE", path)
    except RefusedError as error:
        if error.status["code"] != 404:
            raise


def _port(process: ServiceProcess) -> int:
    def logged() -> int:
        process.assert_running()
        found = re.search(r'"message":"listening","port":(\d+)', process.log)
        return int(found[1]) if found else 0

    return eventually(logged, within=_START_SECONDS, what="the webhook listens")


def _configurations(cluster: Cluster, it: Admission, authority: Path) -> list[Json]:
    """The chart's, with a URL in place of its Service, and for the namespaces of this run only."""
    _require_helm(cluster)
    rendered = cluster.helm(
        *("template", "flink-operator", str(CHART), "--show-only", "templates/webhook/configuration.yaml"),
        *("--set", "webhook.certManager.enabled=false", "--set-file", f"webhook.caBundle={authority}"),
        *("--kube-version", "1.35.0"),  # a helm built from source takes the cluster for an ancient one
    ).stdout
    documents = {document["kind"]: document for document in yaml.safe_load_all(rendered) if document}
    for document in documents.values():
        document["metadata"]["name"] = it.name
        for webhook in document["webhooks"]:
            client = webhook["clientConfig"]
            client["url"] = f"https://localhost:{it.port}{client.pop('service')['path']}"
            webhook["namespaceSelector"] = {"matchLabels": it.label}
    return [documents[kind] for kind in CONFIGURATIONS]


def _require_helm(cluster: Cluster) -> None:
    if shutil.which("helm", path=cluster.environment()["PATH"]) is None:
        missing = f"helm, which renders the webhook's registration, is neither in {cluster.bin} nor in PATH"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)


def _wait_until_in_force(namespace: Namespace, webhook: str) -> None:
    """A new registration or label reaches the API server's admission a moment after it is stored."""
    # The schema has nothing against it, so that it comes as far as the validating webhook.
    unacceptable = in_namespace(flink_deployment("probe", serviceAccount=None), namespace.name)

    def refused() -> bool:
        try:
            namespace.api.create(FLINK_DEPLOYMENTS, unacceptable, dry_run=True)
        except RefusedError as error:
            return webhook in str(error)
        return False

    eventually(refused, within=_IN_FORCE_SECONDS, what=f"{webhook} is in force in {namespace.name}")
