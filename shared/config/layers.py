"""Options in layers: each layer is laid over those before it, and every value knows where it came from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Value = str | tuple[str, ...]
"""Text, or the elements of a list option whose elements may hold any character."""

Options = Mapping[str, Value | None]
"""Options by name; None takes away what is below."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Options from one place. It must not be changed once it is made: it is shared."""

    name: str
    """Where they come from, for those who ask: `namespace defaults`, `spec.flinkConfiguration`."""
    options: Options


@dataclass(frozen=True, slots=True)
class Setting:
    """What a layer says of an option; None takes it away."""

    layer: str
    value: Value | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """An option that is set: by which layer, and what it is laid over."""

    winner: Setting
    overridden: tuple[Setting, ...] = ()
    """The nearest layer first."""


def laid_over(lower: Options, upper: Options) -> dict[str, Value | None]:
    """One mapping for two. It is associative: layers can be put together in any grouping."""
    return {**lower, **upper}


def merged(layers: Iterable[Layer]) -> dict[str, Value]:
    """The options that are set when all is laid over one another, the first layer lowest."""
    result: dict[str, Value | None] = {}
    for layer in layers:
        result |= layer.options
    return {key: value for key, value in result.items() if value is not None}


def explained(layers: Iterable[Layer]) -> dict[str, Explanation]:
    """As `merged`, with each option's layer and what is below it."""
    settings: dict[str, list[Setting]] = {}
    for layer in layers:
        for key, value in layer.options.items():
            settings.setdefault(key, []).append(Setting(layer.name, value))
    return {
        key: Explanation(said[-1], tuple(reversed(said[:-1])))
        for key, said in settings.items()
        if said[-1].value is not None
    }


def text(value: Value) -> str:
    """The value in one line, lists joined with `;`."""
    return value if isinstance(value, str) else ";".join(value)
