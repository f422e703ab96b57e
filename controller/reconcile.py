"""One reconciliation: observe, decide, write the status, act, post events."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from controller.act import ActionRefused, Actor
from controller.authorship import Authorship
from controller.cache import Cache, Key
from controller.decide import Subject, decide, decide_failure, decide_unseen
from controller.decide.rollback import deployed_spec
from controller.decide.second_operator import stand_back
from controller.events import EventPoster
from controller.flink.operator_files import OperatorFiles
from controller.kubernetes_api import FLINK_DEPLOYMENTS, ApiError, Conflict, KubernetesApi, Object
from controller.leadership import LeaderElector, NotLeading
from controller.observe import Observer
from controller.plan import Event, EventComponent, EventType, Plan, RepairObjects
from controller.salvage import salvaged, salvaged_record
from shared.model import FlinkDeployment
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.status import FlinkDeploymentStatus
from shared.rules import RuleContext, Severity, explain, findings_of
from shared.rules.not_supported import not_supported
from shared.rules.shape import parse

log = logging.getLogger(__name__)

PLURAL = FLINK_DEPLOYMENTS.plural
_SOON = 0.2  # seconds after a write that another writer overtook
_INTERNAL_ERROR = Event(
    EventType.WARNING,
    "InternalError",
    "The operator failed on this resource, by its own fault: its log tells more. What runs is left alone.",
    EventComponent.OPERATOR,
)
_UNREADABLE = 300.0  # seconds between reminders; a mended status comes by watch


class StatusUnreadable(Exception):  # noqa: N818 - a state of the resource
    """What was recorded cannot be understood, so nothing may be done; the text is for its owner."""


class Reconciler:
    """Reconciles FlinkDeployments by key."""

    def __init__(
        self,
        *,
        api: KubernetesApi,
        cache: Cache,
        observer: Observer,
        actor: Actor,
        events: EventPoster,
        elector: LeaderElector,
        authorship: Authorship,
        operator_configuration: Mapping[str, str],
        operator_files: OperatorFiles,
    ) -> None:
        self._api = api
        self._cache = cache
        self._observer = observer
        self._actor = actor
        self._events = events
        self._elector = elector
        self._authorship = authorship
        self._configuration = operator_configuration
        self._files = operator_files

    async def reconcile(self, key: Key) -> float | None:
        """Bring one resource a step further; the answer is when to look again (seconds).

        A replica that does not lead does nothing: it is called for every resource when its term begins.
        """
        if not self._elector.is_leading:
            return None
        term = self._elector.term
        raw = self._cache.resource(PLURAL, key)
        if raw is None:
            self._cache.forget(PLURAL, key)
            self._authorship.forget(key)
            self._observer.forget(key)
            return None
        try:
            subject = self._read(raw)
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

    async def _advance(self, key: Key, subject: Subject, raw: Object, term: int) -> float | None:
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
            newest = self._cache.resource(PLURAL, key) or raw
            if not self._authorship.knows(key, newest):
                return _SOON  # what another wrote is not written over
            subject = self._read(newest)
            plan = decide_failure(subject, refusal.problem, datetime.now(UTC))
            return await self._carry_out(plan, subject, newest, term)

    async def _plan(self, subject: Subject) -> Plan:
        """A cache can be stale: what has an effect is decided again on what is read live."""
        if (plan := decide_unseen(subject)) is not None:
            return plan
        observation = await self._observer.observe(subject)
        plan = decide(subject, observation)
        if observation.from_caches and _has_effect(plan, subject):
            plan = decide(subject, await self._observer.observe(subject, live=True))
        return plan

    async def _carry_out(self, plan: Plan, subject: Subject, raw: Object, term: int) -> float | None:
        """The status is on record before the first effect, and only the leader has effects."""
        status = plan.status.to_wire()
        if status != subject.status.to_wire():
            self._elector.check(term)
            raw = await self._write_status(subject.key, {**raw, "status": status})
            subject = self._read(raw)
        for event in plan.events:
            self._elector.check(term)
            await self._events.post(event, raw)
        for action in plan.actions:
            self._elector.check(term)
            changed = await self._actor.perform(action, subject)
            if changed is not None:
                self._cache.wrote(PLURAL, changed)
                raw = changed
                subject = self._read(changed)
        return plan.again_after

    async def _write_status(self, key: Key, body: Object) -> Object:
        self._authorship.is_about_to_write(key, body)
        try:
            answer = await self._api.replace(FLINK_DEPLOYMENTS, body, subresource="status")
        except Conflict:
            self._authorship.was_overtaken(key, body)
            raise
        self._authorship.wrote(key, answer)
        self._cache.wrote(PLURAL, answer)
        return answer

    def _read(self, raw: Object) -> Subject:
        return read_subject(raw, self._configuration, self._files)


def _has_effect(plan: Plan, subject: Subject) -> bool:
    """On the cluster, or on what is done to it next."""
    before, after = subject.status.reconciliation_status, plan.status.reconciliation_status
    return bool(plan.actions) or after.state is not before.state


def read_subject(
    raw: Object, operator_configuration: Mapping[str, str], operator_files: OperatorFiles
) -> Subject:
    """The resource as far as it can be read, with the findings that admission would have made.

    Raises StatusUnreadable: then what runs, and from which state, is not known. A resource that is being
    deleted is read however damaged it is, because deletion must end.
    """
    being_deleted = raw["metadata"].get("deletionTimestamp") is not None
    is_damaged = False
    try:
        last = _last_deployed(raw)
    except StatusUnreadable:
        if not being_deleted:
            raise
        last, is_damaged = salvaged_record(raw), True
    parsed = parse(raw)
    resource = parsed.resource
    if being_deleted and resource is None:
        resource, is_damaged = salvaged(raw), True
    if not isinstance(resource, FlinkDeployment):
        raise StatusUnreadable(explain(parsed.findings))
    findings = findings_of(parsed, RuleContext(operator_configuration))
    return Subject(
        resource=resource,
        errors=tuple(finding for finding in findings if finding.severity is Severity.ERROR),
        not_supported=tuple(not_supported(resource)),
        last=last,
        operator_configuration=operator_configuration,
        record_is_damaged=is_damaged,
        operator_files=operator_files,
    )


def _last_deployed(raw: Object) -> ReconciledSpec | None:
    try:
        return deployed_spec(FlinkDeploymentStatus.model_validate(raw.get("status") or {}))
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise StatusUnreadable(
            f"The recorded status cannot be read, so nothing is done for this resource: {reason} "
            "Restore the status, or delete the resource and create it anew."
        ) from error
