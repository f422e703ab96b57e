"""Effective configurations for people and for programs. Secrets are hidden in both."""

import json
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from cli.effective import EffectiveConfiguration
from cli.output_text import printable
from shared.config.layers import Explanation, Setting, text
from shared.config.sensitive import HIDDEN, is_sensitive
from shared.model import FlinkDeployment


class ConfigOutput(StrEnum):
    """How options are written."""

    TEXT = "text"
    JSON = "json"


def as_text(configurations: Sequence[EffectiveConfiguration], *, explain: bool) -> str:
    """`option: value` lines below a comment with the resource; explanations are indented comments."""
    return "\n".join("".join(f"{line}\n" for line in _lines(one, explain)) for one in configurations)


def _lines(configuration: EffectiveConfiguration, explain: bool) -> Iterator[str]:
    yield f"# {printable(_title(configuration.resource))}"
    yield from _options(configuration.shipped, explain)
    if explain and configuration.kept:
        yield "# not passed on to Flink:"
        yield from _options(configuration.kept, explain)


def _title(resource: FlinkDeployment) -> str:
    version = resource.spec.flink_version
    named = f"{resource.metadata.namespace}/{resource.metadata.name}"
    return f"{named}, Flink {version.value if version is not None else 'of no version'}"


def _options(options: Mapping[str, Explanation], explain: bool) -> Iterator[str]:
    for key, found in options.items():
        yield f"{printable(key)}: {printable(_shown(key, found.winner))}"
        if explain:
            yield f"    # {printable(found.winner.layer)}"
            for setting in found.overridden:
                yield f"    # over {printable(setting.layer)}: {printable(_shown(key, setting))}"


def as_json(configurations: Sequence[EffectiveConfiguration], *, explain: bool) -> str:
    """A list with an object for each resource, in ASCII."""
    return json.dumps([_object(one, explain) for one in configurations], indent=2)


def _object(configuration: EffectiveConfiguration, explain: bool) -> dict[str, Any]:
    resource = configuration.resource
    version = resource.spec.flink_version
    about = {
        "namespace": resource.metadata.namespace,
        "name": resource.metadata.name,
        "flinkVersion": version.value if version is not None else None,
    }
    if not explain:
        options = {key: _shown(key, found.winner) for key, found in configuration.shipped.items()}
        return {**about, "options": options}
    explanations = [
        _explained(key, found, shipped=shipped)
        for shipped, part in ((True, configuration.shipped), (False, configuration.kept))
        for key, found in part.items()
    ]
    return {**about, "options": explanations}


def _explained(key: str, found: Explanation, *, shipped: bool) -> dict[str, Any]:
    return {
        "key": key,
        "value": _shown(key, found.winner),
        "layer": found.winner.layer,
        "shipped": shipped,
        "overrides": [
            {"layer": setting.layer, "value": _shown(key, setting)} for setting in found.overridden
        ],
    }


def _shown(key: str, setting: Setting) -> str:
    if setting.value is None:
        return ""
    return HIDDEN if is_sensitive(key) else text(setting.value)
