"""Where a field stands in its file."""

import re
from dataclasses import dataclass, field


@dataclass(slots=True)
class Lines:
    """The line where a mapping or list starts, and those of its keys or elements."""

    line: int
    inside: dict[str | int, "Lines | int"] = field(default_factory=dict)


_STEP = re.compile(r"\[([^\]]*)\]|\.?([^.\[]+)")


def line_of(lines: Lines | int, path: str) -> int:
    """The line of a path as findings have it; of a field that is not there, that of the one above it."""
    for step in _STEP.finditer(path):
        if isinstance(lines, int):
            return lines
        bracketed = step[1]
        found = _inside(lines, step[2]) if bracketed is None else _option(lines, bracketed)
        if found is None:
            return lines.line
        lines, is_whole = found
        if not is_whole:
            break
    return lines if isinstance(lines, int) else lines.line


def _inside(lines: Lines, key: str | int) -> tuple[Lines | int, bool] | None:
    return (lines.inside[key], True) if key in lines.inside else None


def _option(lines: Lines, name: str) -> tuple[Lines | int, bool] | None:
    """An index, or a key with dots in it, which the user may have written as mappings within mappings.

    With it, whether all of the name was found.
    """
    if name.isdecimal() and int(name) in lines.inside:
        return lines.inside[int(name)], True
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        inner = lines.inside.get(".".join(parts[:length]))
        if inner is None:
            continue
        rest = ".".join(parts[length:])
        if not rest:
            return inner, True
        deeper = _option(inner, rest) if isinstance(inner, Lines) else None
        return deeper or (inner, False)
    return None
