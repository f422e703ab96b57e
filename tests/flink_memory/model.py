"""What shared.config makes of a configuration, in the form of Flink's answer."""

from shared.config.dynamic_options import job_manager_options, task_manager_options
from shared.config.job_manager_memory import job_manager_memory
from shared.config.task_manager_memory import task_manager_memory
from shared.model.deployment import FlinkVersion
from tests.flink_memory.cases import Answer, Case


def answer(case: Case, version: FlinkVersion) -> Answer:
    """The two lines, or why there are none."""
    try:
        if case.component == "jobmanager":
            job_manager = job_manager_memory(case.options, version)
            return Answer(job_manager.jvm_arguments, job_manager_options(job_manager))
        task_manager = task_manager_memory(case.options, version)
        return Answer(task_manager.jvm_arguments, task_manager_options(task_manager, case.options))
    except ValueError as error:
        return Answer(error=str(error))
