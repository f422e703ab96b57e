"""Whether an application can run its jar: how many there are, and where from (contract part 3.2)."""

from collections.abc import Iterator

from shared.config.collections import parse_list
from shared.config.flink_versions import RELEASES
from shared.config.job_jar import JARS, RAW_HTTP, JarProblem, native_jar_problems, standalone_jar_problems
from shared.config.options import is_true
from shared.model.deployment import KubernetesDeploymentMode
from shared.rules.finding import Finding, Severity
from shared.rules.subject import DeploymentUnderReview

_FIELD = "spec.job.jarURI"
_OPTION = f"spec.flinkConfiguration[{JARS}]"


def jar_can_be_run(it: DeploymentUnderReview) -> Iterator[Finding]:
    """As the version of Flink takes it, in the mode of the cluster."""
    for problem in _problems(it):
        is_option = it.spec.job is not None and not it.spec.job.jar_uri and JARS in it.config
        yield Finding("FK134", _OPTION if is_option else _FIELD, problem.message, problem.hint)


def job_is_named(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Without jar and class, Flink looks for the job in the image; not every version does."""
    job = it.spec.job
    if job is not None and not job.jar_uri and not job.entry_class and not any(_problems(it)):
        found = "is not given, nor is entryClass: Flink looks for a job in the image's usrlib"
        hint = "Name the jar if it lies elsewhere."
        yield Finding("FK506", _FIELD, found, hint, Severity.WARNING)


def _problems(it: DeploymentUnderReview) -> Iterator[JarProblem]:
    job, version = it.spec.job, it.spec.flink_version
    if job is None or version is None:
        return
    release = RELEASES[version]
    if it.spec.mode is KubernetesDeploymentMode.STANDALONE:
        yield from standalone_jar_problems(job, release)
        return
    try:
        jars = [job.jar_uri] if job.jar_uri else parse_list(it.config.get(JARS, ""))
    except ValueError:
        return  # another rule's finding
    raw_http = is_true(it.config.get(RAW_HTTP))
    yield from native_jar_problems(job, jars, release, allows_raw_http=raw_http)
