"""Cron expressions as Quartz reads them, and spans of a day."""

import pytest

from shared.config.cron import check_cron, check_daily_span, check_period


@pytest.mark.parametrize(
    "text",
    [
        "0 0 12 * * ?",
        "0 15 10 ? * *",
        "0 15 10 * * ? 2030",
        "0 15 10 * * ? 2030-2035",
        "0 0/5 14,18 * * ?",
        "*/5 * * * * ?",
        "/5 * * * * ?",
        "0 0-30/10 14 * * ?",
        "0 10,44 14 ? 3 WED",
        "0 15 10 ? * mon-fri",
        "0 0 22-2 * * ?",
        "0 0 0 ? JAN,NOV 2-6",
        "0 0 0 L * ?",
        "0 0 0 L-3 * ?",
        "0 0 0 LW * ?",
        "0 0 0 15W * ?",
        "0 0 0 ? * L",
        "0 0 0 ? * 6L",
        "0 0 0 ? * FRIL",
        "0 0 0 ? * 6#3",
        "0 0 0 ? * FRI#1",
        "0  0\t12 * * ?",
    ],
)
def test_cron_expression_is_accepted(text: str) -> None:
    check_cron(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * * *",
        "0 0 12 * * *",
        "0 0 12 ? * ?",
        "60 0 0 * * ?",
        "0 60 0 * * ?",
        "0 0 24 * * ?",
        "0 0 0 0 * ?",
        "0 0 0 32 * ?",
        "0 0 0 ? 13 1",
        "0 0 0 ? * 8",
        "0 0 0 ? * FUN",
        "0 0 0 JAN * ?",
        "0 0 0 L,3 * ?",
        "0 0 0 L-31 * ?",
        "0 0 0 32W * ?",
        "0 0 0 ? * 6#6",
        "0 0 0 ? * MON#2,3",
        "0 0 0 ? * L-2",
        "0 0 L * * ?",
        "? 0 0 * * ?",
        "0 0/60 0 * * ?",
        "0 0/ 0 * * ?",
        "1,,2 0 0 * * ?",
        "-1 0 0 * * ?",
        "5- 0 0 * * ?",
        "a b c d e ?",
        "0 0 0 * * ? 2035-2030",
        "0 0 0 * * ? 1969",
        "0 0 0 * * ? 2030 7",
        "0 0 \u0661 * * ?",
    ],
)
def test_what_is_no_cron_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"has|must"):
        check_cron(text)


@pytest.mark.parametrize("text", ["0:00-23:59", "9:30-17:00", "09:30:15-09:30:16", "9:30:00:000-9:30:00:001"])
def test_span_of_a_day_is_accepted(text: str) -> None:
    check_daily_span(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9-17",
        "9:30",
        "9:30-",
        "9:30-9:30",
        "17:00-9:30",
        "9:60-10:00",
        "24:00-24:01",
        "9:30 - 17:00",
        "9:30-10:00-11:00",
    ],
)
def test_what_is_no_span_of_a_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not|has|must"):
        check_daily_span(text)


@pytest.mark.parametrize(
    "text", ["9:30-17:00", "* * * ? * 2-6", "9:30-17:00 && * * * ? * 2-6", "* * * ? * 2-6&&9:30-17:00"]
)
def test_period_is_a_span_or_a_cron_expression_or_one_of_each(text: str) -> None:
    check_period(text)


@pytest.mark.parametrize(
    "text",
    ["", "nights", "9:30-17:00 &&", "1:00-2:00 && 3:00-4:00", "* * * ? * 2 && * * * ? * 3", "a && b && c"],
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not|must"):
        check_period(text)
