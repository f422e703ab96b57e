"""The command `flink-operator config`."""

import io
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, NoReturn

import typer

from cli.config_output import ConfigOutput, as_json, as_text
from cli.documents import Document, Reading, read
from cli.effective import EffectiveConfiguration, effective_configuration
from cli.operator_folders import ConfigurationFolder, OverridesFolder, operator_configuration
from cli.output import message_of, subject_of
from cli.output_text import printable
from shared.config.operator import ConfigurationError
from shared.model import FlinkDeployment
from shared.rules import Severity
from shared.rules.shape import parse

_ERRORS, _UNUSABLE = 1, 2


def config(
    files: Annotated[
        list[str] | None, typer.Argument(help="The same as -f, for tools that append file names.")
    ] = None,
    filename: Annotated[
        list[str] | None,
        typer.Option("--filename", "-f", help="File, folder (with all below it) or - for standard input."),
    ] = None,
    output: Annotated[
        ConfigOutput, typer.Option("--output", "-o", help="How options are written.")
    ] = ConfigOutput.TEXT,
    configuration: ConfigurationFolder = None,
    overrides: OverridesFolder = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say where each value comes from, and what it is laid over.")
    ] = False,
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", help="Namespace of resources that name none.")
    ] = "default",
) -> None:
    """Print the Flink configuration that the cluster of each FlinkDeployment gets, without its secrets.

    What only a cluster knows is in angle brackets: <job id>. The exit status is 0, or 1 when a resource has
    errors, or 2 when the call or the input is unusable.
    """
    names = [*(filename or ()), *(files or ())]
    if not names:
        raise typer.BadParameter("name a file, a folder, or - for standard input", param_hint="-f")
    try:
        operator = operator_configuration(configuration, overrides)
    except ConfigurationError as error:
        _fail(f"error: {error}", _UNUSABLE)
    reading = read(names, sys.stdin.buffer if sys.stdin else io.BytesIO())
    _require_deployments(reading)
    shown, problems = _configurations(reading.documents, operator, namespace)
    written = as_json if output is ConfigOutput.JSON else as_text
    typer.echo(written(shown, explain=explain), nl=output is ConfigOutput.JSON)
    if problems:
        _fail("\n".join(problems), _ERRORS)


def _require_deployments(reading: Reading) -> None:
    errors = [one for one in reading.reports if one.finding.severity is Severity.ERROR]
    if errors:
        _fail("\n".join(f"{one.file}:{one.line}: error: {message_of(one)}" for one in errors), _UNUSABLE)
    if not any(map(_is_deployment, reading.documents)):
        _fail(f"error: no FlinkDeployment in {', '.join(reading.files)}", _UNUSABLE)


def _is_deployment(document: Document) -> bool:
    return document.kind == FlinkDeployment.__name__


def _configurations(
    documents: Sequence[Document], operator: Mapping[str, str], namespace: str
) -> tuple[list[EffectiveConfiguration], list[str]]:
    """Those that can be told, and why others cannot."""
    shown, problems = [], []
    for document in filter(_is_deployment, documents):
        own = {"namespace": document.namespace(namespace), "name": document.name}
        parsed = parse({**document.value, "metadata": {**document.metadata, **own}})
        reports = [document.report(finding) for finding in parsed.findings]
        problems += [
            f"{one.file}:{one.line}: {subject_of(one)}: error: {message_of(one)}"
            for one in reports
            if one.finding.severity is Severity.ERROR
        ]
        if reports or not isinstance(parsed.resource, FlinkDeployment):
            continue
        try:
            shown.append(effective_configuration(parsed.resource, operator))
        except ValueError as error:
            problems.append(
                f"{document.file}:{document.line}: FlinkDeployment/{document.name}: error: {error}"
            )
    return shown, problems


def _fail(lines: str, status: int) -> NoReturn:
    typer.echo("\n".join(map(printable, lines.split("\n"))), err=True)
    raise typer.Exit(status)
