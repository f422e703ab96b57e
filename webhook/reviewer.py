"""The rules as the webhook uses them, and the proof at start that they work."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from shared import API_VERSION
from shared.defaults import default_patch
from shared.rules import Finding, RuleContext, Verdict, explain, review
from shared.rules.context import LookUp, nothing_is_known
from webhook.admission import Json

logger = logging.getLogger(__name__)

_NOTHING_GIVEN: Json = {
    "apiVersion": API_VERSION,
    "kind": "FlinkDeployment",
    "metadata": {"name": "self-test", "namespace": "default"},
    "spec": {},
}
"""A resource that the rules must refuse."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """What there is to say about a resource: pure functions, the operator's configuration bound in."""

    review: Callable[[Json, Json | None], Verdict]
    """All findings of a resource, and of what it replaces if there is such."""
    default_patch: Callable[[Json], Sequence[Json]] = default_patch
    """The JSON patch that gives a resource its defaults; empty when it has them."""
    explain: Callable[[Sequence[Finding]], str] = explain
    """The text of a denial."""

    def self_test(self) -> str | None:
        """Why reviews cannot be trusted in this process, or None."""
        try:
            errors = self.review(_NOTHING_GIVEN, None).errors
            self.explain(errors)
            self.default_patch(_NOTHING_GIVEN)
        except Exception:
            logger.exception("the self-test of the rules failed")
            return "the self-test of the rules failed: the log says why"
        return None if errors else "the self-test found that the rules accept an empty FlinkDeployment"


def reviewer_with(operator_configuration: dict[str, str], look_up: LookUp = nothing_is_known) -> Reviewer:
    """The project's rules under an operator configuration; they see other resources through `look_up`."""
    context = RuleContext(operator_configuration=operator_configuration, look_up=look_up)
    bound: Callable[[Any, Any], Verdict] = partial(review, context=context)
    return Reviewer(review=bound)
