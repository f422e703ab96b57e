"""FlinkSessionJobs, for the reconciler."""

import logging
from collections.abc import Mapping

from controller.act_on_job import JobActor
from controller.cache import Cache, Key
from controller.decide import decide_session_job
from controller.decide.subject import SessionJobSubject
from controller.kubernetes_api import FLINK_SESSION_JOBS, Object
from controller.observation import Observation
from controller.observe_session_job import SessionJobObserver
from controller.plan import (
    AbandonSubmission,
    Action,
    AddFinalizer,
    CancelJob,
    Plan,
    RemoveFinalizer,
    RunJob,
    StopWithSavepoint,
    TriggerSavepoint,
)
from controller.session_clusters import session_job_subject
from controller.submissions import Submissions
from shared.model.status import FlinkSessionJobStatus

log = logging.getLogger(__name__)


class SessionJobs:
    """Their lifecycle."""

    collection = FLINK_SESSION_JOBS

    def __init__(
        self,
        cache: Cache,
        observer: SessionJobObserver,
        actor: JobActor,
        submissions: Submissions,
        operator_configuration: Mapping[str, str],
    ) -> None:
        self._cache = cache
        self._observer = observer
        self._actor = actor
        self._submissions = submissions
        self._configuration = operator_configuration

    def read(self, raw: Object) -> SessionJobSubject:
        """Raises StatusUnreadable."""
        return session_job_subject(raw, self._cache, self._configuration)

    async def observe(self, subject: SessionJobSubject, *, live: bool = False) -> Observation:
        """The job, and the cluster that it runs on."""
        return await self._observer.observe(subject, live=live)

    def decide(self, subject: SessionJobSubject, observation: Observation) -> Plan[FlinkSessionJobStatus]:
        """What is to be done."""
        return decide_session_job(subject, observation)

    async def perform(self, action: Action, subject: SessionJobSubject) -> Object | None:
        """Raises ApiError when it is not known what happened."""
        match action:
            case AddFinalizer() | RemoveFinalizer() | StopWithSavepoint() | TriggerSavepoint() | CancelJob():
                return await self._actor.perform(action, subject)
            case RunJob():
                log.info("%s/%s: %s", *subject.key, type(action).__name__)
                self._submissions.begin(action, subject)
            case AbandonSubmission():
                self._submissions.abandon(subject.key)
            case _:
                raise TypeError(f"{type(action).__name__} is no action of a FlinkSessionJob")
        return None

    def forget(self, key: Key) -> None:
        """The resource is gone."""
        self._observer.forget(key)
