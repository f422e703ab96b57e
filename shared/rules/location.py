"""Where in a document something is, as kubectl writes it."""

from collections.abc import Iterable

Location = tuple[str | int, ...]


def path_of(location: Iterable[str | int]) -> str:
    """`spec.containers[0].image`; a key that holds a dot or a slash stands in brackets."""
    path = ""
    for part in location:
        if isinstance(part, int) or (path and ("." in part or "/" in part)):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path
