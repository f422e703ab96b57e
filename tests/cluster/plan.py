"""What `up` chooses for one cluster, on record before anything uses it."""

import dataclasses
import ipaddress
import json
import os
import random
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from pathlib import Path

from tests.cluster.errors import ClusterError
from tests.cluster.folders import Folders, clusters_folder, locked
from tests.cluster.programs import Level

# Below the kernel's range for outgoing connections (from 32768), so that none of them takes a port of ours.
PORT_RANGE = range(20000, 30000)

POD_NETWORKS = ("10.244.0.0/24", "10.245.0.0/24", "172.30.244.0/24", "192.168.244.0/24", "10.199.244.0/24")
SERVICE_NETWORKS = ("10.96.0.0/16", "10.97.0.0/16", "172.29.0.0/16", "10.198.0.0/16")
BRIDGES = tuple(f"flink{number}" for number in range(10))

# What the kubelet, kube-proxy and the bridge need or set themselves; `down` puts the old values back.
SYSCTLS = (
    "net/ipv4/ip_forward",
    "net/bridge/bridge-nf-call-iptables",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)
SYS = Path("/proc/sys")


class Port(StrEnum):
    """The ports that a cluster listens on."""

    ETCD = "etcd"
    API_SERVER = "kube-apiserver"
    CONTROLLER_MANAGER = "kube-controller-manager"
    SCHEDULER = "kube-scheduler"
    KUBELET = "kubelet"
    KUBELET_HEALTH = "kubelet-health"
    PROXY_HEALTH = "kube-proxy-health"
    PROXY_METRICS = "kube-proxy-metrics"


@dataclass(frozen=True)
class NodeNetwork:
    """The bridge that pods are on; its address is the node's, the API server's and the DNS server's."""

    bridge: str
    pods: str
    services: str

    @property
    def node_address(self) -> str:
        """The first address of the pods' network."""
        return str(IPv4Network(self.pods)[1])

    @property
    def kubernetes_service(self) -> str:
        """The address of the service `kubernetes`: the API server takes the first of the range for it."""
        return str(IPv4Network(self.services)[1])


@dataclass(frozen=True)
class Plan:
    """The choices for one cluster; they stay the same until `down`."""

    name: str
    level: Level
    ports: Mapping[Port, int]
    network: NodeNetwork | None
    """None for level `api`."""
    sysctls: Mapping[str, str]
    """Values before the first `up`, by path below /proc/sys."""

    @property
    def address(self) -> str:
        """Where the API server listens: never on an interface that leads off this machine."""
        return self.network.node_address if self.network else "127.0.0.1"

    @property
    def server(self) -> str:
        return f"https://{self.address}:{self.ports[Port.API_SERVER]}"

    def save(self, path: Path) -> None:
        """Write the plan whole or not at all."""
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(dataclasses.asdict(self), indent=2))
        temporary.rename(path)


def load(path: Path) -> Plan | None:
    """Return the plan on record; None if there is none. Raises ClusterError if it cannot be read."""
    try:
        data = json.loads(path.read_text())
        return Plan(
            name=data["name"],
            level=Level(data["level"]),
            ports={port: int(data["ports"][port]) for port in Port if port in data["ports"]},
            network=NodeNetwork(**data["network"]) if data["network"] else None,
            sysctls=data["sysctls"],
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ClusterError(
            f"{path} is damaged ({error}): without it nobody knows what the cluster uses"
        ) from None


def load_or_choose(folders: Folders, level: Level) -> Plan:
    """Return the plan on record, or choose one and put it on record."""
    plan = load(folders.plan)
    if plan is not None:
        if plan.level is not level:
            raise ClusterError(
                f"cluster {plan.name!r} exists at level {plan.level}, not {level}: "
                f"take another --name, or run `python -m tests.cluster down --name {plan.name}` first"
            )
        if set(plan.ports) != set(Port):
            raise ClusterError(
                f"cluster {plan.name!r} was made by another version of this code: "
                f"run `python -m tests.cluster down --name {plan.name}` first"
            )
        return plan
    # One lock for all clusters: two that start at once must not choose the same.
    with locked(clusters_folder() / "choice.lock"):
        others = list(_other_plans())
        plan = Plan(
            name=folders.state.name,
            level=level,
            ports=choose_ports({port for other in others for port in other.ports.values()}),
            network=_choose_network(others) if level is Level.NODE else None,
            sysctls=_read_sysctls() if level is Level.NODE else {},
        )
        plan.save(folders.plan)
    return plan


def _other_plans() -> Iterator[Plan]:
    for path in clusters_folder().glob("*/state.json"):
        if plan := load(path):
            yield plan


def choose_ports(taken: set[int]) -> dict[Port, int]:
    """Return a port for each use: free now, and not among `taken`."""
    candidates = random.sample(PORT_RANGE, len(PORT_RANGE))
    free = (number for number in candidates if number not in taken and _is_free(number))
    return {port: next(free) for port in Port}


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        try:
            listener.bind(("0.0.0.0", port))  # noqa: S104 - free on every address; nothing is accepted
        except OSError:
            return False
    return True


def choose_cidr(candidates: Sequence[str], used: Iterable[IPv4Network]) -> str:
    """Return the first network that overlaps none in use; raise ClusterError if all do."""
    networks = list(used)
    for candidate in candidates:
        if not any(IPv4Network(candidate).overlaps(network) for network in networks):
            return candidate
    raise ClusterError(f"every one of the networks {', '.join(candidates)} overlaps a route of this machine")


def routed_networks(routes: Iterable[Mapping[str, object]]) -> list[IPv4Network]:
    """Return the destinations that `ip -json route show table all` lists, without the default route."""
    networks = []
    for route in routes:
        destination = str(route.get("dst", ""))
        try:
            network = ipaddress.ip_network(destination, strict=False)
        except ValueError:  # "default", or a name of a multicast group
            continue
        if isinstance(network, IPv4Network) and network.prefixlen > 0:
            networks.append(network)
    return networks


def links() -> set[str]:
    """Return the names of this machine's network links."""
    return {name for _index, name in socket.if_nameindex()}


def _choose_network(others: Iterable[Plan]) -> NodeNetwork:
    for other in others:
        if other.network is not None:
            raise ClusterError(
                f"cluster {other.name!r} already runs a node, and a machine can only be one: "
                f"run `python -m tests.cluster down --name {other.name}` first"
            )
    answer = subprocess.run(
        ["ip", "-4", "-json", "route", "show", "table", "all"], capture_output=True, text=True, check=True
    )
    used = routed_networks(json.loads(answer.stdout or "[]"))
    bridge = next((name for name in BRIDGES if name not in links()), None)
    if bridge is None:
        raise ClusterError(f"the network links {BRIDGES[0]} to {BRIDGES[-1]} all exist: delete one of them")
    return NodeNetwork(bridge, choose_cidr(POD_NETWORKS, used), choose_cidr(SERVICE_NETWORKS, used))


def _read_sysctls() -> dict[str, str]:
    return {name: (SYS / name).read_text().strip() for name in SYSCTLS if os.access(SYS / name, os.R_OK)}
