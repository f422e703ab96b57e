"""The rules find in every case what it says, and every code has a case."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

import shared
from shared.rules import RuleContext, review
from shared.rules.codes import CODES, WARN_ONLY
from shared.schema.cel_rules import CEL_RULES
from tests.rule_cases import CASES, Case, found_by, reviewed
from tests.unit.flink_deployments import application, session

PROJECT = Path(shared.__file__).parents[1]
_OF_FILES = {"FK005", "FK006", "FK007", "FK008", "FK009", "FK010", "FK021"}
"""What only a file can have wrong, before it has been to the API server."""
_OF_THIS_VERSION = {"FK901"}
_WITHOUT_A_CASE = _OF_FILES | _OF_THIS_VERSION | {"FK019"}
"""FK019 is for types that no field of a spec has."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_the_rules_find_is_what_the_case_says(case: Case) -> None:
    assert set(found_by(reviewed(case))) == case.expected


def test_each_case_has_a_name_of_its_own() -> None:
    assert [name for name, count in Counter(case.id for case in CASES).items() if count > 1] == []


def test_every_code_has_a_case_and_every_finding_a_code() -> None:
    found = {code for case in CASES for code, _, _ in case.expected}
    assert found == CODES.keys() - _WITHOUT_A_CASE


def test_every_code_in_the_rules_is_listed_and_no_other() -> None:
    texts = [file.read_text("utf-8") for file in PROJECT.glob("shared/rules/*.py") if file.name != "codes.py"]
    used = {code for text in texts for code in re.findall(r"\bFK\d{3}\b", text)}
    assert used | _OF_FILES == CODES.keys()


def test_each_code_is_listed_with_the_severity_that_it_can_have() -> None:
    denying = {code for case in CASES for code, _, severity in case.expected if severity == "error"}
    listed = {code.code for code in CODES.values() if code.severity == "error"}
    assert denying == listed - _WITHOUT_A_CASE


def test_what_the_api_server_checks_itself_cannot_be_waived() -> None:
    assert {rule.code for rules in CEL_RULES.values() for rule in rules} & WARN_ONLY == set()


@pytest.mark.parametrize(
    "raw", [application(), session(), None], ids=["application", "session", "basic.yaml"]
)
def test_nothing_is_said_about_an_ordinary_resource(raw: object) -> None:
    resource = raw or yaml.safe_load((PROJECT / "examples" / "basic.yaml").read_text("utf-8"))
    verdict = review(resource, None, RuleContext())
    assert (verdict.errors, verdict.warnings) == ((), ())
