"""The operator's configuration file: Flink's config.yaml, or the flink-conf.yaml of Flink 1.

Its text may come from anyone who may edit a ConfigMap, so it is measured before anything is built of it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from shared.config.bounded_yaml import MonstrousYamlError, refuse_monsters
from shared.config.flatten import flatten

CONFIGURATION_FILE: Final = "config.yaml"
LEGACY_FILE: Final = "flink-conf.yaml"

_MOST_BYTES: Final = 4 * 1024 * 1024  # a ConfigMap has at most one


class ConfigurationError(Exception):
    """The operator's configuration cannot be used; the text is one line for its owner."""


def configuration_file(folder: Path) -> Path | None:
    """The file of the folder that is read: config.yaml, else flink-conf.yaml, else none."""
    return next(
        (file for name in (CONFIGURATION_FILE, LEGACY_FILE) if (file := folder / name).exists()), None
    )


def read_configuration_file(file: Path) -> dict[str, str]:
    """Flat options of the file, in the format that its name stands for.

    Raises ConfigurationError when it cannot be read or does not hold options.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise ConfigurationError(f"{file}: is larger than {_MOST_BYTES >> 20} MiB")
    try:
        return _legacy_options(data) if file.name == LEGACY_FILE else _options(data)
    except ConfigurationError as error:
        raise ConfigurationError(f"{file}: {error}") from None


class _Loader(yaml.CSafeLoader):
    """Text stays as it is written: `off`, `12:30` and `1_000` are words to Flink, whose YAML is 1.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as in PyYAML


for _tag, _words, _first_letters in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", "~|null|Null|NULL|", "~nN"),
    ("merge", "<<", "<"),
):
    _pattern = re.compile(rf"(?:{_words})\Z")
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, [*_first_letters, ""])


def _options(data: bytes) -> dict[str, str]:
    try:
        refuse_monsters(data)
        document = yaml.load(data, Loader=_Loader)  # noqa: S506 - a safe loader
    except MonstrousYamlError as error:
        raise ConfigurationError(str(error)) from None
    except (yaml.YAMLError, ValueError, LookupError) as error:  # LookupError: `!!bool maybe`
        raise ConfigurationError(f"is not YAML: {' '.join(str(error).split())}") from error
    if document is None:
        return {}
    if not isinstance(document, Mapping):
        raise ConfigurationError(f"must hold `option: value` lines, not a {type(document).__name__}")
    _refuse_nothing("", document)
    return flatten(document)


def _refuse_nothing(prefix: str, node: Mapping[Any, Any]) -> None:
    for name, value in node.items():
        if not isinstance(name, str):
            raise ConfigurationError(f"{prefix}{name!r} is no name of an option")
        if value is None:
            raise ConfigurationError(f"{prefix}{name} has no value")
        if isinstance(value, Mapping):
            _refuse_nothing(f"{prefix}{name}.", value)


def _legacy_options(data: bytes) -> dict[str, str]:
    """As Flink 1 does: `#` begins a comment wherever it stands, and a line without `: ` is passed over."""
    options = {}
    for line in data.decode("utf-8", errors="replace").splitlines():
        name, separator, value = line.partition("#")[0].strip().partition(": ")
        if separator and name.strip() and value.strip():
            options[name.strip()] = value.strip()
    return options
