"""Findings that rest on another resource say so; what is not known leads to none."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.rules import Reference, RuleContext, check
from shared.rules.context import Presence
from tests.rule_cases.case import Json, look_up_in
from tests.rule_cases.resources import application, blue_green, session_cluster, session_job, snapshot

CLUSTER = Reference("FlinkDeployment", "shop", "cluster")


def rests(raw: Json, others: list[Json]) -> dict[str, Reference | None]:
    """What each finding rests on, by its code."""
    findings = check(raw, RuleContext(look_up=look_up_in(others)))
    return {finding.code: finding.rests_on for finding in findings if finding.code != "FK901"}


@pytest.mark.parametrize(
    ("raw", "others", "expected"),
    [
        (session_job(), [application(name="cluster")], {"FK205": CLUSTER}),
        (session_job(), [], {"FK206": CLUSTER}),
        (
            session_job({"upgradeMode": "savepoint", "parallelism": 0}),
            [session_cluster()],
            {"FK106": CLUSTER, "FK107": CLUSTER, "FK108": None},
        ),
        (snapshot(), [], {"FK304": Reference("FlinkDeployment", "shop", "orders")}),
        (
            snapshot(jobReference={"kind": "FlinkSessionJob", "name": "job"}, backoffLimit=-2),
            [],
            {"FK303": None, "FK304": Reference("FlinkSessionJob", "shop", "job")},
        ),
    ],
)
def test_finding_names_the_resource_that_it_rests_on(
    raw: Json, others: list[Json], expected: dict[str, Reference | None]
) -> None:
    assert rests(raw, others) == expected


@pytest.mark.parametrize(
    ("raw", "asked"),
    [
        (session_job(), [("FlinkDeployment", "shop", "cluster")]),
        (session_job(deploymentName=""), []),
        (snapshot(), [("FlinkDeployment", "shop", "orders")]),
        (snapshot() | {"status": {"state": "IN_PROGRESS"}}, []),
        (snapshot(savepoint={"alreadyExists": True}), []),
        (snapshot(jobReference={"kind": "FlinkDeployment"}), []),
        (application(), []),
        (blue_green(), []),
    ],
)
def test_only_what_a_resource_refers_to_is_looked_up(raw: Json, asked: list[tuple[str, str, str]]) -> None:
    calls = []

    def look_up(kind: str, namespace: str, name: str) -> Mapping[str, Any] | Presence:
        calls.append((kind, namespace, name))
        return Presence.UNKNOWN

    check(raw, RuleContext(look_up=look_up))
    assert calls == asked


def test_warning_about_an_unknown_cluster_says_that_it_is_not_known() -> None:
    findings = check(session_job({"upgradeMode": "last-state"}), RuleContext())
    (finding,) = (finding for finding in findings if finding.code == "FK106")
    assert finding.hint.endswith("What the cluster's flinkConfiguration says is not known here.")
