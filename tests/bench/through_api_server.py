"""What admission adds to a write: creations through a real API server, with both webhooks and with none."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import orjson
from rich.table import Table

from tests.api.admission import admission
from tests.api.api_server import FLINK_DEPLOYMENTS, ApiServer
from tests.api.namespace import NAMESPACES, Namespace
from tests.bench.load import Result, ensure_wrk, load
from tests.bench.resources import basic
from tests.cluster import Console, Level, up

_CONNECTIONS = (1, 10, 50)


def tables() -> Iterator[Table]:
    """Dry runs of a creation; nothing is stored."""
    ensure_wrk()
    cluster = up(Level.API, "tests-api", Console())
    crds = str(Path("charts/flink-operator/crds"))
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", crds)
    title = "Creations of examples/basic.yaml through the API server (dry runs)"
    table = Table(title=title, caption="ms of latency, p50 / p99; in brackets: times those without")
    for column in ("connections", "no webhook", "a second", "both webhooks", "a second"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        api = ApiServer.of(cluster.kubeconfig, folder)
        webhook = stack.enter_context(admission(cluster, api, folder))
        free = stack.enter_context(Namespace.made(cluster, api, "free"))
        guarded = stack.enter_context(Namespace.made(cluster, api, "guarded", webhook.label))
        headers = {"Authorization": f"Bearer {_token((free, guarded), api)}"}
        for connections in _CONNECTIONS:
            floor, measured = (
                _creations(namespace, folder, connections, headers) for namespace in (free, guarded)
            )
            table.add_row(
                str(connections),
                str(floor),
                f"{floor.per_second:,.0f}",
                f"{measured} ({measured.p50 / floor.p50:.1f} / {measured.p99 / floor.p99:.1f})",
                f"{measured.per_second:,.0f} ({measured.per_second / floor.per_second:.2f})",
            )
    yield table


def _creations(namespace: Namespace, folder: Path, connections: int, headers: dict[str, str]) -> Result:
    resource = basic()
    resource["metadata"]["namespace"] = namespace.name
    body = folder / "resource.json"
    body.write_bytes(orjson.dumps(resource))
    path = FLINK_DEPLOYMENTS.path(namespace.name)
    api = namespace.api
    return load(f"https://{api.host}:{api.port}{path}?dryRun=All", body, connections, headers=headers)


def _token(namespaces: Sequence[Namespace], api: ApiServer) -> str:
    """A token of an account that may do all in these namespaces: wrk has no client certificates."""
    home = namespaces[0].name
    accounts = f"{NAMESPACES}/{home}/serviceaccounts"
    api.call("POST", accounts, {"metadata": {"name": "bench"}})
    for namespace in namespaces:
        binding = {
            "metadata": {"name": "bench"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "cluster-admin",
            },
            "subjects": [{"kind": "ServiceAccount", "name": "bench", "namespace": home}],
        }
        path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace.name}/rolebindings"
        api.call("POST", path, binding)
    request = {"spec": {"expirationSeconds": 3600}}
    token: str = api.call("POST", f"{accounts}/bench/token", request)["status"]["token"]
    return token
