"""Lists, maps and lists of maps in Flink's one-line notation: `a;b`, `k:v,k2:v2`, `k:v;k:v,k2:v2`."""

from collections.abc import Iterator

_QUOTES = "'\""


def parse_list(text: str) -> list[str]:
    """Elements of a list option; a quoted element may hold the separator, its quote doubled inside.

    Raises ValueError for a quotation that is not closed.
    """
    return [_unquoted(part) for part in _split(text, ";")]


def parse_map(text: str) -> dict[str, str]:
    """Entries of a map option. Raises ValueError for an entry without a colon and for an open quotation."""
    result = {}
    for entry in _split(text, ","):
        key, *value = _split(_unquoted(entry), ":", most=1)
        if not value:
            raise ValueError(f"{entry!r} is not a `key:value` pair")
        result[_unquoted(key)] = _unquoted(value[0])
    return result


def parse_maps(text: str) -> list[dict[str, str]]:
    """Maps of an option that is a list of maps. Raises ValueError."""
    return [parse_map(entry) for entry in parse_list(text)]


def _split(text: str, separator: str, most: int | None = None) -> list[str]:
    return [part.strip() for part in _parts(text, separator, most) if part.strip()]


def _parts(text: str, separator: str, most: int | None) -> Iterator[str]:
    start, quote, count = 0, "", 0
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in _QUOTES:
            quote = character
        elif character == separator and (most is None or count < most):
            yield text[start:index]
            start, count = index + 1, count + 1
    if quote:
        raise ValueError(f"{text!r} has a quotation that is not closed")
    yield text[start:]


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES:
        return text[1:-1].replace(text[0] * 2, text[0])
    return text
