"""The operator's configuration as commands are given it: a folder, and one that is laid over it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from shared.config.operator import ConfigurationError, load_operator_configuration
from shared.config.operator_file import CONFIGURATION_FILE, configuration_file

ConfigurationFolder = Annotated[
    Path | None,
    typer.Option(help=f"Folder with the operator's own {CONFIGURATION_FILE}.", exists=True, file_okay=False),
]
OverridesFolder = Annotated[
    Path | None,
    typer.Option(
        help=f"Folder with a {CONFIGURATION_FILE} that is laid over it.", exists=True, file_okay=False
    ),
]


def operator_configuration(folder: Path | None, overrides: Path | None) -> Mapping[str, str]:
    """Raises ConfigurationError, also when a folder has no file: it was asked for."""
    if folder is None:
        if overrides is not None:
            raise ConfigurationError("--overrides needs --configuration: what would it be laid over?")
        return {}
    if configuration_file(folder) is None:
        raise ConfigurationError(f"{folder / CONFIGURATION_FILE}: does not exist")
    return load_operator_configuration(folder, overrides)
