"""The page of codes tells of every code once, and of what the annotation can do."""

import re

import pytest

from cli.rules_reference import rules_reference
from shared.rules.codes import CODES, WARN_ONLY, Code

PAGE = rules_reference()
RULES, WAIVERS = PAGE.split("## Errors that can be made warnings")


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.code)
def test_code_has_a_row_with_what_is_wrong_and_what_to_do(code: Code) -> None:
    (row,) = (line for line in RULES.splitlines() if line.startswith(f"| `{code.code}` "))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:] == [code.severity.value, code.title, code.hint]


def test_codes_that_can_be_waived_are_told_with_the_reason() -> None:
    assert set(re.findall(r"^\| `(FK\d{3})` \| [A-Z].*\. \|$", WAIVERS, re.MULTILINE)) == WARN_ONLY


def test_codes_stand_in_order() -> None:
    codes = re.findall(r"^\| `(FK\d{3})`", RULES, re.MULTILINE)
    assert codes == sorted(codes)
