"""One original: the client run in a namespace of its own, what it made read back, the namespace emptied."""

import tempfile
from pathlib import Path

from tests.api.api_server import CONFIG_MAPS, DEPLOYMENTS, SERVICES, ApiServer, Collection, Json
from tests.api.namespace import Namespace
from tests.cluster import Cluster
from tests.originals.case import Case
from tests.originals.client import submit
from tests.originals.objects import recorded

_SECRETS = Collection("/api/v1", "secrets")
_KINDS = {"Deployment": DEPLOYMENTS, "Service": SERVICES, "ConfigMap": CONFIG_MAPS, "Secret": _SECRETS}
_OF_THE_CLUSTER = {"kube-root-ca.crt"}


def capture(case: Case, release: str, home: Path, cluster: Cluster, api: ApiServer) -> list[Json]:
    """The objects that the client makes for the case. Raises ClientError."""
    with Namespace.made(cluster, api, "original") as namespace, tempfile.TemporaryDirectory() as folder:
        try:
            submit(case, release, home, cluster.kubeconfig, namespace.name, Path(folder))
            return recorded(_made(namespace), namespace.name, folder)
        finally:
            for body in namespace.of(_SECRETS):
                api.delete(_SECRETS, namespace.name, body["metadata"]["name"])


def _made(namespace: Namespace) -> list[Json]:
    return [
        {**body, "kind": kind}  # a list does not repeat the kind of its items
        for kind, collection in _KINDS.items()
        for body in namespace.of(collection)
        if body["metadata"]["name"] not in _OF_THE_CLUSTER
    ]
