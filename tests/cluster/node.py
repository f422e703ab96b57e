"""What makes this machine a node: containerd, kubelet, kube-proxy; and the cluster's DNS and cert-manager."""

import json
import socket
from pathlib import Path

from tests.cluster.client import Client
from tests.cluster.component import Component
from tests.cluster.control_plane import ADMINISTRATORS, CLUSTER_DOMAIN, LOOPBACK, NODE_NAME, Setting
from tests.cluster.dns import resolves
from tests.cluster.pause_image import PAUSE_IMAGE
from tests.cluster.plan import NodeNetwork, Port
from tests.cluster.requirements import SYSTEM_PATH, cni_plugins_folder, tool

DNS_CACHE_SECONDS = 5


def network_of(setting: Setting) -> NodeNetwork:
    """Return the node's network; only level `node` has one."""
    assert setting.plan.network is not None, "level api has no node"
    return setting.plan.network


def containerd(setting: Setting) -> Component:
    folders = setting.folders
    root = folders.state / "containerd"
    networks = folders.config / "cni"
    configuration = f"""\
version = 2
root = "{root}"
state = "{folders.containerd_state}"
# It would make /opt/containerd, outside the cluster's folders.
disabled_plugins = ["io.containerd.internal.v1.opt"]

[grpc]
  address = "{folders.containerd_socket}"

[debug]
  level = "warn"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  # In a container root may lack CAP_SYS_RESOURCE; runc then fails to lower the kernel's OOM score.
  restrict_oom_score_adj = true
  # Pods' network namespaces are mounts in our own folder, so that `down` knows them as ours.
  netns_mounts_under_state_dir = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni_plugins_folder()}"
    conf_dir = "{networks}"

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        Root = "{folders.run / "runc"}"
        SystemdCgroup = false
"""
    config = folders.config / "containerd.toml"
    networks.mkdir(exist_ok=True)
    return Component(
        name="containerd",
        argv=(tool("containerd"), f"--config={config}"),
        healthy=lambda: _accepts(folders.containerd_socket),
        files={config: configuration, networks / "10-bridge.conflist": _pod_network(setting)},
        environment={"PATH": SYSTEM_PATH},
    )


def _pod_network(setting: Setting) -> str:
    network = network_of(setting)
    bridge = {
        "type": "bridge",
        "bridge": network.bridge,
        "isGateway": True,
        "ipMasq": False,  # pods talk to each other and to this machine only
        "hairpinMode": True,  # a pod may reach itself through its service
        "ipam": {
            "type": "host-local",
            "dataDir": str(setting.folders.cni_state),
            "ranges": [[{"subnet": network.pods, "gateway": network.node_address}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    name = f"flink-operator-{setting.plan.name}"
    return json.dumps({"cniVersion": "0.4.0", "name": name, "plugins": [bridge]}, indent=2)


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True


def kubelet(setting: Setting) -> Component:
    folders, network = setting.folders, network_of(setting)
    root = folders.kubelet
    serving = setting.authority.issue("kubelet-server", hosts=[NODE_NAME, network.node_address])
    login, login_content = setting.kubeconfig_of(f"system:node:{NODE_NAME}", "system:nodes")
    resolv_conf = folders.config / "resolv.conf"
    config = folders.config / "kubelet.json"
    configuration = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": network.node_address,
        "port": setting.port(Port.KUBELET),
        "healthzBindAddress": LOOPBACK,
        "healthzPort": setting.port(Port.KUBELET_HEALTH),
        "tlsCertFile": str(serving.certificate),
        "tlsPrivateKeyFile": str(serving.key),
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(setting.authority.pair.certificate)},
        },
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": f"unix://{folders.containerd_socket}",
        # The driver of our containerd; it works with cgroup v1 and v2, with and without systemd.
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [network.node_address],
        "clusterDomain": CLUSTER_DOMAIN,
        # Empty: pods see the cluster's names and nothing of the machine's DNS.
        "resolvConf": str(resolv_conf),
        "podLogsDir": str(folders.pod_logs),
        "volumePluginDir": str(folders.state / "volume-plugins"),
        "containerLogMaxSize": "10Mi",
        "containerLogMaxFiles": 3,
        # A developer's disk is often nearly full: evict only when it is really lost.
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "1%",
            "nodefs.inodesFree": "1%",
            "imagefs.available": "1%",
        },
        # No registry to pull from again: imported images stay.
        "imageGCHighThresholdPercent": 100,
        "serializeImagePulls": False,
        "nodeStatusUpdateFrequency": "5s",
        "maxPods": 200,
    }
    health = Client(f"http://{LOOPBACK}:{setting.port(Port.KUBELET_HEALTH)}")
    return Component(
        name="kubelet",
        argv=(
            setting.program("kubelet"),
            f"--config={config}",
            f"--kubeconfig={login}",
            f"--root-dir={root}",
            f"--cert-dir={root / 'pki'}",
            f"--hostname-override={NODE_NAME}",
            f"--node-ip={network.node_address}",
        ),
        healthy=lambda: health.is_ok("/healthz"),
        files={config: json.dumps(configuration, indent=2), login: login_content, resolv_conf: ""},
        environment={"PATH": SYSTEM_PATH},
    )


def kube_proxy(setting: Setting) -> Component:
    network = network_of(setting)
    login, login_content = setting.kubeconfig_of("system:kube-proxy")
    config = setting.folders.config / "kube-proxy.json"
    configuration = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clientConnection": {"kubeconfig": str(login)},
        "clusterCIDR": network.pods,
        "hostnameOverride": NODE_NAME,
        "bindAddress": network.node_address,
        "healthzBindAddress": f"{LOOPBACK}:{setting.port(Port.PROXY_HEALTH)}",
        "metricsBindAddress": f"{LOOPBACK}:{setting.port(Port.PROXY_METRICS)}",
        "nodePortAddresses": [network.pods],
        "iptables": {"localhostNodePorts": False},
        # 0 leaves the machine's connection tracking as it is.
        "conntrack": {
            "maxPerCore": 0,
            "min": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
        },
    }
    health = Client(f"http://{LOOPBACK}:{setting.port(Port.PROXY_HEALTH)}")
    return Component(
        name="kube-proxy",
        argv=(setting.program("kube-proxy"), f"--config={config}"),
        healthy=lambda: health.is_ok("/livez"),
        files={config: json.dumps(configuration, indent=2), login: login_content},
        environment={"PATH": SYSTEM_PATH},
    )


def coredns(setting: Setting) -> Component:
    network = network_of(setting)
    login, login_content = setting.kubeconfig_of("coredns", ADMINISTRATORS)
    config = setting.folders.config / "Corefile"
    configuration = f"""\
.:53 {{
    bind {network.node_address}
    errors
    cache {DNS_CACHE_SECONDS}
    kubernetes {CLUSTER_DOMAIN} in-addr.arpa {{
        kubeconfig {login}
        pods insecure
    }}
}}
"""
    return Component(
        name="coredns",
        argv=(setting.program("dns"), f"-conf={config}"),
        healthy=lambda: resolves(network.node_address, f"kubernetes.default.svc.{CLUSTER_DOMAIN}"),
        files={config: configuration, login: login_content},
    )


def cert_manager(setting: Setting) -> Component:
    login, login_content = setting.kubeconfig_of("cert-manager", ADMINISTRATORS)
    return Component(
        name="cert-manager",
        argv=(setting.program("certmanager"),),
        healthy=lambda: True,  # it ends when one of its controllers cannot work
        files={login: login_content},
        environment={"KUBECONFIG": str(login)},
    )
