"""What befalls a pod on this machine: its processes halt, or nobody reaches it any more."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.flink import Flink, Json

_REST = ("INPUT", "--protocol", "tcp", "--dport", "8081", "--jump", "DROP")


def pod_of(flink: Flink, name: str, component: str) -> Json:
    """The only pod of that component."""
    (pod,) = flink.items("pod", f"app={name},component={component}")
    return pod


def processes_of(pod: Json) -> list[int]:
    """The JVMs in its containers, by their control groups."""
    uid = pod["metadata"]["uid"]
    marks = (uid, uid.replace("-", "_"))
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            groups, name = (folder / "cgroup").read_text(), (folder / "comm").read_text().strip()
        except OSError:
            continue  # it has ended
        if name == "java" and any(mark in groups for mark in marks):
            found.append(int(folder.name))
    assert found, f"no process of {pod['metadata']['name']} is found on this machine"
    return found


def halt(pod: Json) -> list[int]:
    """It is there, and answers nobody; the processes that do not run any more."""
    processes = processes_of(pod)
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    return processes


@contextmanager
def halted(pod: Json) -> Iterator[None]:
    """Its connections stay open meanwhile."""
    processes = halt(pod)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


@contextmanager
def unreachable(pod: Json) -> Iterator[None]:
    """A firewall in the pod's own network drops what is sent to its REST port."""
    process = processes_of(pod)[0]
    _firewall(process, "--insert")
    try:
        yield
    finally:
        _firewall(process, "--delete")


def _firewall(process: int, operation: str) -> None:
    inside = ("nsenter", "--target", str(process), "--net")
    subprocess.run((*inside, "iptables", "--wait", operation, *_REST), check=True, capture_output=True)
