"""Durations in Flink's notation."""

import re

_UNITS = {
    ("d", "day", "days"): 86400.0,
    ("h", "hour", "hours"): 3600.0,
    ("m", "min", "minute", "minutes"): 60.0,
    ("s", "sec", "secs", "second", "seconds"): 1.0,
    ("", "ms", "milli", "millis", "millisecond", "milliseconds"): 1e-3,
    ("µs", "micro", "micros", "microsecond", "microseconds"): 1e-6,
    ("ns", "nano", "nanos", "nanosecond", "nanoseconds"): 1e-9,
}
_SECONDS = {unit: seconds for units, seconds in _UNITS.items() for unit in units}
_DURATION = re.compile(r"([0-9]{1,19})\s*([a-zµ]*)")


def parse_duration(text: str) -> float:
    """Seconds of a duration: `15 s`, `5 min`, `100` (milliseconds). Raises ValueError."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None or match[2] not in _SECONDS:
        raise ValueError(f"{text!r} is not a duration. Use a number and a unit, like 15 s or 5 min.")
    return int(match[1]) * _SECONDS[match[2]]
