"""What a node changes on this machine's network: a bridge, a route, firewall rules, kernel settings."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from itertools import pairwise
from pathlib import Path

from tests.cluster.errors import ClusterError
from tests.cluster.plan import SYS, NodeNetwork, links
from tests.cluster.requirements import tool

FIREWALLS = ("iptables", "ip6tables")
CHAIN_PREFIX = "KUBE-"
KERNEL_SETTINGS = {"net/ipv4/ip_forward": "1", "net/bridge/bridge-nf-call-iptables": "1"}


def foreign_node() -> str | None:
    """Return a sign that something else makes this machine a Kubernetes node; None if nothing does."""
    for firewall in FIREWALLS:
        if f"\n:{CHAIN_PREFIX}" in _saved(firewall):
            return f"`{firewall}-save` shows chains named {CHAIN_PREFIX}*"
    return None


def ensure_network(network: NodeNetwork, results: Iterable[Path]) -> None:
    """Make the bridge with the node's address, the services' route and the rules that let pods through.

    `results` are CNI's notes about pods that exist already: a new bridge gets their links.
    """
    prefix = IPv4Network(network.pods).prefixlen
    if network.bridge not in links():
        _run("ip", "link", "add", network.bridge, "type", "bridge")
        for link in {
            name for note in results for name in pod_links(note.read_text(), network.bridge)
        } & links():
            _run("ip", "link", "set", link, "master", network.bridge)
            _run("ip", "link", "set", link, "type", "bridge_slave", "hairpin", "on")
    _run("ip", "address", "replace", f"{network.node_address}/{prefix}", "dev", network.bridge)
    _run("ip", "link", "set", network.bridge, "up")
    # Without it a machine with no default route cannot reach services.
    _run("ip", "route", "replace", network.services, "dev", network.bridge)
    # Many machines drop by default what is forwarded or comes in.
    _ensure_rule("FORWARD", "-i", network.bridge, "-o", network.bridge)
    _ensure_rule("INPUT", "-i", network.bridge)
    for name, value in KERNEL_SETTINGS.items():
        (SYS / name).write_text(value)


def pod_links(result: str, bridge: str) -> list[str]:
    """Return the names of a pod's links on this machine's side, from what CNI has noted about it (JSON)."""
    interfaces = json.loads(result).get("result", {}).get("interfaces", [])
    return [one["name"] for one in interfaces if not one.get("sandbox") and one["name"] != bridge]


def remove_network(network: NodeNetwork) -> None:
    """Remove the bridge, and every firewall rule that it, the kubelet or kube-proxy brought."""
    for firewall in FIREWALLS:
        script = removal_script(_saved(firewall), network.bridge)
        if script:
            _run(f"{firewall}-restore", "--noflush", stdin=script)
    if network.bridge in links():
        _run("ip", "link", "delete", network.bridge)


def restore_sysctls(values: Mapping[str, str]) -> None:
    """Write back kernel settings as they were."""
    for name, value in values.items():
        path = SYS / name
        if path.exists() and path.read_text().strip() != value:
            path.write_text(value)


def removal_script(saved: str, bridge: str) -> str:
    """Return input for `iptables-restore --noflush` that removes what is ours; empty if nothing is.

    `saved` is what `iptables-save` prints. Ours are the chains named KUBE-*, and in other chains the rules
    that jump to those or name the bridge.
    """
    tables = f"\n{saved}".split("\n*")[1:]
    return "".join(_removal_from_table(table.splitlines(), bridge) for table in tables)


def _removal_from_table(table: list[str], bridge: str) -> str:
    chains = [line[1:].split()[0] for line in table if line.startswith(f":{CHAIN_PREFIX}")]
    rules = [line for line in table if line.startswith("-A ") and _is_ours(line.split(), bridge)]
    if not chains and not rules:
        return ""
    lines = [f"*{table[0]}"]
    lines += [f"-D {rule.removeprefix('-A ')}" for rule in rules]
    # All are emptied before the first is deleted: they jump to each other.
    lines += [f"-F {chain}" for chain in chains]
    lines += [f"-X {chain}" for chain in chains]
    return "\n".join([*lines, "COMMIT", ""])


def _is_ours(words: list[str], bridge: str) -> bool:
    if words[1].startswith(CHAIN_PREFIX):
        return False  # it goes with its chain
    return any(
        (option in ("-j", "-g") and value.startswith(CHAIN_PREFIX))
        or (option in ("-i", "-o") and value == bridge)
        for option, value in pairwise(words)
    )


def _ensure_rule(chain: str, *match: str) -> None:
    rule = [*match, "-j", "ACCEPT"]
    present = subprocess.run([tool("iptables"), "-w", "-C", chain, *rule], capture_output=True, check=False)
    if present.returncode:
        _run("iptables", "-w", "-I", chain, *rule)


def _saved(firewall: str) -> str:
    # Named, a table that does not exist would come to be. Where the kernel lacks IPv6 this fails, and
    # there is nothing of ours.
    answer = subprocess.run([tool(f"{firewall}-save")], capture_output=True, text=True, check=False)
    return answer.stdout


def _run(program: str, *args: str, stdin: str | None = None) -> None:
    answer = subprocess.run([tool(program), *args], input=stdin, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise ClusterError(f"`{' '.join([program, *args])}` failed: {answer.stderr.strip()}")
