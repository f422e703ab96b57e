"""The command `flink-operator render`."""

import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cli.documents import Document, Reading, Report, read
from cli.operator_folders import ConfigurationFolder, OverridesFolder, operator_configuration
from cli.output_text import print_reports, printable
from cli.rendering import OPERATORS_FOLDER, as_yaml, rendered
from cli.validate import exit_status
from cli.validation import Surroundings, validate
from controller.flink.operator_files import OperatorFiles
from shared.config.operator import ConfigurationError
from shared.model import FlinkDeployment
from shared.model.job import DesiredJobState
from shared.rules.shape import parse

_ERRORS, _UNUSABLE = 1, 2


def render(
    files: Annotated[
        list[str] | None, typer.Argument(help="The same as -f, for tools that append file names.")
    ] = None,
    filename: Annotated[
        list[str] | None,
        typer.Option("--filename", "-f", help="File, folder (with all below it) or - for standard input."),
    ] = None,
    configuration: ConfigurationFolder = None,
    overrides: OverridesFolder = None,
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", help="Namespace of resources that name none.")
    ] = "default",
) -> None:
    """Print all objects that are created for each FlinkDeployment, as YAML, without secrets.

    What only a cluster knows is in angle brackets: <uid>. Nothing is printed when a resource has errors. The
    exit status is 0, or 1 when there are errors, or 2 when the call or the input is unusable.
    """
    names = [*(filename or ()), *(files or ())]
    if not names:
        raise typer.BadParameter("name a file, a folder, or - for standard input", param_hint="-f")
    try:
        operator = operator_configuration(configuration, overrides)
        of_operator = _files(configuration)
    except ConfigurationError as error:
        _fail(f"error: {error}", _UNUSABLE)
    reading = read(names, sys.stdin.buffer if sys.stdin else io.BytesIO())
    reports = validate(reading, Surroundings(namespace, operator_configuration=operator))
    deployments = [one for one in reading.documents if one.kind == FlinkDeployment.__name__]
    _require_valid(reading, reports, deployments)
    typer.echo("".join(_text(one, namespace, operator, of_operator) for one in deployments), nl=False)


def _files(folder: Path | None) -> OperatorFiles:
    """Raises ConfigurationError."""
    if folder is None:
        return OperatorFiles()
    try:
        return replace(OperatorFiles.read(folder), folder=OPERATORS_FOLDER)
    except OSError as error:
        raise ConfigurationError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _require_valid(reading: Reading, reports: Sequence[Report], deployments: Sequence[Document]) -> None:
    print_reports(reports, stderr=True)
    status = exit_status(reports)
    if status:
        raise typer.Exit(status)
    if not deployments:
        _fail(f"error: no FlinkDeployment in {', '.join(reading.files)}", _UNUSABLE)


def _text(document: Document, namespace: str, operator: Mapping[str, str], files: OperatorFiles) -> str:
    own = {"namespace": document.namespace(namespace), "name": document.name}
    resource = parse({**document.value, "metadata": {**document.metadata, **own}}).resource
    if not isinstance(resource, FlinkDeployment):
        raise TypeError(f"{document.name} was valid a moment ago")
    job = resource.spec.job
    if job is not None and job.state is DesiredJobState.SUSPENDED:
        return f"# {own['namespace']}/{own['name']}: nothing is created while spec.job.state is suspended\n"
    try:
        return as_yaml(rendered(resource, operator, files))
    except ValueError as error:
        _fail(f"{document.file}:{document.line}: FlinkDeployment/{document.name}: error: {error}", _ERRORS)


def _fail(line: str, status: int) -> NoReturn:
    typer.echo(printable(line), err=True)
    raise typer.Exit(status)
