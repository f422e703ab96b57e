"""The annotation by which the owner of a resource has named findings told as warnings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from shared.rules.codes import CODES, WARN_ONLY
from shared.rules.finding import Finding, Severity, shown

ANNOTATION = "flink.apache.org/admission-warn-only"
"""Codes, separated by commas."""

_MOST_TOLD = 10
_PATH = f"metadata.annotations[{ANNOTATION}]"


def with_waivers(findings: Sequence[Finding], annotations: Mapping[str, str]) -> list[Finding]:
    """The findings, those that are named as warnings; and what the annotation cannot do."""
    text = annotations.get(ANNOTATION)
    if text is None:
        return list(findings)
    named = dict.fromkeys(code for part in text.split(",") if (code := part.strip()))
    waived = named.keys() & WARN_ONLY
    told = [
        replace(finding, severity=Severity.WARNING) if finding.code in waived else finding
        for finding in findings
    ]
    return [*told, *islice(_cannot(code for code in named if code not in WARN_ONLY), _MOST_TOLD)]


def _cannot(codes: Iterator[str]) -> Iterator[Finding]:
    for code in codes:
        why = "cannot be turned into a warning" if code in CODES else "is not a code"
        hint = f"Those that can are {', '.join(sorted(WARN_ONLY))}."
        yield Finding("FK509", _PATH, f"{shown(code)} {why}", hint, Severity.WARNING)
