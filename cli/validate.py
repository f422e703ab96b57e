"""The command `flink-operator validate`."""

import io
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from cli.cluster import Cluster, ClusterError
from cli.documents import NOT_YAML, UNUSABLE, Reading, Report, read
from cli.operator_folders import ConfigurationFolder, OverridesFolder, operator_configuration
from cli.output import Output, as_github, as_json, summary
from cli.output_sarif import as_sarif
from cli.output_text import print_reports
from cli.validation import Surroundings
from cli.validation import validate as validate_reading
from shared.config.operator import ConfigurationError
from shared.rules import Severity

_VALID, _ERRORS, _UNUSABLE = 0, 1, 2


def validate(
    files: Annotated[
        list[str] | None, typer.Argument(help="The same as -f, for tools that append file names.")
    ] = None,
    filename: Annotated[
        list[str] | None,
        typer.Option("--filename", "-f", help="File, folder (with all below it) or - for standard input."),
    ] = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="How findings are written.")] = Output.TEXT,
    configuration: ConfigurationFolder = None,
    overrides: OverridesFolder = None,
    *,
    warnings_as_errors: Annotated[
        bool, typer.Option("--warnings-as-errors", help="Fail on warnings.")
    ] = False,
    cluster: Annotated[
        bool, typer.Option("--cluster", help="Look also at what a cluster has stored, with `kubectl get`.")
    ] = False,
    context: Annotated[str | None, typer.Option(help="Context of kubectl for --cluster.")] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="Namespace of resources that name none.")
    ] = None,
) -> None:
    """Check resources by the rules of the admission webhook: all findings at once.

    The exit status is 0 when all is valid, 1 when there are errors, 2 when the call or the input is unusable.
    """
    names = [*(filename or ()), *(files or ())]
    if not names:
        raise typer.BadParameter("name a file, a folder, or - for standard input", param_hint="-f")
    if context is not None and not cluster:
        raise typer.BadParameter("has no effect without --cluster", param_hint="--context")
    try:
        options = operator_configuration(configuration, overrides)
        reading = read(names, sys.stdin.buffer if sys.stdin else io.BytesIO())
        surroundings = _surroundings(reading, Cluster(context) if cluster else None, namespace)
        reports = validate_reading(reading, replace(surroundings, operator_configuration=options))
    except (ConfigurationError, ClusterError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(_UNUSABLE) from None
    if warnings_as_errors:
        reports = [_as_error(report) for report in reports]
    _write(reading, reports, output)
    raise typer.Exit(exit_status(reports))


def _surroundings(reading: Reading, cluster: Cluster | None, namespace: str | None) -> Surroundings:
    """Raises ClusterError."""
    if cluster is None:
        return Surroundings(namespace or "default")
    name = namespace or cluster.namespace()
    cluster.load(key for document in reading.documents if (key := document.key(name)) is not None)
    return Surroundings(name, cluster=cluster.look_up)


def _as_error(report: Report) -> Report:
    return replace(report, finding=replace(report.finding, severity=Severity.ERROR))


def exit_status(reports: Sequence[Report]) -> int:
    """What the command ends with."""
    if any(report.finding.code in {NOT_YAML, UNUSABLE} for report in reports):
        return _UNUSABLE
    return _ERRORS if any(report.finding.severity is Severity.ERROR for report in reports) else _VALID


def _write(reading: Reading, reports: Sequence[Report], output: Output) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files need not be text
    root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
    match output:
        case Output.JSON:
            typer.echo(as_json(reports))
        case Output.SARIF:
            typer.echo(as_sarif(reports, root))
        case Output.GITHUB:
            for line in as_github(reports, root):
                typer.echo(line)
            typer.echo(summary(reading, reports))
        case Output.TEXT:
            print_reports(reports)
            typer.echo(summary(reading, reports))
