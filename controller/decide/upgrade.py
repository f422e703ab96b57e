"""How a job is stopped for a change, and what it is started from afterwards (contract part 5.3.4).

| upgradeMode | the job                        | is stopped by                  | and starts from            |
|-------------|--------------------------------|--------------------------------|----------------------------|
| any         | a new savepointRedeployNonce   | deleting the cluster           | initialSavepointPath       |
| stateless   | any                            | deleting the cluster           | nothing                    |
| any         | suspended                      | (it is)                        | what was recorded then     |
| any         | its JobManager never came up   | deleting the cluster           | what it was to start from  |
| any         | ended                          | deleting the cluster           | its newest checkpoint      |
| any         | ended, its JobManager is gone  | deleting the cluster           | what was recorded then     |
| savepoint   | running                        | a savepoint                    | that savepoint             |
| savepoint   | not running                    | as last-state, where fallback is on                         |
| last-state  | Flink's version changes        | a savepoint, else cancellation | savepoint or checkpoint    |
| last-state  | no checkpoint, or an old one   | a savepoint                    | that savepoint             |
| last-state  | metadata in Kubernetes         | deleting the cluster           | Flink's own metadata       |
| last-state  | none, or cancellation wanted   | cancellation                   | its newest checkpoint      |

Where no row holds, nothing is done, and what is missing is said.
"""

from controller.decide import problems
from controller.decide.conditions import milliseconds
from controller.decide.ended import has_ended, route_after_end
from controller.decide.route import WITHOUT_STATE, Route, Suspension, Wait, recorded_path
from controller.decide.subject import AnySubject
from controller.observation import Absent, Checkpoints, Job, Known, Observation, Problem, Unknown
from shared.config.duration import parse_duration
from shared.config.operator_options import (
    LAST_STATE_CHECKPOINT_AGE,
    LAST_STATE_FALLBACK,
    LAST_STATE_JOB_CANCEL,
)
from shared.config.options import (
    CHECKPOINT_RETENTION,
    SAVEPOINT_DIRECTORY,
    high_availability_is_active,
    high_availability_is_kubernetes,
    is_true,
)
from shared.model.deployment import FlinkDeploymentSpec, FlinkVersion
from shared.model.job import UpgradeMode
from shared.model.reconciled_spec import AnySpec, ReconciledSpec
from shared.model.status import JobState

RETAINED = "RETAIN_ON_CANCELLATION"


_BY_SAVEPOINT = Route(Suspension.SAVEPOINT, UpgradeMode.SAVEPOINT)
_BY_CANCELLATION = Route(Suspension.CANCELLATION, UpgradeMode.SAVEPOINT)


def choose_route(
    subject: AnySubject, last: ReconciledSpec[AnySpec], spec: AnySpec, observation: Observation
) -> Route | Wait:
    """The way for this change, by what is known now."""
    if spec.job is None or last.spec.job is None:
        return WITHOUT_STATE
    if (path := redeployment_path(last.spec, spec)) is not None:
        return Route(Suspension.DELETION, UpgradeMode.SAVEPOINT, path)
    change = _Change(subject, last.spec, spec, observation)
    if change.has_foreign_high_availability:
        return Wait(problems.foreign_high_availability())
    if spec.job.upgrade_mode is UpgradeMode.STATELESS:
        return WITHOUT_STATE
    if never_ran(last, observation) and not last.is_suspended:
        return change.as_submitted(UpgradeMode.STATELESS)
    recorded = last.spec.job.upgrade_mode
    if last.is_suspended:
        return Route(Suspension.DELETION, recorded, subject.status.job_status.upgrade_savepoint_path)
    if change.job is None and never_available(observation):
        return change.as_submitted(recorded)
    if has_ended(subject.status, observation, change.before):
        return route_after_end(subject.status, observation)
    if change.job is not None and change.job.state is JobState.CANCELLING:
        return Wait()
    return change.with_savepoint() if spec.job.upgrade_mode is UpgradeMode.SAVEPOINT else change.last_state()


def redeployment_path(last: AnySpec, spec: AnySpec) -> str | None:
    """Where a new savepointRedeployNonce wants the job to start from; None when there is no new one."""
    if last.job is None or spec.job is None or spec.job.savepoint_redeploy_nonce is None:
        return None
    if spec.job.savepoint_redeploy_nonce == last.job.savepoint_redeploy_nonce:
        return None
    return spec.job.initial_savepoint_path


def never_ran(last: ReconciledSpec[AnySpec], observation: Observation) -> bool:
    """Whether the job was deployed for the first time and its JobManager never came up.

    What was suspended as a first deployment had not come up either.
    """
    return last.first_deployment and (last.is_suspended or never_available(observation))


def _flink_version(spec: AnySpec) -> FlinkVersion | None:
    """None for session jobs: it is that of their cluster."""
    return spec.flink_version if isinstance(spec, FlinkDeploymentSpec) else None


def never_available(observation: Observation) -> bool:
    """There is a cluster, and no JobManager of it was ever up."""
    match observation.cluster:
        case Known(cluster):
            return cluster.never_available
        case _:
            return False


