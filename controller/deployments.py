"""FlinkDeployments, for the reconciler."""

from collections.abc import Mapping

from controller.act import Actor
from controller.cache import Key
from controller.decide import Subject, decide
from controller.flink.operator_files import OperatorFiles
from controller.kubernetes_api import FLINK_DEPLOYMENTS, Object
from controller.observation import Observation
from controller.observe import Observer
from controller.plan import Action, Plan
from controller.subjects import read_subject


class Deployments:
    """Their lifecycle."""

    collection = FLINK_DEPLOYMENTS

    def __init__(
        self,
        observer: Observer,
        actor: Actor,
        operator_configuration: Mapping[str, str],
        operator_files: OperatorFiles,
    ) -> None:
        self._observer = observer
        self._actor = actor
        self._configuration = operator_configuration
        self._files = operator_files

    def read(self, raw: Object) -> Subject:
        """Raises StatusUnreadable."""
        return read_subject(raw, self._configuration, self._files)

    async def observe(self, subject: Subject, *, live: bool = False) -> Observation:
        """The cluster and its job."""
        return await self._observer.observe(subject, live=live)

    def decide(self, subject: Subject, observation: Observation) -> Plan:
        """What is to be done."""
        return decide(subject, observation)

    async def perform(self, action: Action, subject: Subject) -> Object | None:
        """Raises ActionRefused, and ApiError when it is not known what happened."""
        return await self._actor.perform(action, subject)

    def forget(self, key: Key) -> None:
        """The resource is gone."""
        self._observer.forget(key)
