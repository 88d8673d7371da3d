"""Figures as they are written: ages, clocks, velocities, sell-out times."""

from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.console.escape import cells
from stockwatch.console.formats import (
    age,
    clock_seconds,
    clock_time,
    count,
    eta_clock,
    eta_minutes,
    rate,
    span,
    zone_of,
)
from stockwatch.room.view import Eta

SHANGHAI = zone_of("Asia/Shanghai")


def test_clock_times_are_the_rooms():
    assert clock_time(1762869600, SHANGHAI) == "22:00"
    assert clock_time(1762869600, UTC) == "14:00"
    assert clock_seconds(1762869607, SHANGHAI) == "22:00:07"
    assert clock_time(None, UTC) == "-"
    assert clock_time(10**18, UTC) == "-"


@pytest.mark.parametrize(
    "name", ["", "Nowhere/City", "../../etc/passwd", "/etc/passwd", "+99:99", "\x00", "x" * 999]
)
def test_a_zone_nobody_knows_is_utc(name):
    assert zone_of(name) is UTC


@pytest.mark.parametrize(("name", "hours"), [("+08:00", 8), ("UTC+08:00", 8), ("-0330", -3.5)])
def test_an_offset_is_a_zone(name, hours):
    assert zone_of(name) == timezone(timedelta(hours=hours))


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [(0, "刚刚", "now"), (59, "刚刚", "now"), (60, "1分", "1m"), (500, "8分", "8m"), (7500, "2时05", "2h05"),
     (3 * 86400, "3天", "3d"), (10**9, "999天", "999d")],
)  # fmt: skip
def test_ages_go_by_the_minute(seconds, zh, en):
    assert age(seconds, "zh") == zh
    assert age(seconds, "en") == en


def test_ages_fit_their_column():
    assert all(
        cells(age(seconds, language)) <= 6 for seconds in range(0, 10**6, 997) for language in ("zh", "en")
    )


def test_spans_under_a_minute_are_in_seconds():
    assert span(45, "zh") == "45秒"
    assert span(600, "en") == "10m"


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0, "0"), (4.6, "4.6"), (46.0, "46"), (46.4, "46"), (9.96, "10"), (0.04, "0")]
)
def test_velocities(value, shown):
    assert rate(value) == shown


def test_counts_hold_their_column():
    assert count(999_999) == "999999"
    assert count(2**31 - 1) == "2147483k"


def test_sell_out_as_minutes_with_its_range():
    eta = Eta(6 * 60, 8 * 60, 12 * 60)
    assert eta_minutes(eta, 0, "zh") == "约8分(6–12)"
    assert eta_minutes(eta, 0, "en", ascii=True) == "~8 min (6-12)"
    assert eta_minutes(Eta(360, 480, None), 0, "zh") == "约8分(6+)"
    assert eta_minutes(Eta(None, 480, None), 0, "zh") == "约8分"
    assert eta_minutes(Eta(), 0, "zh") == "-"
    assert eta_minutes(Eta(None, 10, None), 60, "zh") == "马上"
    assert eta_minutes(Eta(None, 3 * 3600, None), 0, "zh") == "约3时"
    assert eta_clock(Eta(None, 1762869600, None), SHANGHAI) == "22:00"


@settings(max_examples=100)
@given(*(st.none() | st.integers(-(10**6), 10**6) for _ in range(3)))
def test_any_forecast_can_be_written(p10, p50, p90):
    for language in ("zh", "en"):
        assert eta_minutes(Eta(p10, p50, p90), 0, language)
