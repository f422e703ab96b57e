"""Reports for programs: JSON, and GitHub's workflow commands."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from cli.documents import Reading, Report
from cli.sources import STANDARD_INPUT
from shared.rules import Severity


class Output(StrEnum):
    """How reports are written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def subject_of(report: Report) -> str:
    """`kind/name`, as far as they are known."""
    return f"{report.kind or 'resource'}/{report.name}" if report.name else report.kind


def message_of(report: Report) -> str:
    """Path, message and hint: all but the place."""
    finding = report.finding
    where = f"{finding.path}: " if finding.path else ""
    return f"{where}{finding.message}.{f' {finding.hint}' if finding.hint else ''}"


def repository_path(file: str, root: Path) -> str:
    """The file as seen from the root of the repository; as it is when it lies elsewhere."""
    path = Path(os.path.normpath(Path(file).absolute()))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file


def as_json(reports: Sequence[Report]) -> str:
    """A list of objects, in ASCII."""
    objects = [
        {
            "file": report.file,
            "document": report.document,
            "kind": report.kind,
            "name": report.name,
            "severity": report.finding.severity.value,
            "code": report.finding.code,
            "path": report.finding.path,
            "message": report.finding.message,
            "hint": report.finding.hint,
        }
        for report in reports
    ]
    return json.dumps(objects, indent=2)


def as_github(reports: Sequence[Report], root: Path) -> Iterator[str]:
    """A workflow command each, which GitHub shows at the line in the pull request."""
    for report in reports:
        properties = {"title": " ".join(filter(None, (report.finding.code, subject_of(report))))}
        if report.file != STANDARD_INPUT:
            properties = (
                {"file": repository_path(report.file, root)}
                | ({"line": str(report.line)} if report.line else {})
                | properties
            )
        listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        yield f"::{report.finding.severity.value} {listed}::{_data(message_of(report))}"


def summary(reading: Reading, reports: Sequence[Report]) -> str:
    """One line."""
    resources, files = len(reading.documents), len({one.file for one in reading.documents})
    checked = (
        f"{_count(resources, 'resource')} in {_count(files, 'file')}" if resources else "no Flink resource"
    )
    counts = Counter(report.finding.severity for report in reports)
    told = ", ".join(_count(counts[severity], severity) for severity in Severity if counts[severity])
    verdict = told or ("valid" if resources else "")
    others = _count(reading.others, "other document") + " skipped" if reading.others else ""
    return "; ".join(filter(None, (f"{checked}: {verdict}" if verdict else checked, others)))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
