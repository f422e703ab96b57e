"""What this version accepts but does not act on: a warning at admission, and NotSupported in the status.

Nothing is accepted and silently ignored. An entry leaves this list in the version that acts on it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.config.autoscaler_options import ENABLED
from shared.config.flatten import flatten
from shared.config.options import is_true
from shared.model import FlinkDeployment, FlinkSessionJob, Resource
from shared.rules.finding import Finding, Severity

NOT_ACTED_ON = "FK901"
"""Code of what is accepted without any effect: such a resource is never Ready."""

_SWITCHES = (ENABLED.key, *ENABLED.older_keys)
_HINT = "See the project's CHANGELOG."


def not_supported(resource: Resource) -> Iterator[Finding]:
    """Warnings for the parts of a resource that this version does not act on."""
    if not isinstance(resource, FlinkDeployment | FlinkSessionJob):
        yield _finding("kind", f"{resource.kind} is accepted but nothing is done for it yet")
        return
    spec = resource.spec
    yield from _autoscaler(spec.flink_configuration or {})
    if spec.job is None:
        return
    for field, value in (
        ("checkpointTriggerNonce", spec.job.checkpoint_trigger_nonce),
        ("autoscalerResetNonce", spec.job.autoscaler_reset_nonce),
    ):
        if value is not None:
            yield _finding(f"spec.job.{field}", "is not acted on yet")


def _autoscaler(configuration: Mapping[str, Any]) -> Iterator[Finding]:
    """Where the resource itself switches it on."""
    options = flatten({name: configuration[name] for name in configuration if _may_hold_the_switch(name)})
    key = ENABLED.key_in(options)
    if key is not None and is_true(options[key]):
        message = "the autoscaler does not act yet; parallelisms that it set before stay"
        yield _finding(f"spec.flinkConfiguration[{key}]", message)


def _may_hold_the_switch(name: str) -> bool:
    return any(key.startswith(name) for key in _SWITCHES)


def _finding(path: str, message: str) -> Finding:
    return Finding(NOT_ACTED_ON, path, message, _HINT, Severity.WARNING)
