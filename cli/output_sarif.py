"""Reports as SARIF 2.1.0, which code scanning services read."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from cli.documents import Report
from cli.output import message_of, repository_path, subject_of
from shared.rules.codes import CODES

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_TOOL: Final = "flink-operator"


def as_sarif(reports: Sequence[Report], root: Path) -> str:
    """One run, in ASCII."""
    codes = sorted({report.finding.code for report in reports})
    driver: dict[str, Any] = {"name": _TOOL, "rules": [_rule(code) for code in codes]}
    with suppress(PackageNotFoundError):  # where it is run from its sources
        driver["version"] = version(_TOOL)
    results = [_result(report, codes, root) for report in reports]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: str) -> Mapping[str, Any]:
    known = CODES.get(code)
    if known is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": known.title},
        "fullDescription": {"text": known.title},
        "help": {"text": known.hint},
        "defaultConfiguration": {"level": known.severity.value},
    }


def _result(report: Report, codes: Sequence[str], root: Path) -> Mapping[str, Any]:
    place: dict[str, Any] = {
        "artifactLocation": {"uri": quote(repository_path(report.file, root), errors="surrogateescape")}
    }
    if report.line:
        place["region"] = {"startLine": report.line}
    location: dict[str, Any] = {"physicalLocation": place}
    name = ".".join(filter(None, (subject_of(report), report.finding.path)))
    if name:
        location["logicalLocations"] = [{"fullyQualifiedName": name}]
    return {
        "ruleId": report.finding.code,
        "ruleIndex": codes.index(report.finding.code),
        "level": report.finding.severity.value,
        "message": {"text": message_of(report)},
        "locations": [location],
    }
