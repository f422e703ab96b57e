"""What a rule finds wrong, and what a review of a resource comes to."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a finding denies the request or is only told to the user."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a resource: where (`spec.job.parallelism`), what, and what to do."""

    code: str
    path: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{where}{self.message}.{hint} [{self.code}]"


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that a review found."""

    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
