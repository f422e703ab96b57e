"""The autoscaler's options, where it is enabled (contract part 2.7)."""

from collections.abc import Iterator, Mapping
from itertools import islice
from math import inf

from shared.config.autoscaler_options import (
    EFFECTIVENESS_DETECTION,
    EFFECTIVENESS_THRESHOLD,
    ENABLED,
    EXCLUDED_PERIODS,
    GC_PRESSURE_THRESHOLD,
    HEAP_USAGE_THRESHOLD,
    MEMORY_TUNING,
    MEMORY_TUNING_OVERHEAD,
    METRICS_WINDOW,
    OBSERVED_SCALABILITY,
    OBSERVED_SCALABILITY_MIN,
    SCALE_DOWN_MAX_FACTOR,
    SCALE_UP_MAX_FACTOR,
    UTILIZATION_BOUNDARY,
    UTILIZATION_MAX,
    UTILIZATION_MIN,
    UTILIZATION_TARGET,
)
from shared.config.collections import parse_list
from shared.config.cron import check_period
from shared.config.duration import parse_duration
from shared.config.operator_options import RECONCILE_INTERVAL
from shared.config.options import is_true
from shared.config.registry import Option
from shared.config.values import parse_decimal
from shared.rules.finding import Finding, shown

_BOUNDS = (
    (SCALE_DOWN_MAX_FACTOR, 0, inf, None),
    (SCALE_UP_MAX_FACTOR, 0, inf, None),
    (UTILIZATION_TARGET, 0, 1, None),
    (UTILIZATION_BOUNDARY, 0, inf, None),
    (GC_PRESSURE_THRESHOLD, 0, 1, None),
    (HEAP_USAGE_THRESHOLD, 0, 1, None),
    (OBSERVED_SCALABILITY_MIN, 0.01, 1, OBSERVED_SCALABILITY),
    (EFFECTIVENESS_THRESHOLD, 0, 1, EFFECTIVENESS_DETECTION),
    (MEMORY_TUNING_OVERHEAD, 0, 1, MEMORY_TUNING),
)
"""Option, least and greatest value, and the switch without which it does not matter."""

_MOST_PERIODS = 10  # that are told of


def autoscaler_findings(config: Mapping[str, str]) -> Iterator[Finding]:
    """What is out of bounds; text that is no number at all is told by the rules for options."""
    if not is_true(ENABLED.read(config)):
        return
    for option, least, most, switch in _BOUNDS:
        if switch is None or is_true(switch.read(config)):
            yield from _within(option, least, most, config)
    target = _number(UTILIZATION_TARGET, config)
    if target is not None and 0 <= target <= 1:
        yield from _within(UTILIZATION_MAX, target, 1, config)
        yield from _within(UTILIZATION_MIN, 0, target, config)
    yield from islice(_excluded_periods(config), _MOST_PERIODS)
    yield from _window(config)


def _within(option: Option, least: float, most: float, config: Mapping[str, str]) -> Iterator[Finding]:
    value = _number(option, config)
    if value is not None and not least <= value <= most:
        bounds = f"at least {least:g}" if most == inf else f"from {least:g} to {most:g}"
        yield Finding("FK131", _path(option, config), f"must be {bounds}, not {value:g}")


def _excluded_periods(config: Mapping[str, str]) -> Iterator[Finding]:
    try:
        periods = parse_list(EXCLUDED_PERIODS.read(config) or "")
    except ValueError:
        return
    for period in periods:
        try:
            check_period(period)
        except ValueError:
            hint = (
                "Use a span of a day (9:30-17:00), a Quartz cron expression (* * * ? * MON-FRI),"
                " or one of each with && between them."
            )
            found = f"{shown(period)} is not a period"
            yield Finding("FK132", _path(EXCLUDED_PERIODS, config), found, hint)


def _window(config: Mapping[str, str]) -> Iterator[Finding]:
    window, interval = _seconds(METRICS_WINDOW, config), _seconds(RECONCILE_INTERVAL, config)
    if window is not None and interval is not None and window < interval:
        found = f"must not be shorter than {RECONCILE_INTERVAL.key}, {RECONCILE_INTERVAL.read(config)}"
        yield Finding(
            "FK133", _path(METRICS_WINDOW, config), found, "Metrics are collected at that interval."
        )


def _path(option: Option, config: Mapping[str, str]) -> str:
    return f"spec.flinkConfiguration[{option.key_in(config) or option.key}]"


def _number(option: Option, config: Mapping[str, str]) -> float | None:
    try:
        return parse_decimal(option.read(config) or "")
    except ValueError:
        return None


def _seconds(option: Option, config: Mapping[str, str]) -> float | None:
    try:
        return parse_duration(option.read(config) or "")
    except ValueError:
        return None
