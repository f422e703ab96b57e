"""Texts as Java's standard library makes them."""

from collections.abc import Iterable
from decimal import Decimal


def hash_map_order(keys: Iterable[str]) -> list[str]:
    """The keys in the order of a HashMap that they were put into one by one."""
    found = list(keys)
    buckets = 16
    while len(found) > buckets * 3 // 4:
        buckets *= 2
    return sorted(found, key=lambda key: _spread_hash(key) & (buckets - 1))


def double_text(value: float) -> str:
    """What Double.toString makes of a positive number."""
    if 1e-3 <= value < 1e7:
        return f"{Decimal(repr(value)):f}"
    _, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    return f"{text[0]}.{text[1:] or '0'}E{len(text) - 1 + int(exponent)}"


def _spread_hash(text: str) -> int:
    value = 0
    for unit in memoryview(text.encode("utf-16-le")).cast("H"):
        value = (31 * value + unit) & 0xFFFFFFFF
    return value ^ value >> 16
