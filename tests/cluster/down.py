"""Takes a cluster down: whatever `up` and the pods left on this machine, also after a crash."""

import os
import shutil

from tests.cluster import process
from tests.cluster.cluster import CONTEXT_VARIABLE
from tests.cluster.component import record
from tests.cluster.errors import ClusterError
from tests.cluster.folders import Folders, locked
from tests.cluster.plan import load
from tests.cluster.process import Process
from tests.cluster.programs import Level
from tests.cluster.remains import remove_node
from tests.cluster.up import DEFAULT_NAME
from tests.progress import Console, Progress

ROUNDS = 5
"""A process may start another one while it is being killed; the next round finds that one."""


def down(name: str = DEFAULT_NAME, progress: Progress | None = None) -> None:
    """Remove a cluster of ours; do nothing if there is none.

    Raises ClusterError if KUBECONTEXT names somebody else's cluster, or if something cannot be removed.
    """
    if context := os.environ.get(CONTEXT_VARIABLE):
        raise ClusterError(
            f"{CONTEXT_VARIABLE}={context} is not ours to take down: unset it to take down {name!r}"
        )
    progress = progress or Console()
    folders = Folders.of(name)
    with locked(folders.lock(), progress):
        if not folders.state.exists():
            progress(f"there is no cluster {name!r}")
            return
        # What has no plan on record is not begun: there can be processes at most.
        plan = load(folders.plan)
        node = plan if plan is not None and plan.level is Level.NODE else None
        if node is not None and os.geteuid() != 0:
            raise ClusterError(f"cluster {name!r} is a node: take it down as root")
        progress(f"taking cluster {name!r} down")
        _end_processes(folders)
        if node is not None:
            remove_node(folders, node)
        # Last, and the plan with it: until here a second `down` knows what is left to do.
        shutil.rmtree(folders.state)
    progress(f"cluster {name!r} is gone")


def _end_processes(folders: Folders) -> None:
    """Kill everything started for the cluster. Nothing is asked to end: its state is removed with it."""
    for _ in range(ROUNDS):
        found = {*process.marked(str(folders.state)), *_recorded(folders)}
        if not found:
            return
        if stubborn := process.terminate(found, grace_seconds=0):
            pids = ", ".join(str(entry.pid) for entry in stubborn)
            raise ClusterError(f"processes {pids} cannot be ended (state D in `ps`?): run `down` again later")
    raise ClusterError("processes of the cluster keep starting others: run `down` again")


def _recorded(folders: Folders) -> list[Process]:
    records = [record(folders, path.stem) for path in folders.pids.glob("*.json")]
    return [found.process for found in records if found is not None and found.process.alive()]
