"""The rules as the webhook uses them, and the proof at start that they work."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from shared import API_VERSION
from shared.defaults import default_patch
from shared.rules import Finding, RuleContext, Verdict, explain, review
from shared.rules.context import LookUp, Presence, nothing_is_known
from shared.rules.finding import Reference
from webhook.admission import Json
from webhook.cluster_view import ClusterView

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
    with_live_reads: "Callable[[Collection[Reference], float], Awaitable[Reviewer]] | None" = None
    """A reviewer that knows these resources as the API server has them now, or after so many seconds does not
    know them; None where no other resource is looked at."""

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


def reviewer_with(operator_configuration: Mapping[str, str], view: ClusterView | None = None) -> Reviewer:
    """The project's rules under an operator configuration; they see other resources through the view."""
    context = RuleContext(operator_configuration, nothing_is_known if view is None else view.look_up)
    reviewer = Reviewer(review=_bound(context))
    if view is None:
        return reviewer

    async def with_live_reads(references: Collection[Reference], seconds: float) -> Reviewer:
        found = await asyncio.gather(*(view.read(*reference, seconds=seconds) for reference in references))
        look_up = _overlaid(dict(zip(references, found, strict=True)), view.look_up)
        return replace(reviewer, review=_bound(replace(context, look_up=look_up)))

    return replace(reviewer, with_live_reads=with_live_reads)


def _bound(context: RuleContext) -> Callable[[Any, Any], Verdict]:
    return partial(review, context=context)


def _overlaid(live: Mapping[Reference, Mapping[str, Any] | Presence], cached: LookUp) -> LookUp:
    def look_up(kind: str, namespace: str, name: str) -> Mapping[str, Any] | Presence:
        found = live.get(Reference(kind, namespace, name))
        return cached(kind, namespace, name) if found is None else found

    return look_up
