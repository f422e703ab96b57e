"""Reports for people: a line each in the form that editors and terminals follow to the place."""

import os
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from cli.documents import Report
from cli.output import subject_of
from shared.rules import Severity

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}


def print_reports(reports: Sequence[Report], *, stderr: bool = False) -> None:
    """To standard output or error; bold and colours are for terminals whose owner did not set NO_COLOR."""
    console = Console(force_terminal=False if os.environ.get("NO_COLOR") else None, stderr=stderr)
    for report in reports:
        console.print(_line(report), soft_wrap=True, highlight=False)


def _line(report: Report) -> Text:
    finding = report.finding
    place = f"{report.file}:{report.line}" if report.line else report.file
    line = Text.assemble((f"{printable(place)}: ", "bold"))
    if subject := subject_of(report):
        line.append(f"{printable(subject)}: ")
    line.append(finding.severity.value, _STYLES[finding.severity]).append(": ")
    if finding.path:
        line.append(printable(finding.path), "cyan").append(": ")
    line.append(f"{printable(finding.message)}.")
    if finding.hint:
        line.append(f" {printable(finding.hint)}", "green")
    return line.append(f" [{finding.code}]", "dim")


def printable(text: str) -> str:
    """What is read from files must not steer the terminal."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
