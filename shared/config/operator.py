"""The operator's own configuration folder, and the defaults it holds for resources (contract part 3.1)."""

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from shared.config.flatten import flatten
from shared.model.deployment import FlinkVersion

CONFIGURATION_FILE = "config.yaml"
_NAMESPACE_DEFAULTS = "kubernetes.operator.default-configuration.namespace."
_VERSION_PREFIX = "kubernetes.operator.default-configuration.flink-version."
_VERSION_DEFAULTS = re.compile(rf"{re.escape(_VERSION_PREFIX)}(v[0-9]+_[0-9]+)(\+?)\.(.+)")
_KNOWN_VERSIONS = {version.value: version for version in FlinkVersion}


class ConfigurationError(Exception):
    """The operator's configuration cannot be used; the text is one line for its owner."""


def load_operator_configuration(folder: Path) -> dict[str, str]:
    """Flat options of `folder`/config.yaml; empty when there is no such file.

    Raises ConfigurationError when the file cannot be read or is not a YAML mapping.
    """
    file = folder / CONFIGURATION_FILE
    try:
        document = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{file}: is not YAML: {' '.join(str(error).split())}") from error
    if document is None:
        return {}
    if not isinstance(document, Mapping):
        raise ConfigurationError(f"{file}: must hold `option: value` lines, not a {type(document).__name__}")
    return flatten({str(key): value for key, value in document.items()})


def default_configuration(
    operator: Mapping[str, str], namespace: str, version: FlinkVersion | None
) -> dict[str, str]:
    """Options of a resource before its own: the operator's, then the namespace's, then the Flink version's.

    `vX_Y+` defaults hold for that version and newer ones, older before newer; an exact version wins.
    """
    result = dict(operator)
    prefix = f"{_NAMESPACE_DEFAULTS}{namespace}."
    for key, value in operator.items():
        if key.startswith(prefix):
            result[key.removeprefix(prefix)] = value
    if version is not None:
        result |= _version_defaults(operator, version)
    return result


def _version_defaults(operator: Mapping[str, str], version: FlinkVersion) -> dict[str, str]:
    entries: list[tuple[bool, tuple[int, int], str, str]] = []
    for key, value in operator.items():
        match = _VERSION_DEFAULTS.fullmatch(key) if key.startswith(_VERSION_PREFIX) else None
        of = _KNOWN_VERSIONS.get(match[1]) if match is not None else None
        if match is None or of is None:
            continue
        exact = not match[2]
        if of == version or (not exact and of.number <= version.number):
            entries.append((exact, of.number, match[3], value))
    entries.sort(key=lambda entry: entry[:2])
    return {key: value for _, _, key, value in entries}
