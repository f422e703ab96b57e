"""The configuration of a FlinkDeployment as its cluster will get it, with the origin of every option."""

from collections.abc import Mapping
from dataclasses import dataclass

from controller.flink.configuration import cluster_configuration
from controller.flink.pod_template import merged_template
from shared.config.effective import configuration_layers
from shared.config.layers import Explanation, Layer, Value, explained, merged, text
from shared.config.operator import DEFAULTS_PREFIX
from shared.config.options import MERGE_ARRAYS_BY_NAME, is_true
from shared.config.pod_templates import TEMPLATE_FILE
from shared.model import FlinkDeployment

_FROM_TEMPLATE = "derived from spec.podTemplate"
_FOR_PODS = "fixed for Flink's pods"


@dataclass(frozen=True, slots=True)
class EffectiveConfiguration:
    """Options by name, sorted."""

    resource: FlinkDeployment
    shipped: Mapping[str, Explanation]
    """What Flink's processes read."""
    kept: Mapping[str, Explanation]
    """What only the operator reads, and what Flink's client would not pass on."""


def effective_configuration(resource: FlinkDeployment, operator: Mapping[str, str]) -> EffectiveConfiguration:
    """Of a first deployment; what only a cluster knows is in angle brackets.

    Raises ValueError when a field that options are derived from cannot be read.
    """
    layers = configuration_layers(resource, operator)
    options = merged(layers)
    shipped = cluster_configuration(
        options, resource.spec, has_task_manager_template=_has_task_manager_template(resource, options)
    )
    changed = {key: value for key, value in shipped.items() if options.get(key) != value}
    files = {key: changed.pop(key) for key in list(changed) if key.startswith(TEMPLATE_FILE)}
    found = explained([*layers, Layer(_FROM_TEMPLATE, files), Layer(_FOR_PODS, changed)])
    return EffectiveConfiguration(
        resource,
        shipped={key: found[key] for key in sorted(shipped)},
        kept={
            key: found[key]
            for key in sorted(found.keys() - shipped.keys())
            if not key.startswith(DEFAULTS_PREFIX)
        },
    )


def _has_task_manager_template(resource: FlinkDeployment, options: Mapping[str, Value]) -> bool:
    by_name = is_true(MERGE_ARRAYS_BY_NAME.read({key: text(value) for key, value in options.items()}))
    spec = resource.spec
    return bool(merged_template(spec.pod_template, spec.task_manager, arrays_by_name=by_name))
