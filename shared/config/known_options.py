"""Options by any of their names, and the known option that a misspelt name means."""

from collections.abc import Mapping
from functools import cache, lru_cache

from shared.config.autoscaler_options import AUTOSCALER_OPTIONS
from shared.config.flink_options import flink_options
from shared.config.operator_options import OPERATOR_OPTIONS
from shared.config.options import FLINK_OPTIONS
from shared.config.registry import Option, Scope
from shared.config.spelling import Spelling
from shared.config.values import TEXT

OPTIONS = (*OPERATOR_OPTIONS, *AUTOSCALER_OPTIONS)
"""The operator's and the autoscaler's options."""

OPTION_OF: Mapping[str, Option] = {
    name: option
    for option in (*FLINK_OPTIONS, *OPTIONS)
    for name in (*option.older_keys, option.key)
    if "<" not in name
}
"""The option that a name means, for those that are typed here."""

NAMES_WITH_TYPE = frozenset(name for name, option in OPTION_OF.items() if option.type is not TEXT)

NAMES_OF_SYSTEM = frozenset(
    name for name, option in OPTION_OF.items() if option.scope in {Scope.SYSTEM, Scope.ADVANCED}
)

_FREE_PREFIXES = (
    *sorted({option.key.partition("<")[0] for option in OPTIONS if "<" in option.key}),
    "containerized.",
    "env.",
    "events.reporter.",
    "external-resource.",
    "flink.hadoop.",
    "flink.yarn.",
    "metrics.reporter.",
    "traces.reporter.",
)
"""What follows these is the user's choice."""

_LONGEST = 200  # characters, more than any known name has


def unknown_names(configuration: Mapping[str, str]) -> set[str]:
    """Names that neither Flink 1.20 or 2.3 nor the operator have among theirs."""
    known = flink_options().names  # a set's difference would go through all of these
    return {
        name
        for name in configuration
        if name not in known and name not in OPTION_OF and not name.startswith(_FREE_PREFIXES)
    }


def meant_by(name: str) -> str | None:
    """The known name that is one slip away from this one, or None."""
    return _nearest(name) if len(name) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _nearest(name: str) -> str | None:
    """Resources come again and again with the names that they had before."""
    return _spelling().nearest(name)


@cache
def _spelling() -> Spelling:
    return Spelling(flink_options().names | OPTION_OF.keys())
