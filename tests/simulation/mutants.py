"""Guards of the controller, taken out one at a time: the simulation must notice each."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
_SECONDS = 900.0


@dataclass(frozen=True)
class Mutant:
    """A text of a module of the controller, and what stands there instead."""

    name: str
    module: str
    guard: str
    instead: str


MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "leaves high-availability data behind",
        "decide/deletion.py",
        "(DeleteHighAvailabilityData(), RemoveFinalizer())",
        "(RemoveFinalizer(),)",
    ),
    Mutant(
        "writes the time of every look",
        "decide/conditions.py",
        "before.last_transition_time if before and unmoved else timestamp(at)",
        "timestamp(at)",
    ),
    Mutant(
        "takes a job with state for one that never ran",
        "decide/upgrade.py",
        "    return last.first_deployment and (last.is_suspended or never_available(observation))",
        "    return never_available(observation)",
    ),
    Mutant(
        "forgets the newest checkpoint of a job that ended",
        "decide/ended.py",
        "        case Known(checkpoints) if checkpoints.newest is not None:",
        "        case Known(checkpoints) if False:",
    ),
    Mutant(
        "redeploys by a nonce that it knows",
        "decide/upgrade.py",
        "    if spec.job.savepoint_redeploy_nonce == last.job.savepoint_redeploy_nonce:",
        "    if False:",
    ),
    Mutant(
        "ignores the initial savepoint",
        "decide/restore.py",
        "    if first and job.initial_savepoint_path:",
        "    if False:",
    ),
    Mutant(
        "acts before the status is on record",
        "reconcile.py",
        "        if status != subject.status.to_wire():",
        "        if status != subject.status.to_wire() and not plan.actions:",
    ),
    Mutant(
        "forgets no plans of older jobs",
        "decide/submission.py",
        "    return (ForgetJobPlans(),) if keeps_data else (DeleteHighAvailabilityData(),)",
        "    return () if keeps_data else (DeleteHighAvailabilityData(),)",
    ),
    Mutant(
        "deletes the metadata that last-state needs",
        "decide/submission.py",
        "    keeps_data = first or restore.mode is UpgradeMode.LAST_STATE",
        "    keeps_data = first",
    ),
    Mutant(
        "recovers a lost cluster without its state",
        "decide/restore.py",
        "    if stateless and not high_availability_is_active(config):",
        "    if True:",
    ),
    Mutant(
        "goes on before the savepoint is made",
        "decide/state_machine.py",
        "Transition(_STOPPING, guards.the_savepoint_is_made, suspension.go_on_from_the_savepoint)",
        "Transition(_STOPPING, guards.otherwise, suspension.go_on_from_its_newest_checkpoint)",
    ),
    Mutant(
        "releases the JobManager before its ConfigMaps are there",
        "act.py",
        "            owned = await self._create_owned(cluster, deployment)\n",
        "            await self._release(deployment, [])\n"
        "            owned = await self._create_owned(cluster, deployment)\n",
    ),
    Mutant(
        "holds no ConfigMap against what it was made as",
        "flink/checksums.py",
        '    data = body.get("data") or {}',
        "    data: Any = {}",
    ),
    Mutant(
        "makes a configuration again for a generation that its cluster was not made for",
        "decide/drift.py",
        "        cluster.generation or 0, job.job_id,",
        "        now.subject.metadata.generation, job.job_id,",
    ),
    Mutant(
        "never asks for a savepoint again",
        "decide/state_machine.py",
        "guards.the_request_is_not_known_to_flink, suspension.ask_for_its_end_again",
        "guards.the_request_is_not_known_to_flink, submission.wait",
    ),
    Mutant(
        "deletes a job without its last savepoint",
        "decide/state_machine.py",
        "Transition(_GOING, last_savepoint.no_savepoint_is_due,",
        "Transition(_GOING, guards.otherwise,",
    ),
    Mutant(
        "keeps no record of the last savepoint",
        "decide/last_savepoint.py",
        "            note_savepoint(now.step.status, location)\n",
        "",
    ),
    Mutant(
        "stops a cluster that is to be left running",
        "decide/deletion.py",
        "            return _ORPHAN in now.subject.metadata.finalizers",
        "            return False",
    ),
)


def copied(folder: Path, mutant: Mutant | None = None) -> Path:
    """The project's code in the folder, with that one change if any. Raises ValueError without the guard."""
    shutil.copytree(
        PROJECT / "controller", folder / "controller", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("shared", "tests"):
        (folder / name).symlink_to(PROJECT / name)
    if mutant is not None:
        path = folder / "controller" / mutant.module
        source = path.read_text("utf-8")
        if source.count(mutant.guard) != 1:
            raise ValueError(f"{mutant.module} does not hold the guard once: {mutant.guard}")
        path.write_text(source.replace(mutant.guard, mutant.instead), "utf-8")
    return folder


def first_failure(folder: Path, scenarios: int, seed: int) -> int | None:
    """Number of the first scenario that breaks a promise with that code; None when none does.

    With one seed the scenarios are the same for every code, up to the first that fails. So a mutant is caught
    only by a scenario before the first that fails without any change.
    """
    command = (sys.executable, "-m", "tests.simulation", "--processes", "1", "--quick-failure")
    numbers = ("--scenarios", str(scenarios), "--seed", str(seed))
    answer = subprocess.run(
        (*command, *numbers), cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    found = re.search(r"^(\d+) scenarios in", answer.stdout, re.MULTILINE)
    if found is None:
        raise RuntimeError(answer.stderr[-2000:])
    return int(found[1]) if answer.returncode else None
