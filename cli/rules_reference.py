"""The page of all codes that a finding can have, as Markdown."""

from itertools import groupby

from cli.markdown import document, prose, table
from shared.rules.codes import CODES, Code
from shared.rules.waivers import ANNOTATION

_NOTICE = "<!-- Generated from shared/rules/codes.py. -->"
_TITLES = {
    "FK0": "Documents and fields",
    "FK1": "FlinkDeployment, and the templates of FlinkBlueGreenDeployment",
    "FK2": "FlinkSessionJob",
    "FK3": "FlinkStateSnapshot",
    "FK4": "FlinkBlueGreenDeployment",
    "FK5": "Advice",
    "FK9": "What this version does not do yet",
}
"""By the beginning of the codes."""


def rules_reference() -> str:
    """Every code: what is wrong, what to do, whether it denies, and whether that can be changed."""
    blocks = [
        "# Rules",
        _NOTICE,
        "Each finding has a code. An error denies the request; a warning is only told. An update is denied"
        " only for errors that the resource did not have before, and a deletion never.",
    ]
    for beginning, codes in groupby(CODES.values(), key=lambda code: code.code[:3]):
        blocks += [f"## {_TITLES[beginning]}", _table(list(codes))]
    waivers = [[f"`{code.code}`", prose(code.waiver)] for code in CODES.values() if code.waiver]
    blocks += [
        "## Errors that can be made warnings",
        f"The annotation `{ANNOTATION}` of a resource names codes, separated by commas, that are to be"
        " warnings for it. That is possible for these, and no others:",
        table(["code", "why it may be"], waivers),
    ]
    return document(blocks)


def _table(codes: list[Code]) -> str:
    rows = [[f"`{code.code}`", code.severity.value, prose(code.title), prose(code.hint)] for code in codes]
    return table(["code", "", "what is wrong", "what to do"], rows)
