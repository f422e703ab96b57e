"""The page of options tells of every option once, in its section."""

import re

import pytest

from cli.options_reference import options_reference
from shared.config.known_options import OPTIONS
from shared.config.registry import Option, Scope

PAGE = options_reference()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def rows(text: str, key: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(f"| `{key}` |")]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_option_has_one_row_with_its_type_default_and_description(option: Option) -> None:
    (row,) = rows(PAGE, option.key)
    assert f"| {option.type.name} |" in row
    assert f"| `{option.default}` |" in row or not option.default
    assert option.description.split("`")[0].split("<")[0] in row


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("kubernetes.operator.reconcile.interval", "Options of the operator"),
        ("kubernetes.operator.config.cache.size", "Advanced options of the operator"),
        ("kubernetes.operator.savepoint.history.max.age", "Options for resources"),
        ("kubernetes.operator.bluegreen.abort.grace-period", "Options of blue-green deployments"),
        ("job.autoscaler.enabled", "Options of the autoscaler"),
    ],
)
def test_option_stands_in_its_section(key: str, title: str) -> None:
    assert len(rows(SECTIONS[title], key)) == 1


def test_every_scope_has_a_section() -> None:
    assert len(SECTIONS) == len(Scope) + 1


def test_older_names_are_told_but_for_the_autoscalers_prefix() -> None:
    (row,) = rows(PAGE, "kubernetes.operator.reconcile.interval")
    assert "`kubernetes.operator.reconciler.reschedule.interval`" in row
    (row,) = rows(PAGE, "job.autoscaler.utilization.target")
    assert row.endswith("| `job.autoscaler.target.utilization` |")
