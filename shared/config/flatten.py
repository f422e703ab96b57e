"""Free-form `flinkConfiguration` to flat options (contract part 1.2)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def flatten(configuration: Mapping[str, Any]) -> dict[str, str]:
    """Flat `key: text` options of a flat, nested or mixed mapping.

    Nested keys are joined with dots, lists with `;` (an empty list gives no key); other values become their
    JSON text, so `true` and `null` are the words `true` and `null`.
    """
    return dict(_leaves("", configuration))


def _leaves(prefix: str, node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in node.items():
        key = f"{prefix}{name}"
        if isinstance(value, str):  # most are, and the other checks are slow
            yield key, value
        elif isinstance(value, Mapping):
            yield from _leaves(f"{key}.", value)
        elif isinstance(value, Sequence):
            if value:
                yield key, ";".join(_text(element) for element in value)
        else:
            yield key, _text(value)


def _text(value: Any) -> str:
    return (
        value
        if isinstance(value, str)
        else json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    )
