"""Opening hours: what people write, and how long until a source is open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwatch.config.hours import DAY_S, parse_hours, turns, waits

MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: minute * 60)
SECONDS = st.integers(0, DAY_S - 1)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("09:00-23:00", (9 * 3600, 23 * 3600)),
        ("18:00-02:00", (18 * 3600, 2 * 3600)),
        ("00:00-24:00", (0, DAY_S)),
    ],
)
def test_hours_as_people_write_them(text, hours):
    assert parse_hours(text) == hours


@pytest.mark.parametrize(
    "text",
    ["", "9-23", "9:00-23:00", "09:00-09:00", "24:00-08:00", "09:00-24:30", "09:60-10:00", "09:00-23:00 "],
)
def test_what_is_no_hours(text):
    assert parse_hours(text) is None


@given(opens=MINUTES, closes=MINUTES.filter(bool), second=SECONDS)
def test_after_the_wait_it_is_open_and_not_a_second_sooner(opens, closes, second):
    if opens == closes:
        return
    wait = waits((opens, closes), second)
    assert waits((opens, closes), (second + wait) % DAY_S) == 0
    if wait:
        assert waits((opens, closes), (second + wait - 1) % DAY_S) == 1


@given(opens=MINUTES, closes=MINUTES.filter(bool), second=SECONDS)
def test_nothing_changes_before_it_turns(opens, closes, second):
    if opens == closes:
        return
    hours = (opens, closes)
    until = turns(hours, second)
    assert 1 <= until <= DAY_S
    assert bool(waits(hours, second)) == bool(waits(hours, (second + until - 1) % DAY_S))
    assert bool(waits(hours, second)) != bool(waits(hours, (second + until) % DAY_S))
