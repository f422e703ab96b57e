"""What a scenario of a session cluster starts with."""

from dataclasses import dataclass, field

from controller.kubernetes_api import FLINK_SESSION_JOBS
from shared.config.operator_options import SESSION_JOB_LAST_STATE, SUBMISSION_TIMEOUT
from tests.simulation.node import Pace
from tests.simulation.replica import NAME
from tests.simulation.resource import Json
from tests.simulation.terse import Terse
from tests.simulation.world import INITIAL, options_of_cluster, spec_of_cluster

JOBS = FLINK_SESSION_JOBS.plural
NAMES = ("counts", "sums", "totals")
"""Of session jobs."""
OPERATOR = {SESSION_JOB_LAST_STATE.key: "true", SUBMISSION_TIMEOUT.key: "40 s"}
BLOCK = "kubernetes.operator.session.deletion.block-on-session-jobs"
CASCADE = "kubernetes.operator.session.deletion.delete-session-jobs"
_SAVEPOINT_ON_DELETION = "kubernetes.operator.job.savepoint-on-deletion"


@dataclass(frozen=True, slots=True, repr=False)
class SessionSetup(Terse):
    """A session cluster, and the upgradeMode of each of its jobs."""

    modes: tuple[str, ...] = ("savepoint", "stateless")
    ha: bool = True
    checkpoints: bool = True
    savepoint_directory: bool = True
    initial_savepoint: bool = False
    version: str = "v2_3"
    options: tuple[tuple[str, str], ...] = ()
    """Of the cluster."""
    job_options: tuple[tuple[str, str], ...] = ()
    savepoint_on_deletion: bool = False
    cluster_goes_first: bool = False
    """In the end: else the jobs do."""
    head_start: float = 0.0
    """Seconds in which nothing happens, so that the jobs run."""
    pace: Pace = field(default_factory=Pace)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the jobs."""
        return NAMES[: len(self.modes)]

    def spec(self) -> Json:
        """The first spec of the cluster."""
        return spec_of_cluster(self.version, options_of_cluster(self.options, ha=self.ha))

    def spec_of_job(self, name: str) -> Json:
        """The first spec of a session job."""
        options: Json = dict(self.job_options)
        if self.checkpoints:
            options["execution.checkpointing.interval"] = "10 s"
        if self.savepoint_directory:
            options["execution.checkpointing.savepoint-dir"] = f"s3://shop/sp/{name}"
        if self.savepoint_on_deletion:
            options[_SAVEPOINT_ON_DELETION] = "true"
        job: Json = {
            "jarURI": f"https://jars.example.com/{name}.jar",
            "parallelism": 1,
            "upgradeMode": self.modes[NAMES.index(name)],
            "state": "running",
        }
        if self.initial_savepoint:
            job["initialSavepointPath"] = INITIAL
        return {"deploymentName": NAME, "job": job, "flinkConfiguration": options}
