"""The page of the lifecycle, as Markdown: the state machine's table, and the one of upgrades."""

from collections.abc import Iterable
from typing import Any

from cli.markdown import document, table
from controller.decide import upgrade
from controller.decide.session import table as session
from controller.decide.state_machine import TRANSITIONS, Transition

_NOTICE = "<!-- Generated from controller/decide by `make reference`. -->"


def lifecycle_reference() -> str:
    """What is decided in which state, and how a job's state is carried over a change."""
    return document(
        [
            "# Lifecycle",
            _NOTICE,
            "Each look at a FlinkDeployment ends in one of these decisions: of the rows of its stage, the"
            " first that holds. Stages in capitals are those of `status.reconciliationStatus.state`; what is"
            " decided is in the status before it is done. Besides, a finalizer is put on before anything is"
            " made, and while the spec is not valid the last valid one stays in force.",
            _state_machine(TRANSITIONS),
            "## Session jobs",
            "A FlinkSessionJob goes the same way. The cluster is not its own, and never touched for the job:"
            " the next run is submitted only when it is known that the run before has ended.",
            _state_machine(session.TRANSITIONS),
            "## Upgrades",
            "A change of the spec stops the job and starts it again, in the first of these ways that is open."
            " Where none is, what runs is left alone and `Ready` says what is missing.",
            _upgrades(),
        ]
    )


def _state_machine(rows: Iterable[Transition[Any]]) -> str:
    return table(("stage", "when", "decision"), [_cells(row) for row in rows])


def _cells(row: Transition[Any]) -> tuple[str, ...]:
    then = f", then as {row.then.value}" if row.then is not None else ""
    return row.stage.value, row.condition, f"{row.decision}{then}"


def _upgrades() -> str:
    """The table in the module's docstring, without its padding."""
    lines = [line for line in (upgrade.__doc__ or "").splitlines() if line.startswith("|")]
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return table(header, [[*row, *[""] * (len(header) - len(row))] for row in rows])
