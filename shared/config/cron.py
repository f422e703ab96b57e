"""Times in Quartz' notations, for the autoscaler and periodic snapshots: cron expressions and daily spans."""

import re

_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

_FIELDS = (
    ("seconds", 0, 59),
    ("minutes", 0, 59),
    ("hours", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 1, 7),
    ("year", 1970, 2099),
)
_NAMES = {
    "month": {name: number for number, name in enumerate(_MONTHS, start=1)},
    "day of week": {name: number for number, name in enumerate(_DAYS, start=1)},
}
_ITEM = r"(?:\*|(\w+)(?:-(\w+))?)?(?:/([0-9]{1,4}))?"
_LAST_DAY = r"L(?:-([0-9]{1,2}))?W?"
_TIME = r"([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?::([0-9]{1,3}))?)?"
_LARGEST = (23, 59, 59, 999)


def check_cron(text: str) -> None:
    """Raises ValueError for what is no cron expression of six or seven fields, seconds first."""
    fields = text.upper().split()
    if not 6 <= len(fields) <= 7:
        raise ValueError(
            f"{text!r} must have six or seven fields: seconds first, the year last or not at all"
        )
    if (fields[3] == "?") == (fields[5] == "?"):
        raise ValueError(f"{text!r} must have ? as either its day of month or its day of week")
    for value, (name, least, most) in zip(fields, _FIELDS, strict=False):
        if value == "?" and name.startswith("day"):
            continue
        items = value.split(",")
        for item in items:
            if not _is_item(item, name, least, most) and not (len(items) == 1 and _is_special(item, name)):
                raise ValueError(f"{text!r} has {item!r} as its {name}")


def check_daily_span(text: str) -> None:
    """Raises ValueError for what is no span within a day, as `9:30-17:00` or `9:30:00-17:00:59`."""
    times = [re.fullmatch(_TIME, part) for part in text.split("-")]
    if len(times) != 2 or None in times:
        raise ValueError(f"{text!r} is not a span of a day, like 9:30-17:00")
    begin, end = ([int(part or 0) for part in time.groups()] for time in times if time)
    if any(part > most for time in (begin, end) for part, most in zip(time, _LARGEST, strict=True)):
        raise ValueError(f"{text!r} has a time that no clock shows")
    if begin >= end:
        raise ValueError(f"{text!r} must begin before it ends")


def check_period(text: str) -> None:
    """Raises ValueError for what is neither a daily span nor a cron expression, nor one of each with `&&`."""
    kinds = [_kind(part.strip()) for part in text.split("&&")]
    if len(kinds) > 2 or (len(kinds) == 2 and kinds[0] == kinds[1]):
        raise ValueError(f"{text!r} must join one daily span and one cron expression")


def _kind(text: str) -> str:
    try:
        check_daily_span(text)
    except ValueError as error:
        if re.match(_TIME, text):
            raise
        try:
            check_cron(text)
        except ValueError as other:
            raise ValueError(f"{error}, and {other}") from None
        return "cron"
    return "span"


def _is_item(item: str, name: str, least: int, most: int) -> bool:
    """`*`, a number or name, a span, each with a step or without."""
    match = re.fullmatch(_ITEM, item)
    if match is None or not item:
        return False
    begin, end, step = match.groups()
    parts = [part for part in (begin, end) if part is not None]
    numbers = [
        number for part in parts if (number := _number(part, name)) is not None and least <= number <= most
    ]
    if len(numbers) < len(parts) or (name == "year" and numbers != sorted(numbers)):
        return False
    return step is None or int(step) <= most


def _is_special(item: str, name: str) -> bool:
    """The last day, the weekday next to a date, the last or n-th weekday of its sort in the month."""
    if name == "day of month":
        last = re.fullmatch(_LAST_DAY, item)
        if last is not None:
            return int(last[1] or 0) <= 30
        return item.endswith("W") and _is_in(item[:-1], name, 31)
    if name != "day of week":
        return False
    day, hash_sign, number = item.partition("#")
    if hash_sign:
        return _is_in(day, name, 7) and number in {"1", "2", "3", "4", "5"}
    return item.endswith("L") and (item == "L" or _is_in(item[:-1], name, 7))


def _is_in(text: str, name: str, most: int) -> bool:
    number = _number(text, name)
    return number is not None and 1 <= number <= most


def _number(text: str, name: str) -> int | None:
    if text.isascii() and text.isdecimal():
        return int(text[:5])
    return _NAMES.get(name, {}).get(text)
