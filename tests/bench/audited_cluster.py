"""An API server that writes down the controller's requests, and what makes pods and collects garbage."""

import dataclasses
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.api.admission import CHART
from tests.api.api_server import ApiServer
from tests.bench.audit import AuditLog
from tests.cluster import Cluster, Console, Level, control_plane
from tests.cluster.build import ensure_built
from tests.cluster.cluster import CONTEXT_VARIABLE
from tests.cluster.component import Component, ensure_running
from tests.cluster.components import setting_of
from tests.cluster.control_plane import ADMINISTRATORS, Setting
from tests.cluster.down import down
from tests.cluster.errors import ClusterError
from tests.cluster.folders import Folders
from tests.cluster.plan import load_or_choose

_NAME = "bench-scale"
_USER = "flink-operator"
_CONTROLLERS = "deployment-controller,replicaset-controller,garbage-collector-controller"
_CALLS_PER_SECOND = 400
"""Of each of Kubernetes' own controllers, whose default of 20 would be most of what is measured."""
_SERVICES = "10.0.0.0/16"
"""Each resource has a Service with an address."""
_BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"


@dataclasses.dataclass(frozen=True)
class AuditedCluster:
    """etcd, API server, and the controllers of Deployments, ReplicaSets and garbage; no pod ever starts."""

    cluster: Cluster
    """As the controller under measurement sees it: a user of its own, whose requests are in the log."""
    api: ApiServer
    """With the administrator's rights; its requests are not in the log."""
    log: AuditLog


@contextmanager
def audited_cluster(folder: Path, progress: Console) -> Iterator[AuditedCluster]:
    """The cluster, until the end of the block. Raises ClusterError where none can be started."""
    if context := os.environ.get(CONTEXT_VARIABLE):
        raise ClusterError(f"{CONTEXT_VARIABLE}={context} has no log of requests to read: unset it")
    try:
        binaries, folders = ensure_built(Level.API, progress), Folders.of(_NAME)
        folders.create()
        setting = setting_of(load_or_choose(folders, Level.API), folders, binaries)
        log = folders.state / "audit.log"
        components = (control_plane.etcd(setting), _api_server(setting, log), _controllers(setting))
        ensure_running(components, folders, progress)
        administrator = _kubeconfig(setting, "admin", ADMINISTRATORS)
        cluster = Cluster(_NAME, Level.API, administrator, context=None, bin=binaries, external=False)
        api = ApiServer.of(administrator, folder)
        _install(cluster, api)
        measured = dataclasses.replace(cluster, kubeconfig=_kubeconfig(setting, _USER))
        yield AuditedCluster(measured, api, AuditLog(log))
    finally:
        down(_NAME, progress)


def _api_server(setting: Setting, log: Path) -> Component:
    policy = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [{"level": "Metadata", "users": [_USER]}, {"level": "None"}],
    }
    file = setting.folders.config / "audit-policy.json"
    component = control_plane.api_server(setting)
    arguments = (
        f"--audit-policy-file={file}",
        f"--audit-log-path={log}",
        f"--service-cluster-ip-range={_SERVICES}",
    )
    return dataclasses.replace(
        component,
        argv=(*component.argv, *arguments),
        files={**component.files, file: json.dumps(policy)},
    )


def _kubeconfig(setting: Setting, user: str, group: str | None = None) -> Path:
    path, content = setting.kubeconfig_of(user, group)
    path.touch(mode=0o600)
    path.write_text(content)
    return path


def _controllers(setting: Setting) -> Component:
    component = control_plane.controller_manager(setting)
    arguments = (
        f"--controllers={_CONTROLLERS}",
        f"--kube-api-qps={_CALLS_PER_SECOND}",
        f"--kube-api-burst={_CALLS_PER_SECOND}",
    )
    return dataclasses.replace(component, argv=(*component.argv, *arguments))


def _install(cluster: Cluster, api: ApiServer) -> None:
    """The kinds, and all rights for the controller: what it may is not what is measured."""
    crds = str(CHART / "crds")
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", crds)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", crds)
    binding = {
        "metadata": {"name": _USER},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": _USER}],
    }
    api.call("POST", _BINDINGS, binding)
