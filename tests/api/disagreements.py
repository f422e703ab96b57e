"""Where the rules and the API server judge a resource differently, but for what is known and meant so."""

import json
import re
from ast import literal_eval
from collections.abc import Iterable

from shared.rules import Finding, RuleContext, review
from shared.schema.cel_rules import CEL_RULES
from tests.api.api_server import Json
from tests.api.dry_runs import Answer, DryRuns
from tests.api.generated_resources import OPERATOR

_SHAPE = {f"FK01{digit}" for digit in range(1, 10)} | {"FK020"}
_SCHEMA = {"FK109", "FK120", "FK303"}
"""Minimums, and the keys of list elements."""
REFUSED_BY_BOTH = _SHAPE | _SCHEMA | {rule.code for rules in CEL_RULES.values() for rule in rules}
"""The other codes are the rules' alone. They are about options (flinkConfiguration is free-form, and what the
operator is configured for counts too), about other objects, about notations (FK125, FK207 to FK209), or about
what a resource may lack and still be stored (FK105, FK203); or they only warn."""

_WHOLE_FLOAT = re.compile(r"must be (a whole number|text), not -?\d+(\.0|e\+\d+)$")
"""The API server takes 5.0 for a whole number unless CEL looks at it, and hands it on to webhooks as 5: only
a file that the command line reads can hold one."""

_NAME_OF_ANY_OBJECT = "metadata.name: Invalid value"
"""What holds for all kinds is the API server's own matter: `a-` could begin a cluster's name, but be none."""

_POD_QUANTITY = re.compile(r"odTemplate\..*(limits|requests|overhead|capacity|divisor|sizeLimit)\b")


def errors_of(resource: Json) -> tuple[Finding, ...]:
    """What the rules refuse it for, where the operator's configuration leaves nothing to be missed."""
    return review(resource, None, RuleContext(OPERATOR)).errors


def disagreement(resource: Json, answer: Answer) -> str | None:
    """What one refuses and the other accepts, but for what is known."""
    found = [error for error in errors_of(resource) if error.code in REFUSED_BY_BOTH]
    if any(_WHOLE_FLOAT.search(error.message) for error in found):
        return None
    if answer.stored is None:
        known = found or _NAME_OF_ANY_OBJECT in answer.message
        return None if known else f"only the API server refuses: {answer.message}"
    told = [str(error) for error in found if not is_beyond_the_schema(error)]
    return f"only the rules refuse: {told}" if told else None


def disagreements(dry_runs: DryRuns, resources: Iterable[Json]) -> list[str]:
    """All of them, each with the spec that it is about."""
    told = ((disagreement(resource, dry_runs.create(resource)), resource) for resource in resources)
    return [f"{found} {json.dumps(resource['spec'])}" for found, resource in told if found]


def is_beyond_the_schema(error: Finding) -> bool:
    """Where CEL or the schema is looser on purpose, with the reason."""
    match error.code:
        case "FK111" if not error.path.endswith(("resource.cpu", ".ephemeralStorage")):
            # The notation depends on the name of the resource, which a rule on values does not see, and half
            # a byte of memory is none: CEL takes any number with any unit.
            least = "[1-9]" if error.path.endswith(("cpu", "memory")) else "[0-9]"
            return re.match(rf"\s*\+?[0-9.]*{least}", refused_amount(error)) is not None
        case "FK112":
            # 1G is 2^30 bytes for Flink and 10^9 for Kubernetes: CEL compares what both read alike.
            return error.path.endswith(".memory")
        case "FK016":
            # Text, a whole number or a fraction: no structural type is all three, so quantities have none.
            return _POD_QUANTITY.search(error.path) is not None
    return False


def refused_amount(error: Finding) -> str:
    told = re.fullmatch(r"(.*) is not a size|must be more than 0, not (.*)", error.message, re.DOTALL)
    assert told is not None, error
    return str(literal_eval(told[1])) if told[1] else told[2]
