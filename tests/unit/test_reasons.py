"""Every reason that the condition Ready can have stands in docs/troubleshooting.md, and no other."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import controller
from controller import act, pods
from controller.decide.verdict import NEEDS_ITS_OWNER
from shared.model.status import JobState

_FOLDER = Path(controller.__file__).parent
_PAGE = _FOLDER.parent / "docs" / "troubleshooting.md"
_STATING = {"Problem": 0, "Verdict": 1, "_ready": 0, "_moving": 0}
"""Calls that make a reason, and which of their arguments it is."""


def stated() -> Iterator[str]:
    """Reasons that stand in the code, as texts or as constants of their modules."""
    for path in _FOLDER.rglob("*.py"):
        name = ".".join(path.relative_to(_FOLDER.parent).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _STATING:
                yield from _text(node.args[_STATING[node.func.id]], importlib.import_module(name))


def _text(argument: ast.expr, module: ModuleType) -> Iterator[str]:
    match argument:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Name(id=name) if name.isupper():
            yield getattr(module, name)


def known() -> set[str]:
    """With what Kubernetes names, states of the job, objects in the way, the deletion, the CRD's default."""
    states = set(JobState) - {JobState.RECONCILING, JobState.RUNNING}
    return (
        set(stated())
        | {f"Job{state.value.capitalize()}" for state in states}
        | {f"{kind}Exists" for kind in act._COLLECTIONS}
        | (pods._WAITING_REASONS | set(pods._EVENT_REASONS))
        | {"Deleting", "DeletionBlocked", "Pending"}
    )


def documented() -> set[str]:
    table = (
        _PAGE.read_text("utf-8").partition("\n## Reasons of the condition `Ready`")[2].partition("\n## ")[0]
    )
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {reason for row in rows for reason in re.findall(r"`(\w+)`", row)}


def test_reasons_are_found() -> None:
    assert {"JobRunning", "FailedCreate", "CrashLoopBackOff", "MissingRights", "RestoreFailed"} <= set(
        stated()
    )


def test_every_reason_is_documented_and_no_other() -> None:
    assert sorted(documented()) == sorted(known())


def test_reasons_that_need_their_owner_are_reasons() -> None:
    assert known() >= NEEDS_ITS_OWNER
