"""Rules for what a FlinkBlueGreenDeployment has beside its template (contract parts 1.6 and 2.9)."""

from collections.abc import Iterator, Mapping

from shared.config.known_options import meant_by
from shared.config.operator_options import BLUE_GREEN_NAMES
from shared.model.blue_green import FlinkBlueGreenDeploymentSpec
from shared.rules.finding import Finding, Severity
from shared.rules.ingress import ingress_template
from shared.rules.options import unreadable

_PATH = "spec.configuration"


def blue_green_findings(
    spec: FlinkBlueGreenDeploymentSpec, name: str | None, namespace: str
) -> Iterator[Finding]:
    """The Ingress, the options, and whether there is a template."""
    if spec.ingress is not None:
        yield from ingress_template("spec.ingress", spec.ingress, name, namespace)
    yield from _options(spec.configuration or {})
    if spec.template is None or spec.template.spec is None:
        hint = "Put the spec of a FlinkDeployment there."
        yield Finding("FK401", "spec.template.spec", "is required", hint)


def _options(configuration: Mapping[str, str]) -> Iterator[Finding]:
    yield from unreadable(_PATH, configuration, configuration.keys() & BLUE_GREEN_NAMES)
    for name in configuration:
        if name not in BLUE_GREEN_NAMES:
            meant = meant_by(name)
            hint = (
                f"Did you mean {meant}?"
                if meant in BLUE_GREEN_NAMES
                else "Set options of the deployments in spec.template.spec.flinkConfiguration."
            )
            found = "has no effect: only kubernetes.operator.bluegreen options are read here"
            yield Finding("FK505", f"{_PATH}[{name}]", found, hint, Severity.WARNING)
