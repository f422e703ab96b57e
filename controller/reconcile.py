"""One reconciliation: observe, decide, write the status, act, post events."""

import logging
from datetime import UTC, datetime
from typing import Generic, Protocol

from controller.act import ActionRefused
from controller.authorship import Authorship
from controller.cache import Cache, Key
from controller.decide import Subject, decide_failure, decide_unseen
from controller.decide.second_operator import stand_back
from controller.decide.subject import AnySubject
from controller.events import EventPoster
from controller.kubernetes_api import ApiError, Collection, Conflict, KubernetesApi, Object
from controller.leadership import LeaderElector, NotLeading
from controller.observation import Observation
from controller.plan import Action, AnyPlan, Event, EventComponent, EventType, Plan, RepairObjects
from controller.subjects import StatusUnreadable
from shared.model.reconciled_spec import Spec
from shared.model.status import Status

log = logging.getLogger(__name__)

_SOON = 0.2  # seconds after a write that another writer overtook
_INTERNAL_ERROR = Event(
    EventType.WARNING,
    "InternalError",
    "The operator failed on this resource, by its own fault: its log tells more. What runs is left alone.",
    EventComponent.OPERATOR,
)
_UNREADABLE = 300.0  # seconds between reminders; a mended status comes by watch


class Lifecycle(Protocol[Spec, Status]):
    """What is particular to a kind."""

    @property
    def collection(self) -> Collection:
        """Of its resources."""

    def read(self, raw: Object) -> Subject[Spec, Status]:
        """The resource as decisions see it. Raises StatusUnreadable."""

    async def observe(self, subject: Subject[Spec, Status], *, live: bool = False) -> Observation:
        """All facts about it at about the same time; `live`: read nothing from caches."""

    def decide(self, subject: Subject[Spec, Status], observation: Observation) -> Plan[Status]:
        """What is to be done."""

    async def perform(self, action: Action, subject: Subject[Spec, Status]) -> Object | None:
        """Perform an action; the answer is the resource if the action changed it.

        Raises ActionRefused, and ApiError when it is not known what happened.
        """

    def forget(self, key: Key) -> None:
        """The resource is gone."""


class Reconciler(Generic[Spec, Status]):
    """Reconciles the resources of one kind by key."""

    def __init__(
        self,
        *,
        lifecycle: Lifecycle[Spec, Status],
        api: KubernetesApi,
        cache: Cache,
        events: EventPoster,
        elector: LeaderElector,
        authorship: Authorship,
    ) -> None:
        self._lifecycle = lifecycle
        self._plural = lifecycle.collection.plural
        self._api = api
        self._cache = cache
        self._events = events
        self._elector = elector
        self._authorship = authorship

    async def reconcile(self, key: Key) -> float | None:
        """Bring one resource a step further; the answer is when to look again (seconds).

        A replica that does not lead does nothing: it is called for every resource when its term begins.
        """
        if not self._elector.is_leading:
            return None
        term = self._elector.term
        raw = self._cache.resource(self._plural, key)
        if raw is None:
            self._cache.forget(self._plural, key)
            self._authorship.forget(key)
            self._lifecycle.forget(key)
            return None
        try:
            subject = self._lifecycle.read(raw)
        except StatusUnreadable as error:
            event = Event(EventType.WARNING, "StatusUnreadable", str(error), EventComponent.OPERATOR)
            await self._events.post(event, raw)
            return _UNREADABLE
        try:
            return await self._advance(key, subject, raw, term)
        except Conflict as conflict:
            log.info("%s/%s: %s", *key, conflict)
            return _SOON
        except NotLeading:
            return None
        except ApiError:
            raise  # nothing is known of the effect: the queue comes back to it
        except Exception:
            await self._events.post(_INTERNAL_ERROR, raw)
            raise

    async def _advance(
        self, key: Key, subject: Subject[Spec, Status], raw: Object, term: int
    ) -> float | None:
        rival = await self._authorship.rival(key, raw, term)
        if rival is not None:
            plan = stand_back(subject, rival, datetime.now(UTC))
            return await self._carry_out(plan, subject, raw, term)
        plan = await self._plan(subject)
        if any(isinstance(action, RepairObjects) for action in plan.actions):
            self._cache.repair_pace.note(key, datetime.now(UTC))
        try:
            return await self._carry_out(plan, subject, raw, term)
        except ActionRefused as refusal:
            newest = self._cache.resource(self._plural, key) or raw
            if not self._authorship.knows(key, newest):
                return _SOON  # what another wrote is not written over
            subject = self._lifecycle.read(newest)
            plan = decide_failure(subject, refusal.problem, datetime.now(UTC))
            return await self._carry_out(plan, subject, newest, term)

    async def _plan(self, subject: Subject[Spec, Status]) -> Plan[Status]:
        """A cache can be stale: what has an effect is decided again on what is read live."""
        if (plan := decide_unseen(subject)) is not None:
            return plan
        observation = await self._lifecycle.observe(subject)
        plan = self._lifecycle.decide(subject, observation)
        if observation.from_caches and _has_effect(plan, subject):
            plan = self._lifecycle.decide(subject, await self._lifecycle.observe(subject, live=True))
        return plan

    async def _carry_out(
        self, plan: Plan[Status], subject: Subject[Spec, Status], raw: Object, term: int
    ) -> float | None:
        """The status is on record before the first effect, and only the leader has effects."""
        status = plan.status.to_wire()
        if status != subject.status.to_wire():
            self._elector.check(term)
            raw = await self._write_status(subject.key, {**raw, "status": status})
            subject = self._lifecycle.read(raw)
        for event in plan.events:
            self._elector.check(term)
            await self._events.post(event, raw)
        for action in plan.actions:
            self._elector.check(term)
            changed = await self._lifecycle.perform(action, subject)
            if changed is not None:
                self._cache.wrote(self._plural, changed)
                raw = changed
                subject = self._lifecycle.read(changed)
        return plan.again_after

    async def _write_status(self, key: Key, body: Object) -> Object:
        self._authorship.is_about_to_write(key, body)
        try:
            answer = await self._api.replace(self._lifecycle.collection, body, subresource="status")
        except Conflict:
            self._authorship.was_overtaken(key, body)
            raise
        self._authorship.wrote(key, answer)
        self._cache.wrote(self._plural, answer)
        return answer


def _has_effect(plan: AnyPlan, subject: AnySubject) -> bool:
    """On the cluster, or on what is done to it next."""
    before, after = subject.status.reconciliation_status, plan.status.reconciliation_status
    return bool(plan.actions) or after.state is not before.state
