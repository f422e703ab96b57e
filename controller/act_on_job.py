"""Actions on a job and its resource, the same for both kinds. Each can be repeated."""

import logging
from collections.abc import Awaitable, Callable

from controller.decide.subject import AnySubject
from controller.flink.rest import FlinkRest, RestError
from controller.kubernetes_api import ApiError, KubernetesApi, Object, flink_collection
from controller.plan import (
    AddFinalizer,
    CancelJob,
    JobAction,
    RemoveFinalizer,
    StopWithSavepoint,
    TriggerSavepoint,
)
from controller.rest_address import address_for

log = logging.getLogger(__name__)


class JobActor:
    """Performs them. Raises ApiError when it is not known what happened."""

    def __init__(self, api: KubernetesApi, flink: FlinkRest) -> None:
        self._api = api
        self._flink = flink

    async def perform(self, action: JobAction, subject: AnySubject) -> Object | None:
        """Perform one action; the answer is the resource if the action changed it."""
        log.info("%s/%s: %s", *subject.key, type(action).__name__)
        match action:
            case AddFinalizer():
                return await self._set_finalizers(subject, [*subject.metadata.finalizers, subject.finalizer])
            case RemoveFinalizer():
                return await self._remove_finalizer(subject)
            case StopWithSavepoint():
                await self._ask(lambda base: self._flink.stop_with_savepoint(base, action), subject)
            case TriggerSavepoint():
                await self._ask(lambda base: self._flink.take_savepoint(base, action), subject)
            case CancelJob(job_id):
                await self._ask(lambda base: self._flink.cancel(base, job_id), subject)
        return None

    async def _ask(self, call: Callable[[str], Awaitable[None]], subject: AnySubject) -> None:
        """What did not arrive is asked again after the next observation."""
        base = address_for(subject)
        try:
            if base is not None:
                await call(base)
        except RestError as error:
            log.warning("%s/%s: %s", *subject.key, error)

    async def _remove_finalizer(self, subject: AnySubject) -> Object | None:
        """None when the resource is gone already."""
        others = [one for one in subject.metadata.finalizers if one != subject.finalizer]
        try:
            return await self._set_finalizers(subject, others)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def _set_finalizers(self, subject: AnySubject, finalizers: list[str]) -> Object:
        """Conditional on the version that was read, because other finalizers may come and go."""
        metadata = subject.metadata
        patch = {"metadata": {"finalizers": finalizers, "resourceVersion": metadata.resource_version}}
        return await self._api.merge(flink_collection(subject.plural), *subject.key, patch)
