"""The API server's answer to a resource, held against that of shared.rules: the same code, never stricter."""

import re
from collections.abc import Sequence

from shared.model import KINDS
from shared.rules import RuleContext, review
from tests.api.api_server import Collection, Json, flink
from tests.api.edits import Cause, refusal
from tests.api.namespace import Namespace
from tests.api.resources import in_namespace

CONTEXT = RuleContext(
    {
        "execution.checkpointing.dir": "s3://bucket/checkpoints",
        "execution.checkpointing.savepoint-dir": "s3://bucket/savepoints",
        "high-availability.type": "kubernetes",
        "high-availability.storageDir": "s3://bucket/ha",
        "jobmanager.memory.process.size": "1g",
        "taskmanager.memory.process.size": "1g",
    }
)
"""An operator that leaves a resource nothing to forget."""

_MEMORY_THAT_DOES_NOT_FIT = "FK126"
_CODE = re.compile(r"\[(FK\d{3})\]$")


def collection_of(resource: Json) -> Collection:
    return flink(KINDS[resource["kind"]].plural)


def answer_to_creation(namespace: Namespace, resource: Json) -> list[Cause]:
    """What the API server has against a new resource; fails when shared.rules have nothing against it."""
    body = in_namespace(resource, namespace.name)
    causes = refusal(lambda: namespace.api.create(collection_of(resource), body, dry_run=True))
    return agreed(causes, body, None)


def is_faultless(namespace: Namespace, resource: Json) -> bool:
    """Whether shared.rules have nothing against the new resource but how little memory it has."""
    errors = review(in_namespace(resource, namespace.name), None, CONTEXT).errors
    return {error.code for error in errors} <= {_MEMORY_THAT_DOES_NOT_FIT}


def answer_to_update(namespace: Namespace, old: Json, spec: Json) -> list[Cause]:
    """As `answer_to_creation`, when a stored resource gets that spec."""
    path = collection_of(old).path(namespace.name, old["metadata"]["name"])
    body = {**old, "spec": spec}
    causes = refusal(lambda: namespace.api.call("PUT", f"{path}?dryRun=All", body))
    return agreed(causes, body, old)


def agreed(causes: list[Cause], new: Json, old: Json | None) -> list[Cause]:
    """The causes, when shared.rules have the same against the change."""
    errors = review(new, old, CONTEXT).errors
    found = {error.code for error in errors}
    assert set(codes_of(causes)) <= found, f"stricter than shared.rules, which find {found}: {causes}"
    assert errors or not causes, f"shared.rules find nothing: {causes}"
    return causes


def codes_of(causes: Sequence[Cause]) -> list[str]:
    """The codes of rules; what the schema says itself has none."""
    return [match[1] for cause in causes if (match := _CODE.search(cause.message))]
