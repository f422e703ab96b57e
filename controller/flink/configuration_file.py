"""The file that Flink's pods read their configuration from, as Flink's own client writes it."""

from collections.abc import Mapping

import yaml

from shared.config.effective import Value
from shared.config.flink_versions import RELEASES
from shared.config.key_conflicts import key_conflicts
from shared.model.deployment import FlinkVersion


class ConfigurationConflict(ValueError):  # noqa: N818 - it is the user's options that conflict
    """Options that cannot stand together; the text is for their owner."""


def configuration_file(configuration: Mapping[str, Value], version: FlinkVersion) -> tuple[str, str]:
    """Name and content of Flink's configuration file: config.yaml since 2.0, flink-conf.yaml before.

    Raises ConfigurationConflict when the format cannot hold the options.
    """
    ordered = dict(sorted(configuration.items()))
    release = RELEASES[version]
    if not release.reads_yaml:
        return release.configuration_file, "".join(
            f"{key}: {_legacy(key, value)}\n" for key, value in ordered.items()
        )
    for conflict in key_conflicts(ordered):
        raise ConfigurationConflict(
            f"Flink 2 cannot have both {conflict.prefix} and {conflict.key}. {conflict.remedy}"
        )
    document = {key: value if isinstance(value, str) else list(value) for key, value in ordered.items()}
    # Everything is quoted: 1e3 is text to PyYAML (YAML 1.1), but a number to Flink (YAML 1.2).
    content = yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True, width=2**16, default_style='"')
    return release.configuration_file, content


def _legacy(key: str, value: Value) -> str:
    """The older parser takes the rest of the line as it stands; list elements are quoted by Flink's rules."""
    line = value if isinstance(value, str) else ";".join(_quoted(element) for element in value)
    if "#" in line:
        raise ConfigurationConflict(f"{key} holds a #, which begins a comment for Flink before 2.0.")
    if len(line.splitlines()) > 1:
        raise ConfigurationConflict(f"{key} has several lines, which Flink before 2.0 cannot read.")
    return line


def _quoted(element: str) -> str:
    if not any(character in element for character in ";'\""):
        return element
    return "'" + element.replace("'", "''") + "'"
