"""What `up` chooses does not collide with what the machine uses, and is found again."""

import json
import os
import socket
import subprocess
import sys
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from tests.cluster.errors import ClusterError
from tests.cluster.folders import Folders, locked
from tests.cluster.plan import (
    PORT_RANGE,
    NodeNetwork,
    Plan,
    Port,
    choose_cidr,
    choose_ports,
    load,
    load_or_choose,
    routed_networks,
)
from tests.cluster.programs import Level

NETWORK = NodeNetwork(bridge="flink0", pods="10.244.0.0/24", services="10.96.0.0/16")


@pytest.fixture
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def created(name: str) -> Folders:
    folders = Folders.of(name)
    folders.create()
    return folders


def test_ports_are_all_different() -> None:
    assert len(set(choose_ports(set()).values())) == len(Port)


def test_ports_of_other_clusters_are_not_taken() -> None:
    others = set(PORT_RANGE) - set(list(PORT_RANGE)[:200])
    assert set(choose_ports(others).values()).isdisjoint(others)


def test_port_that_something_listens_on_is_not_taken() -> None:
    busy, *free = choose_ports(set()).values()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", busy))
        listener.listen()
        spare = next(iter(choose_ports({busy, *free}).values()))
        # Of nine ports eight are needed: only the busy one may be left over.
        chosen = choose_ports(set(PORT_RANGE) - {busy, spare, *free})
    assert set(chosen.values()) == {spare, *free}


def test_first_network_is_chosen_when_nothing_overlaps() -> None:
    assert choose_cidr(["10.1.0.0/16", "10.2.0.0/16"], []) == "10.1.0.0/16"


@pytest.mark.parametrize("used", ["10.1.2.3/32", "10.1.0.0/24", "10.0.0.0/15"])
def test_network_that_overlaps_a_route_is_passed_over(used: str) -> None:
    assert choose_cidr(["10.1.0.0/16", "10.2.0.0/16"], [IPv4Network(used)]) == "10.2.0.0/16"


def test_no_network_left_is_an_error_that_names_them() -> None:
    with pytest.raises(ClusterError, match=r"10\.1\.0\.0/16"):
        choose_cidr(["10.1.0.0/16"], [IPv4Network("10.0.0.0/8")])


def test_routes_are_read_without_the_default_one() -> None:
    routes = [
        {"dst": "default", "gateway": "192.0.2.1"},
        {"dst": "192.0.2.0/24"},
        {"type": "local", "dst": "127.0.0.1"},
        {"dst": "0.0.0.0/0"},
        {"dst": "fe80::/64"},
    ]
    assert routed_networks(routes) == [IPv4Network("192.0.2.0/24"), IPv4Network("127.0.0.1/32")]


def test_node_has_the_first_address_of_the_pods_network() -> None:
    assert NETWORK.node_address == "10.244.0.1"


def test_service_kubernetes_has_the_first_address_of_the_services_network() -> None:
    assert NETWORK.kubernetes_service == "10.96.0.1"


@pytest.mark.parametrize("network", [None, NETWORK])
def test_plan_on_record_is_read_back(tmp_path: Path, network: NodeNetwork | None) -> None:
    level = Level.NODE if network else Level.API
    plan = Plan("a", level, choose_ports(set()), network, {"net/ipv4/ip_forward": "0"})
    plan.save(tmp_path / "state.json")
    assert load(tmp_path / "state.json") == plan


def test_no_record_is_no_plan(tmp_path: Path) -> None:
    assert load(tmp_path / "state.json") is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": "a", "level": "other"}'])
def test_damaged_record_is_an_error_that_names_the_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises(ClusterError, match=r"state\.json is damaged"):
        load(path)


@pytest.mark.usefixtures("state_home")
def test_choice_stays_the_same() -> None:
    folders = created("a")
    assert load_or_choose(folders, Level.API) == load_or_choose(folders, Level.API)


@pytest.mark.usefixtures("state_home")
def test_two_clusters_share_no_port() -> None:
    first, second = (load_or_choose(created(name), Level.API) for name in ("a", "b"))
    assert set(first.ports.values()).isdisjoint(second.ports.values())


@pytest.mark.usefixtures("state_home")
def test_other_level_of_an_existing_cluster_is_refused() -> None:
    folders = created("a")
    load_or_choose(folders, Level.API)
    with pytest.raises(ClusterError, match="level api, not node"):
        load_or_choose(folders, Level.NODE)


@pytest.mark.usefixtures("state_home")
def test_plan_of_another_version_is_refused() -> None:
    folders = created("a")
    plan = load_or_choose(folders, Level.API)
    data = json.loads(folders.plan.read_text())
    del data["ports"][Port.KUBELET]
    folders.plan.write_text(json.dumps(data))
    with pytest.raises(ClusterError, match=f"cluster '{plan.name}' was made by another version"):
        load_or_choose(folders, Level.API)


@pytest.mark.usefixtures("state_home")
def test_choosing_leaves_no_lock_behind() -> None:
    folders = created("a")
    load_or_choose(folders, Level.API)
    assert [path.name for path in folders.state.parent.iterdir()] == ["a"]


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a-", "../a", "a" * 41])
def test_name_that_is_no_file_or_link_name_is_refused(name: str) -> None:
    with pytest.raises(ClusterError, match="cluster name"):
        Folders.of(name)


def test_relative_state_home_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert Folders.of("a").state == Path.home() / ".local/state/flink-operator/cluster/a"


@pytest.mark.usefixtures("state_home")
def test_keys_of_a_cluster_are_readable_by_their_owner_alone() -> None:
    assert created("a").state.stat().st_mode & 0o077 == 0


def test_lock_keeps_a_second_process_out_until_it_is_released(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = (
        "import sys; from pathlib import Path; from tests.cluster.folders import locked\n"
        "with locked(Path(sys.argv[1])): print('in', flush=True)"
    )
    root = Path(__file__).parents[2]
    with locked(lock):
        other = subprocess.Popen(
            [sys.executable, "-c", code, str(lock)],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdout=subprocess.PIPE,
            text=True,
        )
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(timeout=1)
    output, _ = other.communicate(timeout=10)
    assert output == "in\n"
    assert not lock.exists()
