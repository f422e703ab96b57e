"""CEL rules for memory sizes and quantities (contract part 2.5, rules 19, 20, 23, 24)."""

from collections.abc import Sequence

from shared.schema.cel import CelRule

_FLINK_UNIT = "(b|bytes|k|kb|kibibytes|m|mb|mebibytes|g|gb|gibibytes|t|tb|tebibytes)?"
_FLINK_SIZE = rf"(?i)^\\s*[0-9]+\\s*{_FLINK_UNIT}\\s*$"
_POSITIVE_FLINK_SIZE = rf"(?i)^\\s*0*[1-9][0-9]*\\s*{_FLINK_UNIT}\\s*$"
_MEMORY_MESSAGE = "must be a memory size above 0, in Flink's notation (2048m) or Kubernetes' (2Gi)"
_QUANTITY_MESSAGE = "must be a Kubernetes quantity, not negative, like 500m, 2 or 10Gi"


def _amount(text: str, comparison: str, flink_size: str | None) -> str:
    """CEL: a number or quantity that compares to 0 as stated, or a size in Flink's notation."""
    otherwise = f"{text}.matches('{flink_size}')" if flink_size else "false"
    return (
        f"type({text}) == int ? {text} {comparison} 0 : isQuantity({text})"
        f" ? quantity({text}).compareTo(quantity('0')) {comparison} 0 : {otherwise}"
    )


RESOURCE: Sequence[CelRule] = (
    CelRule("FK111", "self > 0.0", "must be more than 0", field="cpu"),
    CelRule("FK111", _amount("self", ">", _POSITIVE_FLINK_SIZE), _MEMORY_MESSAGE, field="memory"),
    CelRule("FK111", _amount("self", ">=", None), _QUANTITY_MESSAGE, field="ephemeralStorage"),
)


def _within_limit(name: str, form: str) -> str:
    request, limit = f"string(self.requests['{name}'])", f"string(self.limits['{name}'])"
    return (
        f"!has(self.requests) || !('{name}' in self.requests)"
        f" || !has(self.limits) || !('{name}' in self.limits)"
        f" || !{form.format(request)} || !{form.format(limit)}"
        f" || quantity({request}).compareTo(quantity({limit})) <= 0"
    )


_BINARY_SIZE = "{}.matches('^[0-9]+([.][0-9]+)?[KMGTPE]i$')"
"""Sizes that Flink and Kubernetes read alike: 1G is 2^30 for the one and 10^9 for the other."""


def _amounts_of(field: str) -> tuple[CelRule, ...]:
    """Each amount parses and is not negative; cpu and memory are more than 0."""
    return (
        CelRule("FK111", _amount("self", ">=", _FLINK_SIZE), _QUANTITY_MESSAGE, field=f"{field}.*"),
        *(
            CelRule(
                "FK111",
                f"!('{name}' in self) || string(self['{name}']).matches('[1-9]')",
                f"{name} must be more than 0",
                field=field,
            )
            for name in ("cpu", "memory")
        ),
    )


REQUIREMENTS: Sequence[CelRule] = (
    *_amounts_of("limits"),
    *_amounts_of("requests"),
    CelRule(
        "FK112",
        _within_limit("cpu", "isQuantity({})"),
        "requests.cpu is more than limits.cpu",
        path=".requests",
    ),
    CelRule(
        "FK112",
        _within_limit("memory", _BINARY_SIZE),
        "requests.memory is more than limits.memory",
        path=".requests",
    ),
)
