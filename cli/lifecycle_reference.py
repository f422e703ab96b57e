"""The page of the lifecycle, as Markdown: the tables that stand above the code which follows them."""

from types import ModuleType

from cli.markdown import document
from controller.decide import lifecycle, upgrade

_NOTICE = "<!-- Generated from controller/decide by `make reference`. -->"


def lifecycle_reference() -> str:
    """What is decided in which state, and how a job's state is carried over a change."""
    return document(
        [
            "# Lifecycle",
            _NOTICE,
            "Each look at a FlinkDeployment ends in one of these decisions. States are those of"
            " `status.reconciliationStatus.state`; what is decided is in the status before it is done.",
            _table(lifecycle),
            "## Upgrades",
            "A change of the spec stops the job and starts it again, in the first of these ways that is open."
            " Where none is, what runs is left alone and `Ready` says what is missing.",
            _table(upgrade),
        ]
    )


def _table(module: ModuleType) -> str:
    """The table in the module's docstring, without its padding."""
    lines = [line for line in (module.__doc__ or "").splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    width = len(rows[0])
    return "\n".join(f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows)
