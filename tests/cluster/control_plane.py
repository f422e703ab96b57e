"""etcd and the Kubernetes processes that need no node."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.client import Client
from tests.cluster.component import Component
from tests.cluster.folders import Folders
from tests.cluster.pki import Authority, KeyPair, kubeconfig
from tests.cluster.plan import Plan, Port
from tests.cluster.programs import Level

LOOPBACK = "127.0.0.1"
ADMINISTRATORS = "system:masters"
"""The group that RBAC never restricts."""
NODE_NAME = "local"
CLUSTER_DOMAIN = "cluster.local"
API_LEVEL_SERVICES = "10.0.0.0/24"
"""Without a node nothing routes service addresses: any range will do."""


@dataclass(frozen=True)
class Setting:
    """What every component is made from."""

    plan: Plan
    folders: Folders
    binaries: Path
    authority: Authority
    admin: KeyPair

    def program(self, name: str) -> str:
        return str(self.binaries / name)

    def port(self, port: Port) -> int:
        return self.plan.ports[port]

    def api(self) -> Client:
        """Return a client of the API server with all rights."""
        return Client(self.plan.server, self.authority.pair, self.admin)

    def kubeconfig_of(self, user: str, group: str | None = None) -> tuple[Path, str]:
        """Return path and content of a component's own kubeconfig."""
        client = self.authority.issue(user, group)
        name = user.replace(":", "-")
        content = kubeconfig(self.plan.server, self.authority.pair, client, self.plan.name)
        return self.folders.config / f"{name}.kubeconfig", content

    def healthz(self, port: Port, path: str = "/healthz", host: str = LOOPBACK) -> Callable[[], bool]:
        """Return a check of a component's health over TLS."""
        client = Client(f"https://{host}:{self.port(port)}", self.authority.pair, self.admin)
        return lambda: client.is_ok(path)


def etcd(setting: Setting) -> Component:
    server = setting.authority.issue("etcd", hosts=[LOOPBACK])
    url = f"https://{LOOPBACK}:{setting.port(Port.ETCD)}"
    return Component(
        name="etcd",
        argv=(
            setting.program("etcd"),
            f"--data-dir={setting.folders.state / 'etcd'}",
            f"--listen-client-urls={url}",
            f"--advertise-client-urls={url}",
            # One member has no peers: any free port does.
            f"--listen-peer-urls=http://{LOOPBACK}:0",
            f"--cert-file={server.certificate}",
            f"--key-file={server.key}",
            f"--trusted-ca-file={setting.authority.pair.certificate}",
            "--client-cert-auth",
            # A test's data need not survive a power cut, and slow disks make every write wait.
            "--unsafe-no-fsync",
            "--log-level=error",
        ),
        healthy=setting.healthz(Port.ETCD, "/health"),
    )


def api_server(setting: Setting) -> Component:
    plan, authority = setting.plan, setting.authority
    services = [
        f"kubernetes{suffix}" for suffix in ("", ".default", ".default.svc", f".default.svc.{CLUSTER_DOMAIN}")
    ]
    hosts = ["localhost", *services, LOOPBACK]
    if plan.network is not None:
        hosts += [plan.network.node_address, plan.network.kubernetes_service]
    serving = authority.issue("kube-apiserver", hosts=hosts)
    etcd_client = authority.issue("kube-apiserver-etcd-client")
    tokens = authority.service_account_keys()
    argv = [
        setting.program("kube-apiserver"),
        f"--etcd-servers=https://{LOOPBACK}:{setting.port(Port.ETCD)}",
        f"--etcd-cafile={authority.pair.certificate}",
        f"--etcd-certfile={etcd_client.certificate}",
        f"--etcd-keyfile={etcd_client.key}",
        f"--bind-address={plan.address}",
        f"--advertise-address={plan.address}",
        f"--secure-port={setting.port(Port.API_SERVER)}",
        f"--tls-cert-file={serving.certificate}",
        f"--tls-private-key-file={serving.key}",
        f"--client-ca-file={authority.pair.certificate}",
        f"--service-account-key-file={tokens.certificate}",
        f"--service-account-signing-key-file={tokens.key}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-cluster-ip-range={plan.network.services if plan.network else API_LEVEL_SERVICES}",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",
        *(_for_level_api() if plan.level is Level.API else _for_level_node(setting)),
    ]
    return Component("kube-apiserver", tuple(argv), healthy=lambda: setting.api().is_ok("/readyz"))


def _for_level_api() -> list[str]:
    return [
        # Nothing makes service accounts here, and the plug-in refuses pods without one.
        "--disable-admission-plugins=ServiceAccount",
        # The service `kubernetes` may not lead to a loopback address.
        "--endpoint-reconciler-type=none",
    ]


def _for_level_node(setting: Setting) -> list[str]:
    authority = setting.authority
    kubelet_client = authority.issue("kube-apiserver-kubelet-client", ADMINISTRATORS)
    front_proxy = authority.issue("front-proxy")
    return [
        "--enable-admission-plugins=NodeRestriction",
        # Otherwise `kubectl logs` and `exec` ask the machine's DNS for the node's name.
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-client-certificate={kubelet_client.certificate}",
        f"--kubelet-client-key={kubelet_client.key}",
        f"--kubelet-certificate-authority={authority.pair.certificate}",
        f"--proxy-client-cert-file={front_proxy.certificate}",
        f"--proxy-client-key-file={front_proxy.key}",
        f"--requestheader-client-ca-file={authority.pair.certificate}",
        "--requestheader-allowed-names=front-proxy",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    ]


def controller_manager(setting: Setting) -> Component:
    authority = setting.authority
    config, content = setting.kubeconfig_of("system:kube-controller-manager")
    serving = authority.issue("kube-controller-manager-server", hosts=[LOOPBACK])
    return Component(
        name="kube-controller-manager",
        argv=(
            setting.program("kube-controller-manager"),
            f"--kubeconfig={config}",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={setting.port(Port.CONTROLLER_MANAGER)}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            f"--root-ca-file={authority.pair.certificate}",
            f"--cluster-signing-cert-file={authority.pair.certificate}",
            f"--cluster-signing-key-file={authority.pair.key}",
            f"--service-account-private-key-file={authority.service_account_keys().key}",
            # Its default is a folder outside the cluster's, and it makes it.
            f"--flex-volume-plugin-dir={setting.folders.state / 'volume-plugins'}",
            "--use-service-account-credentials",
            "--leader-elect=false",
        ),
        healthy=setting.healthz(Port.CONTROLLER_MANAGER),
        files={config: content},
    )


def scheduler(setting: Setting) -> Component:
    config, content = setting.kubeconfig_of("system:kube-scheduler")
    serving = setting.authority.issue("kube-scheduler-server", hosts=[LOOPBACK])
    return Component(
        name="kube-scheduler",
        argv=(
            setting.program("kube-scheduler"),
            f"--kubeconfig={config}",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={setting.port(Port.SCHEDULER)}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            "--leader-elect=false",
        ),
        healthy=setting.healthz(Port.SCHEDULER),
        files={config: content},
    )
