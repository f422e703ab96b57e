"""An effect that the API server refused: into the status, where its owner looks."""

from datetime import datetime

from controller.decide.conclusion import conclude_with
from controller.decide.observed import apply_problem
from controller.decide.problems import INGRESS_FAILED, REPAIR_REFUSED
from controller.decide.subject import Subject
from controller.observation import Problem
from controller.plan import Plan
from shared.model.reconciled_spec import Spec
from shared.model.status import FlinkDeploymentStatus, JobManagerDeploymentStatus, LifecycleState, Status

_RETRY = 30.0  # seconds; the server said no, and a quick repetition will not change its mind


def decide_failure(subject: Subject[Spec, Status], problem: Problem, at: datetime) -> Plan[Status]:
    """The plan after a refused effect: say so, and try again slowly or when the spec changes.

    An Ingress that is refused says nothing about the cluster, and neither does a repair.
    """
    status = subject.status.model_copy(deep=True)
    is_of_cluster = problem.reason not in {INGRESS_FAILED, REPAIR_REFUSED}
    goes = status.lifecycle_state is LifecycleState.DELETING
    if isinstance(status, FlinkDeploymentStatus) and is_of_cluster and not goes:
        status.job_manager_deployment_status = JobManagerDeploymentStatus.ERROR
    events = apply_problem(status, problem, subject.operator_configuration)
    conclude_with(problem, status, subject.last, subject, at)
    return Plan(status, events=tuple(events), again_after=_RETRY)
