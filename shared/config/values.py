"""Types of options: how their text is read, and what to say of text that cannot be."""

import re
from collections.abc import Callable
from functools import partial
from math import isfinite
from typing import NamedTuple

from shared.config.collections import parse_list, parse_map, parse_maps
from shared.config.cron import check_cron
from shared.config.duration import parse_duration
from shared.config.quantity import parse_flink_memory

_WHOLE = r"[+-]?[0-9]{1,19}"
_DECIMAL = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?[dDfF]?"
_SWITCH = {"true": True, "false": False}


class ValueType(NamedTuple):
    """What an option's text must be."""

    name: str
    """For tables of options: `duration`."""
    expected: str
    """For findings: `must be a duration, like 15 s or 5 min`."""
    parse: Callable[[str], object]
    """The value; raises ValueError."""

    def reads(self, text: str) -> bool:
        """Whether the text can be read."""
        try:
            self.parse(text)
        except ValueError:
            return False
        return True


def parse_boolean(text: str) -> bool:
    """True or false, in any case. Raises ValueError."""
    value = _SWITCH.get(text.strip().lower())
    if value is None:
        raise ValueError(f"{text!r} is neither true nor false")
    return value


def parse_decimal(text: str) -> float:
    """A finite number as Java writes it. Raises ValueError."""
    number = text.strip()
    value = float(number.rstrip("dDfF")) if re.fullmatch(_DECIMAL, number) else float("nan")
    if not isfinite(value):
        raise ValueError(f"{text!r} is not a number")
    return value


def whole(least: int, most: int, expected: str = "") -> ValueType:
    """Whole numbers from `least` to `most`."""

    def parse(text: str) -> int:
        number = text.strip()
        value = int(number) if re.fullmatch(_WHOLE, number) else least - 1
        if not least <= value <= most:
            raise ValueError(f"{text!r} is not a whole number from {least} to {most}")
        return value

    return ValueType("whole number", expected or f"must be a whole number from {least} to {most}", parse)


def decimal(accepts: Callable[[float], bool], expected: str) -> ValueType:
    """Numbers that are accepted."""

    def parse(text: str) -> float:
        value = parse_decimal(text)
        if not accepts(value):
            raise ValueError(f"{text!r} {expected}")
        return value

    return ValueType("number", expected, parse)


def one_of(*words: str) -> ValueType:
    """Words, in any case."""
    known = {word.upper(): word for word in words}

    def parse(text: str) -> str:
        word = known.get(text.strip().upper())
        if word is None:
            raise ValueError(f"{text!r} is not one of {', '.join(words)}")
        return word

    return ValueType(" or ".join(words), f"must be one of {', '.join(words)}", parse)


def _schedule(text: str) -> None:
    """A duration, a cron expression, or nothing."""
    if not text.strip() or DURATION.reads(text):
        return
    check_cron(text)


def _sha256(text: str) -> str:
    digest = text.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise ValueError(f"{text!r} is not 64 hexadecimal digits")
    return digest


def _tolerations(text: str) -> object:
    entries = parse_maps(text, reads_yaml=True)
    if any(not entry.get("tolerationSeconds", "0").isdecimal() for entry in entries):
        raise ValueError(f"{text!r} has a tolerationSeconds that is not a whole number")
    return entries


def _secret_variables(text: str) -> object:
    entries = parse_maps(text, reads_yaml=True)
    if any(not {"env", "secret", "key"} <= entry.keys() for entry in entries):
        raise ValueError(f"{text!r} has an entry without env, secret or key")
    return entries


_PAIRS = "must hold `key:value` pairs, separated by commas"

TEXT = ValueType("text", "must be text", str)
BOOLEAN = ValueType("true or false", "must be true or false", parse_boolean)
INTEGER = whole(-(2**31), 2**31 - 1)
LONG = whole(-(2**63), 2**63 - 1)
COUNT = whole(1, 2**31 - 1, "must be a whole number of at least 1")
PORT = whole(0, 65535, "must be one port, a number from 0 to 65535")
NUMBER = ValueType("number", "must be a number", parse_decimal)
POSITIVE = decimal(lambda value: value > 0, "must be a number above 0")
LIMIT_FACTOR = decimal(
    lambda value: value >= 1, "must be a number of at least 1: no limit is below its request"
)
FRACTION = decimal(lambda value: 0 <= value < 1, "must be a number from 0 to below 1")
DURATION = ValueType("duration", "must be a duration, like 15 s or 5 min", parse_duration)
MEMORY_SIZE = ValueType("memory size", "must be a memory size, like 1024m or 2g", parse_flink_memory)
LIST = ValueType("list", "must be a list, separated by semicolons", partial(parse_list, reads_yaml=True))
MAP = ValueType("map", _PAIRS, partial(parse_map, reads_yaml=True))
SHA256 = ValueType("SHA-256", "must be 64 hexadecimal digits, as sha256sum prints them", _sha256)
SCHEDULE = ValueType(
    "duration or cron expression",
    "must be a duration, like 30 min, or a Quartz cron expression, like 0 0 12 * * ?",
    _schedule,
)
TOLERATIONS = ValueType("list of maps", f"{_PAIRS}; several such maps by semicolons", _tolerations)
SECRET_VARIABLES = ValueType(
    "list of maps",
    "must hold `env:…,secret:…,key:…`, several of them separated by semicolons",
    _secret_variables,
)