class _Change:
    """A job whose state is to be kept, before and after."""

    def __init__(
        self,
        subject: AnySubject,
        before: AnySpec,
        after: AnySpec,
        observation: Observation,
    ) -> None:
        self.before = subject.configuration(before)
        self._after = subject.configuration(after)
        self._has_own_cluster = isinstance(after, FlinkDeploymentSpec)
        self._version_changes = _flink_version(before) is not _flink_version(after)
        self._restored_from = recorded_path(subject.status)
        self._observation = observation
        self._savepoint_directory = SAVEPOINT_DIRECTORY.read(self._after) or SAVEPOINT_DIRECTORY.read(
            self.before
        )
        self.job: Job | None = observation.job.value if isinstance(observation.job, Known) else None

    @property
    def has_foreign_high_availability(self) -> bool:
        return high_availability_is_active(self.before) and not high_availability_is_kubernetes(self.before)

    def as_submitted(self, recorded: UpgradeMode) -> Route | Wait:
        """The JobManager never came up, so what the job was to start from is still the newest."""
        match self._observation.high_availability:
            case Known():
                return self._by_metadata()
            case Unknown():
                return Wait()
            case _ if recorded is UpgradeMode.LAST_STATE:
                return Wait(problems.metadata_is_lost())
            case _:
                return Route(Suspension.DELETION, recorded, self._restored_from, never_ran=True)

    def with_savepoint(self) -> Route | Wait:
        """For upgradeMode savepoint."""
        if self._is_running:
            return _BY_SAVEPOINT if self._savepoint_directory else Wait(problems.no_savepoint_directory())
        if self._is_silent:
            return Wait(problems.job_manager_is_silent(self._observation.rest_problem))
        if self._version_changes or is_true(LAST_STATE_FALLBACK.read(self._after)):
            return self.last_state()
        return Wait(problems.job_does_not_run(self.job.state.value if self.job else "unknown"))

    def last_state(self) -> Route | Wait:
        """For upgradeMode last-state."""
        wants_savepoint = self._version_changes or self._has_no_checkpoint
        if wants_savepoint and self._is_running and self._savepoint_directory:
            return _BY_SAVEPOINT
        base = self._whatever_its_age()
        limit = LAST_STATE_CHECKPOINT_AGE.read(self._after)
        if isinstance(base, Route) and self.job is not None and self._is_running and limit:
            return self._if_young(base, self.job, parse_duration(limit))
        return base

    def _whatever_its_age(self) -> Route | Wait:
        both = (self.before, self._after)
        if not self._has_own_cluster and self.job is not None:
            return self._cancelled()  # its metadata is its cluster's, and stays there
        if self._version_changes or not all(high_availability_is_kubernetes(one) for one in both):
            return self._cancelled()
        match self._observation.high_availability:
            case Unknown():
                return Wait()
            case Known() if not self._has_own_cluster:
                return Wait()  # its JobManager brings it back
            case Known() if self.job is None or not is_true(LAST_STATE_JOB_CANCEL.read(self._after)):
                return self._by_metadata()
            case _:
                return self._cancelled()

    def _by_metadata(self) -> Route:
        """The path counts where the job has not completed a checkpoint yet."""
        return Route(Suspension.DELETION, UpgradeMode.LAST_STATE, self._restored_from)

    def _cancelled(self) -> Route | Wait:
        if self.job is None:
            return Wait(self._what_is_lost())
        retention = (CHECKPOINT_RETENTION.read(self.before) or "").strip().upper()
        if retention != RETAINED:
            return Wait(problems.cancellation_loses_checkpoints(retention))
        return _BY_CANCELLATION

    def _what_is_lost(self) -> Problem | None:
        absent = isinstance(self._observation.cluster, Absent)
        match self._observation.high_availability:
            case Unknown():
                return None
            case Known() if absent:
                return problems.metadata_does_not_serve()
            case Absent() if absent:
                return problems.metadata_is_lost()
            case _ if isinstance(self._observation.job, Absent):
                return problems.job_is_not_known()
            case _:
                return problems.job_manager_is_down(self._observation.rest_problem)

    def _if_young(self, base: Route, job: Job, limit_seconds: float) -> Route | Wait:
        match self._observation.checkpoints:
            case Unknown():
                return Wait()
            case Absent():
                checkpoints = Checkpoints()
            case Known(checkpoints):
                pass
        oldest = milliseconds(self._observation.at) - limit_seconds * 1000
        if max(job.start_time, checkpoints.completed_at or 0) >= oldest:
            return base
        if (checkpoints.in_progress_since or 0) >= oldest:
            return Wait()
        return _BY_SAVEPOINT if self._savepoint_directory else Wait(problems.checkpoint_is_too_old())

    @property
    def _is_running(self) -> bool:
        return self.job is not None and self.job.state is JobState.RUNNING

    @property
    def _is_silent(self) -> bool:
        """The JobManager is up, and for now it is not known how the job is."""
        cluster = self._observation.cluster
        up = isinstance(cluster, Known) and cluster.value.available
        return up and isinstance(self._observation.job, Unknown)

    @property
    def _has_no_checkpoint(self) -> bool:
        match self._observation.checkpoints:
            case Known(checkpoints):
                return checkpoints.newest is None
            case _:
                return False
