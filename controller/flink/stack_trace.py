"""Java's stack traces, as Flink passes them on: text for people, that names a chain of causes."""

import re
from dataclasses import dataclass

_CAUSED_BY = "Caused by: "
_CLASS = re.compile(r"[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)+")
_FRAME = re.compile(r"\s+(at |\.\.\. \d+ (more|common frames omitted)|Suppressed: )")


@dataclass(frozen=True, slots=True)
class Throwable:
    """One exception of the chain."""

    type: str
    """Name of its class; empty where the text names none."""
    message: str
    trace: str
    """From its own line to the one that tells its cause."""

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.type and self.message else self.type or self.message


def throwables(trace: str) -> tuple[Throwable, ...]:
    """The exception and its causes, outermost first; empty for an empty text."""
    parts: list[list[str]] = [[]]
    for line in trace.strip().splitlines():
        if line.startswith(_CAUSED_BY):
            parts.append([line.removeprefix(_CAUSED_BY)])
        else:
            parts[-1].append(line)
    return tuple(_throwable(part) for part in parts if part)


def root_cause(trace: str) -> str:
    """The innermost cause in one line: what a person wants to read."""
    chain = throwables(trace)
    return " ".join(str(chain[-1]).split()) if chain else "unknown"


def _throwable(lines: list[str]) -> Throwable:
    said = []
    for line in lines:
        if _FRAME.match(line):
            break
        said.append(line)
    text = "\n".join(said).strip()
    name, _, message = text.partition(": ")
    trace = "\n".join(lines)
    return Throwable(name, message, trace) if _CLASS.fullmatch(name) else Throwable("", text, trace)
