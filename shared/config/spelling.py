"""The known name that is one slip of the keyboard away from a word."""

from collections.abc import Iterable

_SHORTEST = 8  # in shorter words one slip easily makes another word

_Names = dict[str, list[str]]


class Spelling:
    """Names to be found by words with one letter missing, too many, wrong, or swapped with the next.

    A slip leaves all of a word as it is but its first half, or its third quarter, or its last. So three
    look-ups, by what is left, find the few names that can be meant.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._by_length: dict[int, tuple[_Names, _Names, _Names]] = {}
        for name in sorted(names):
            for length in range(max(len(name) - 1, _SHORTEST), len(name) + 2):
                tables = self._by_length.setdefault(length, ({}, {}, {}))
                for table, left in zip(tables, _left(name, length), strict=True):
                    table.setdefault(left, []).append(name)

    def nearest(self, word: str) -> str | None:
        """The first such name, or None."""
        length = len(word)
        tables = self._by_length.get(length)
        if tables is None:
            return None
        first, third, last = tables
        without_first, without_third, without_last = _left(word, length)
        names = (
            *first.get(without_first, ()),
            *third.get(without_third, ()),
            *last.get(without_last, ()),
        )
        return next((name for name in names if _is_one_slip(word, name)), None) if names else None


def _left(name: str, length: int) -> tuple[str, str, str]:
    """What a slip in the first half, third quarter or last quarter leaves, for a word of that length.

    Swapped letters may stand on both sides of a border: what is left before one is a letter shorter.
    """
    middle = length // 2
    border = middle + middle // 2
    return name[middle - length :], name[: middle - 1] + name[border - length :], name[: border - 1]


def _is_one_slip(word: str, name: str) -> bool:
    """Whether one letter more, less or other, or two swapped, make one of the other."""
    if len(word) > len(name):
        return _is_one_slip(name, word)
    start = 0
    for mine, other in zip(word, name, strict=False):
        if mine != other:
            break
        start += 1
    if len(word) < len(name):
        return word[start:] == name[start + 1 :]
    if word[start + 1 :] == name[start + 1 :]:
        return True
    return word[start : start + 2] == name[start : start + 2][::-1] and word[start + 2 :] == name[start + 2 :]
