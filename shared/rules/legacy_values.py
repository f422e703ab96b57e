"""Values that flink-conf.yaml, the configuration file of Flink before 2.0, cannot hold."""

from collections.abc import Iterator

from shared.config.flink_versions import RELEASES
from shared.config.key_conflicts import NOT_WRITTEN
from shared.rules.finding import Finding
from shared.rules.subject import DeploymentUnderReview


def values_fit_into_the_file(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Its parser takes the rest of a line as it stands, up to a `#`; nothing can be quoted."""
    version = it.spec.flink_version
    if version is None or RELEASES[version].reads_yaml:
        return
    for key, value in it.own.items():
        if not key.startswith(NOT_WRITTEN):
            yield from _finding(f"spec.flinkConfiguration[{key}]", value)
    if it.spec.job is not None:
        job = it.spec.job
        for field, text in (("jarURI", job.jar_uri), ("entryClass", job.entry_class)):
            yield from _finding(f"spec.job.{field}", text or "")
        for index, argument in enumerate(it.spec.job.args or ()):
            yield from _finding(f"spec.job.args[{index}]", argument)


def _finding(path: str, value: str) -> Iterator[Finding]:
    if "#" in value:
        yield Finding("FK129", path, "holds a #, which begins a comment for Flink before 2.0")
    elif len(value.splitlines()) > 1:
        yield Finding("FK129", path, "has several lines, of which Flink before 2.0 reads the first")
