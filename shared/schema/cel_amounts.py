"""CEL rules for memory sizes and quantities (contract part 2.5, rules 19, 20, 23, 24).

An amount's notation depends on which resource it is of. CEL takes any notation for all but the fields that
name theirs; the rules of shared.rules are exact.
"""

from collections.abc import Sequence

from shared.schema.cel import CelRule

_SIZE = (
    r"(?i)^\\s*[+]?([0-9]+[.]?[0-9]*|[.][0-9]+)\\s*"
    r"(bytes|(kibi|mebi|gibi|tebi)bytes|e[+-]?[0-9]{1,3}|[numkgtpe]?i?b?)\\s*$"
)
"""All notations that the rules read, Flink's and Kubernetes', and a few more."""
_NOT_ZERO = "^[^a-zA-Z]*[1-9]"
_MEMORY_MESSAGE = "must be a memory size above 0, in Flink's notation (2048m) or Kubernetes' (2Gi)"
_QUANTITY_MESSAGE = "must be a Kubernetes quantity, not negative, like 500m, 2 or 10Gi"
_NUMBER = "([0-9]+[.]?[0-9]*|[.][0-9]+)"
_NEGATIVE_ZERO = "-(0+[.]?0*|[.]0+)"
_UNIT = "([eE][+-]?[0-9]{1,3}|[numkMGTPE]|[KMGTPE]i)?"
_QUANTITY = f"self.matches('^([+]?{_NUMBER}|{_NEGATIVE_ZERO}){_UNIT}$')"
"""Not isQuantity: on an exponent of ten digits the API server calculates for hours, and gigabytes."""
_COMPARABLE = rf"{{}}.matches('^[+]?{_NUMBER}([eE][+-]?[0-9]{{{{1,3}}}}|[numkMGTPE]|[KMGTPE]i)?$')"

RESOURCE: Sequence[CelRule] = (
    CelRule("FK111", "self > 0.0", "must be more than 0", field="cpu"),
    CelRule(
        "FK111",
        f"type(self) == int ? self > 0 : self.matches('{_SIZE}') && self.matches('{_NOT_ZERO}')",
        _MEMORY_MESSAGE,
        field="memory",
    ),
    CelRule(
        "FK111",
        f"type(self) == int ? self >= 0 : {_QUANTITY}",
        _QUANTITY_MESSAGE,
        field="ephemeralStorage",
    ),
)


def _within_limit(name: str, form: str) -> str:
    request, limit = f"string(self.requests['{name}'])", f"string(self.limits['{name}'])"
    return (
        f"!has(self.requests) || !('{name}' in self.requests)"
        f" || !has(self.limits) || !('{name}' in self.limits)"
        f" || !{form.format(request)} || !{form.format(limit)}"
        f" || quantity({request}).compareTo(quantity({limit})) <= 0"
    )


def _same_amounts(name: str) -> str:
    return " && ".join(
        f"has(old.{field}) && '{name}' in old.{field} && old.{field}['{name}'] == self.{field}['{name}']"
        for field in ("requests", "limits")
    )


_BINARY_SIZE = "{}.matches('^[0-9]+[KMGTPE]i$')"
"""Sizes that Flink and Kubernetes read alike: 1G is 2^30 for the one and 10^9 for the other."""


def _amounts_of(field: str) -> tuple[CelRule, ...]:
    """Each amount parses and is not negative; cpu and memory are more than 0."""
    return (
        CelRule(
            "FK111",
            f"type(self) == int ? self >= 0 : self.matches('{_SIZE}') || ({_QUANTITY})",
            _QUANTITY_MESSAGE,
            field=f"{field}.*",
        ),
        *(
            CelRule(
                "FK111",
                f"!('{name}' in self) || string(self['{name}']).matches('{_NOT_ZERO}')",
                f"{name} must be more than 0",
                field=field,
                tolerated=f"'{name}' in old && old['{name}'] == self['{name}']",
            )
            for name in ("cpu", "memory")
        ),
    )


REQUIREMENTS: Sequence[CelRule] = (
    *_amounts_of("limits"),
    *_amounts_of("requests"),
    CelRule(
        "FK112",
        _within_limit("cpu", _COMPARABLE),
        "requests.cpu is more than limits.cpu",
        path=".requests",
        tolerated=_same_amounts("cpu"),
    ),
    CelRule(
        "FK112",
        _within_limit("memory", _BINARY_SIZE),
        "requests.memory is more than limits.memory",
        path=".requests",
        tolerated=_same_amounts("memory"),
    ),
)
