"""Dataclasses as the shortest Python that makes them: what differs from the defaults."""

from dataclasses import MISSING, fields
from typing import Any


class Terse:
    """A base of dataclasses that are told so."""

    __slots__ = ()

    def __repr__(self) -> str:
        return terse(self)


def terse(one: Any) -> str:
    """For `__repr__`."""
    told: list[str] = []
    for number, field in enumerate(fields(one)):
        value = getattr(one, field.name)
        default = field.default
        if field.default_factory is not MISSING:
            default = field.default_factory()
        if default is MISSING or value != default:
            in_place = default is MISSING and number == len(told)
            told.append(repr(value) if in_place else f"{field.name}={value!r}")
    return f"{type(one).__name__}({', '.join(told)})"
