"""The world with a session cluster and its jobs."""

from tests.simulation.coverage import Coverage
from tests.simulation.resource import Resource
from tests.simulation.session.control import SessionControl
from tests.simulation.session.promises import SessionPromises
from tests.simulation.session.setup import OPERATOR, SessionSetup
from tests.simulation.world import INITIAL, Controls, World


class SessionWorld(World):
    """One scenario's."""

    def __init__(self, setup: SessionSetup, coverage: Coverage) -> None:
        super().__init__(setup, coverage)
        self.operator_configuration = OPERATOR
        self.cluster_goes_first = setup.cluster_goes_first
        self.jobs = {
            name: Resource(self.server, "FlinkSessionJob", name, setup.spec_of_job(name))
            for name in setup.names
        }

    def _promises(self) -> SessionPromises:
        self.session = SessionPromises(self.server, self.storage, self.coverage)
        return self.session

    def _control(self) -> Controls:
        return SessionControl(self.server, self.flink, self.session)

    def create(self) -> None:
        """The cluster and its jobs, in this order."""
        super().create()
        for job in self.jobs.values():
            job.create()

    @property
    def resources(self) -> tuple[Resource, ...]:
        """The cluster and its jobs."""
        return self.cluster, *self.jobs.values()

    def lost_by_hand(self, owner: str) -> None:
        """With all that ran on it."""
        super().lost_by_hand(owner)
        self.session.all_lost_by_hand()

    def job_id(self, name: str) -> str | None:
        """On record."""
        found: str | None = (self.jobs[name].status.get("jobStatus") or {}).get("jobId")
        return found

    def newest_of(self, name: str) -> str | None:
        """What a user would find of that job in the storage."""
        stored = self.jobs[name].stored
        if stored is None:
            return None
        uid = stored["metadata"]["uid"]
        floor = self.session.lineage(uid).floor
        if floor is None:
            return None
        own = [
            point
            for path, point in self.storage.points.items()
            if path != INITIAL and self.session.owner(point.made_by) == uid
        ]
        found = [point for point in [*own, self.storage.points[INITIAL]] if point.content >= floor]
        return found[-1].path if found else None
