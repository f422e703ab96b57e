"""Parallelisms that an autoscaler set stay in force (contract part 9.1).

The Java operator puts them into the deployed spec only: the recorded spec has them, the resource's has not.
This operator has no autoscaler that would set them again, so it goes on with those on record. They end when
the owner sets the option, or turns the autoscaler off.
"""

from typing import cast

from controller.decide.subject import Subject
from shared.config.autoscaler_options import ENABLED
from shared.config.flatten import flatten
from shared.config.options import PARALLELISM_OVERRIDES, is_true
from shared.model.reconciled_spec import Spec
from shared.model.status import CommonStatus


def as_autoscaled(subject: Subject[Spec, CommonStatus]) -> Spec:
    """The spec that the user wants, with the parallelisms on record where they are still in force."""
    spec, last = subject.spec, subject.last
    if last is None or spec.job is None or last.spec.flink_configuration is None:
        return spec
    overrides = PARALLELISM_OVERRIDES.read(flatten(last.spec.flink_configuration))
    if overrides is None:
        return spec
    config = subject.configuration(spec)
    if PARALLELISM_OVERRIDES.is_in(config) or not is_true(ENABLED.read(config)):
        return spec
    options = {**(spec.flink_configuration or {}), PARALLELISM_OVERRIDES.key: overrides}
    return cast(Spec, spec.model_copy(update={"flink_configuration": options}))
