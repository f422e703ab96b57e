"""Markdown as text: tables, lists of names, fragments of headings."""

import re
from collections.abc import Sequence


def document(blocks: Sequence[str]) -> str:
    """Headings, paragraphs and tables with a blank line between them; empty ones are left out."""
    return "\n\n".join(filter(None, blocks)) + "\n"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table without the columns that are empty in every row."""
    kept = [index for index in range(len(header)) if any(row[index] for row in rows)]
    lines = ["|" + "|".join(_cell(line[index]) for index in kept) + "|" for line in (header, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(kept), *lines[1:]])


def _cell(text: str) -> str:
    return " " + text.replace("|", r"\|") + " " if text else " "


def anchor(heading: str) -> str:
    """The fragment by which renderers know a heading."""
    return re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")


def prose(text: str) -> str:
    """Plain text with code spans: whatever else would be read as markup is escaped."""
    spans = text.split("`")
    spans[::2] = [re.sub(r"([<*])", r"\\\1", span) for span in spans[::2]]
    return "`".join(spans)


def listed(names: Sequence[str], last: str = ", ") -> str:
    """Names as code, with a word of your choice before the last."""
    *others, final = (f"`{name}`" for name in names)
    return last.join(filter(None, (", ".join(others), final)))


def braced(paths: Sequence[str]) -> list[str]:
    """Dotted paths that differ in one step as one: `spec.{jobManager,taskManager}.resource`."""
    merged = [tuple(path.split(".")) for path in paths]
    for step in range(max(map(len, merged))):
        alike: dict[tuple[int, tuple[str, ...], tuple[str, ...]], list[str]] = {}
        for path in merged:
            others = (len(path), path[:step], path[step + 1 :])
            alike.setdefault(others, []).extend(path[step : step + 1])
        merged = [(*before, *_one_of(names), *after) for (_, before, after), names in alike.items()]
    return [".".join(path) for path in merged]


def _one_of(names: Sequence[str]) -> Sequence[str]:
    return [f"{{{','.join(names)}}}"] if len(names) > 1 else names
