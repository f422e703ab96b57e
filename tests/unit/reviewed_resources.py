"""Resources for tests of the rules, and what a review of them finds."""

from typing import Any

from shared.rules import RuleContext, Verdict, review

Json = dict[str, Any]
NO_CONTEXT = RuleContext()
CHECKPOINTS = {"execution.checkpointing.dir": "s3://bucket/cp"}


def verdict(raw: Any, old: Any = None, **operator: str) -> Verdict:
    return review(raw, old, RuleContext(operator) if operator else NO_CONTEXT)


def found(raw: Any, **operator: str) -> set[tuple[str, str]]:
    return {(finding.code, finding.path) for finding in verdict(raw, **operator).errors}


def job_resource(**spec: Any) -> Json:
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkSessionJob",
        "metadata": {"name": "job", "namespace": "shop"},
        "spec": {"deploymentName": "cluster", "job": {"jarURI": "https://h/j.jar", "parallelism": 1}, **spec},
    }
