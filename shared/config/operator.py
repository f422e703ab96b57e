"""The operator's own configuration, and the defaults it holds for resources (contract part 3.1)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

from shared.config.layers import Layer
from shared.config.operator_file import (
    CONFIGURATION_FILE,
    ConfigurationError,
    configuration_file,
    read_configuration_file,
)
from shared.model.deployment import FlinkVersion

__all__ = [
    "CONFIGURATION_FILE",
    "ConfigurationError",
    "Defaults",
    "OperatorConfiguration",
    "default_configuration",
    "defaults_for",
    "load_operator_configuration",
]

OPERATOR_DEFAULTS = "operator defaults"
OPERATOR_OVERRIDES = "operator overrides"
NAMESPACE_DEFAULTS = "namespace defaults"
VERSION_DEFAULTS = "Flink version defaults"

DEFAULTS_PREFIX = "kubernetes.operator.default-configuration."
_NAMESPACE_PREFIX = f"{DEFAULTS_PREFIX}namespace."
_VERSION_PREFIX = f"{DEFAULTS_PREFIX}flink-version."
_VERSION_DEFAULTS = re.compile(rf"{re.escape(_VERSION_PREFIX)}(v[0-9]+_[0-9]+)(\+?)\.(.+)", re.DOTALL)
_KNOWN_VERSIONS = {version.value: version for version in FlinkVersion}
_MOST_DEFAULTS = 1000
"""Pairs of namespace and version whose defaults are kept."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for a resource before it says anything itself."""

    layers: tuple[Layer, ...]
    options: MappingProxyType[str, str]
    """The layers put together; to be copied, never changed."""


_NO_DEFAULTS = Defaults((), MappingProxyType({}))


class OperatorConfiguration(Mapping[str, str]):
    """Flat options in one or two layers. It never changes, so defaults made of it are kept."""

    def __init__(self, *layers: tuple[str, Mapping[str, str]]) -> None:
        """`layers` are names and options, the lowest first."""
        self._layers = tuple(Layer(name, MappingProxyType(dict(options))) for name, options in layers)
        self._options = {key: value for _, options in layers for key, value in options.items()}
        self.defaults = lru_cache(maxsize=_MOST_DEFAULTS)(self._defaults)

    def __getitem__(self, key: str) -> str:
        """The option's text."""
        return self._options[key]

    def __iter__(self) -> Iterator[str]:
        """The options' names."""
        return iter(self._options)

    def __len__(self) -> int:
        """Number of options."""
        return len(self._options)

    def _defaults(self, namespace: str, version: FlinkVersion | None) -> Defaults:
        return _defaults(self._options, self._layers, namespace, version)


def load_operator_configuration(folder: Path, overrides: Path | None = None) -> OperatorConfiguration:
    """The options of a folder, and those of another that are laid over them.

    A folder holds config.yaml or, when that is missing, flink-conf.yaml. One without either is empty; but a
    folder of overrides was asked for. Raises ConfigurationError when a file cannot be used.
    """
    file = configuration_file(folder)
    layers = [(OPERATOR_DEFAULTS, read_configuration_file(file) if file is not None else {})]
    if overrides is not None:
        file = configuration_file(overrides)
        if file is None:
            raise ConfigurationError(f"{overrides / CONFIGURATION_FILE}: does not exist")
        layers.append((OPERATOR_OVERRIDES, read_configuration_file(file)))
    return OperatorConfiguration(*layers)


def default_configuration(
    operator: Mapping[str, str], namespace: str, version: FlinkVersion | None
) -> dict[str, str]:
    """Options of a resource before its own: the operator's, then the namespace's, then the Flink version's.

    `vX_Y+` defaults hold for that version and newer ones, older before newer; an exact version wins.
    """
    return defaults_for(operator, namespace, version).options.copy()


def defaults_for(operator: Mapping[str, str], namespace: str, version: FlinkVersion | None) -> Defaults:
    """As `default_configuration`, with its layers."""
    if isinstance(operator, OperatorConfiguration):
        return operator.defaults(namespace, version)
    if not operator:
        return _NO_DEFAULTS
    return _defaults(operator, (Layer(OPERATOR_DEFAULTS, operator),), namespace, version)


def _defaults(
    operator: Mapping[str, str], layers: Iterable[Layer], namespace: str, version: FlinkVersion | None
) -> Defaults:
    options = dict(operator)
    found = []
    for name, part in _parts(operator, namespace, version):
        options |= part
        found.append(Layer(name, part))
    return Defaults((*layers, *found), MappingProxyType(options))


def _parts(
    operator: Mapping[str, str], namespace: str, version: FlinkVersion | None
) -> Iterator[tuple[str, dict[str, str]]]:
    prefix = f"{_NAMESPACE_PREFIX}{namespace}."
    if own := {key.removeprefix(prefix): value for key, value in operator.items() if key.startswith(prefix)}:
        yield NAMESPACE_DEFAULTS, own
    if version is not None:
        entries = sorted(_version_defaults(operator, version), key=lambda entry: entry[0])
        for (_, _, name), group in groupby(entries, key=lambda entry: entry[0]):
            yield f"{VERSION_DEFAULTS} {name}", {key: value for _, key, value in group}


_Rank = tuple[bool, tuple[int, int], str]
"""Exact ones after open ranges, older ones before newer, and what the range is called: `v1_20+`."""


def _version_defaults(operator: Mapping[str, str], version: FlinkVersion) -> Iterator[tuple[_Rank, str, str]]:
    for key, value in operator.items():
        match = _VERSION_DEFAULTS.fullmatch(key) if key.startswith(_VERSION_PREFIX) else None
        of = _KNOWN_VERSIONS.get(match[1]) if match is not None else None
        if match is None or of is None:
            continue
        exact = not match[2]
        if of == version or (not exact and of.number <= version.number):
            yield (exact, of.number, match[1] + match[2]), match[3], value
