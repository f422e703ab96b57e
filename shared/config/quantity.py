"""Kubernetes quantities and Flink memory sizes."""

import re
from decimal import Decimal
from functools import lru_cache

_SUFFIXES = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(1000),
    "M": Decimal(1000) ** 2,
    "G": Decimal(1000) ** 3,
    "T": Decimal(1000) ** 4,
    "P": Decimal(1000) ** 5,
    "E": Decimal(1000) ** 6,
    "Ki": Decimal(1024),
    "Mi": Decimal(1024) ** 2,
    "Gi": Decimal(1024) ** 3,
    "Ti": Decimal(1024) ** 4,
    "Pi": Decimal(1024) ** 5,
    "Ei": Decimal(1024) ** 6,
}
QUANTITY_PATTERN = r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([eE][+-]?[0-9]{1,3})|([numkMGTPE]|[KMGTPE]i)?)"
"""What `parse_quantity` reads, as a regular expression for the whole text."""

_QUANTITY = re.compile(QUANTITY_PATTERN)

_MEMORY_UNITS = {
    1: ("", "b", "bytes"),
    1024: ("k", "kb", "kibibytes"),
    1024**2: ("m", "mb", "mebibytes"),
    1024**3: ("g", "gb", "gibibytes"),
    1024**4: ("t", "tb", "tebibytes"),
}
_MEMORY_FACTORS = {unit: factor for factor, units in _MEMORY_UNITS.items() for unit in units}
_MEMORY = re.compile(r"([0-9]+)[ \t\n\r\f]*([a-z]*)")
_SPACE = " \t\n\r\f"


def parse_quantity(text: str) -> Decimal:
    """Value of a Kubernetes quantity: `500m` is 0.5, `1Gi` is 1073741824. Raises ValueError.

    An exponent has three digits at most: on one of ten, Kubernetes itself calculates for hours.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a Kubernetes quantity")
    number, exponent, suffix = match.groups()
    if exponent:
        return Decimal(number + exponent)
    return Decimal(number) * _SUFFIXES[suffix or ""]


def parse_flink_memory(text: str) -> int:
    """Bytes of a memory size in Flink's notation: `1024m`, `1 gb`, `512` (bytes). Raises ValueError."""
    match = _MEMORY.fullmatch(text.strip(_SPACE).lower()) if text.isascii() else None
    if match is None or match[2] not in _MEMORY_FACTORS:
        raise ValueError(f"{text!r} is not a Flink memory size")
    return int(match[1]) * _MEMORY_FACTORS[match[2]]


def parse_memory(text: str) -> int:
    """Bytes of a memory size in a resource: Flink's notation first, then Kubernetes' (contract part 3.2).

    `1g` and `1Gi` are both 1073741824. Raises ValueError.
    """
    try:
        return parse_flink_memory(text)
    except ValueError:
        if not text.isascii():
            raise
        kubernetes = re.sub(r"I$", "i", text.strip(_SPACE).upper().removesuffix("B"))
    try:
        return int(parse_quantity(kubernetes))
    except ValueError:
        raise ValueError(
            f"{text!r} is neither a Flink memory size (2048m) nor a Kubernetes quantity (2Gi)"
        ) from None


def parse_amount(resource: str, text: str) -> Decimal | int:
    """An amount of cpu, memory or another resource; memory has notations of its own. Raises ValueError."""
    if len(text) > _LONGEST_KEPT:
        return _amount(resource == "memory", text)
    return _kept_amount(resource == "memory", text)


def _amount(is_memory: bool, text: str) -> Decimal | int:
    return parse_memory(text) if is_memory else parse_quantity(text)


_LONGEST_KEPT = 32
_kept_amount = lru_cache(maxsize=1024)(_amount)
"""The same few amounts stand in most resources. What is long is not kept: a client could fill the memory."""
