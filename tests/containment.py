"""Whether one document is part of another."""

from typing import Any


def contains(whole: Any, part: Any) -> bool:
    """Whether all of `part` is in `whole`, at the same places; lists have the same length."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(k in whole and contains(whole[k], v) for k, v in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(contains, whole, part))
    return bool(whole == part)
