"""Shifting recorded events: instants move exactly, and nothing else changes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.events import MAX_EVENT_BYTES, Event, decode, parse_time
from stockwatch.feeds.shift import Shift, shift_event

AN_HOUR = Shift(0, 3_600_000_000)


@pytest.mark.parametrize(
    ("written", "moved"),
    [
        ("2025-11-11T20:00:03+08:00", "2025-11-11T21:00:03+08:00"),
        ("2025-11-11T20:00:03.120+08:00", "2025-11-11T21:00:03.120+08:00"),
        ("2025-11-11T20:00:03.120456789Z", "2025-11-11T21:00:03.120456Z"),
        ("2025-12-31T23:30:00-05:30", "2026-01-01T00:30:00-05:30"),
        ("2025-11-11t20:00:03z", "2025-11-11t21:00:03z"),
        ("2024-02-28T23:59:59.999999-00:00", "2024-02-29T00:59:59.999999-00:00"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59-08:00", "9999-12-31T23:59:59-08:00"),
        ("2025-11-11T20:00:03", "2025-11-11T20:00:03"),
        ("2025-13-11T20:00:03Z", "2025-13-11T20:00:03Z"),
        ("soon", "soon"),
        ("", ""),
    ],
)
def test_instants_keep_their_offset_and_what_is_none_stays(written: str, moved: str) -> None:
    assert AN_HOUR.text(written) == moved


@settings(max_examples=100, deadline=None)
@given(
    at_s=st.integers(-(10**9), 10**10),
    by_us=st.integers(-(10**15), 10**15),
    fraction=st.sampled_from(["", ".5", ".120", ".000001", ".999999"]),
    zone=st.sampled_from(["Z", "+08:00", "-03:30", "+14:00"]),
)
def test_a_shift_is_exact_to_the_microsecond(at_s: int, by_us: int, fraction: str, zone: str) -> None:
    from datetime import UTC, datetime, timedelta

    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at_s)
    written = at.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + fraction + zone
    before = parse_time(written)
    moved = Shift(0, by_us).text(written)
    after = parse_time(moved)
    assert before is not None
    assert after == before + by_us
    assert moved.endswith(zone)


def test_speed_divides_the_time_between_instants() -> None:
    shift = Shift(1_000_000_000, 5_000_000_000, 60.0)
    assert shift.instant(1_000_000_000) == 5_000_000_000
    assert shift.instant(1_060_000_000) == 5_001_000_000
    assert shift.instant(940_000_000) == 4_999_000_000
    assert Shift(0, 7, float("inf")).instant(10**15) == 7


def test_only_instants_change() -> None:
    raw = (
        b'{"specversion":"1.0", "id":"2025-11-11T20:00:03Z","source":"s","type":"order.placed","subject":"K",'
        b'"time":"2025-11-11T20:00:03Z","received":"2025-11-11T20:00:04Z","trace":18446744073709551615,"x":null,'
        b'"data":{"order":"2025-11-11T20:00:03Z","qty":1.0,"line":9007199254740993,"expires":"2025-11-11T20:30:03Z",'
        b'"ship_by":"2025-11-13T20:00:03+08:00","due":5,"note":{"expires":"2025-11-11T20:00:03Z" , "e":1e400},'
        b'"t":"\\u5356\\/\\ud83d\\ude00"}}'
    )
    moved = shift_event(raw, AN_HOUR)
    assert moved == (
        b'{"specversion":"1.0","id":"2025-11-11T20:00:03Z","source":"s","type":"order.placed","subject":"K",'
        b'"time":"2025-11-11T21:00:03Z","received":"2025-11-11T21:00:04Z","trace":18446744073709551615,"x":null,'
        b'"data":{"order":"2025-11-11T20:00:03Z","qty":1.0,"line":9007199254740993,"expires":"2025-11-11T21:30:03Z",'
        b'"ship_by":"2025-11-13T21:00:03+08:00","due":5,"note":{"expires":"2025-11-11T20:00:03Z" , "e":1e400},'
        b'"t":"\\u5356\\/\\ud83d\\ude00"}}'
    )


def test_every_instant_of_the_vocabulary_moves() -> None:
    for name in ("expires", "due", "as_of", "since", "until", "ship_by"):
        raw = json.dumps({"time": "2025-11-11T20:00:03Z", "data": {name: "2025-11-11T20:00:03Z"}}).encode()
        assert json.loads(shift_event(raw, AN_HOUR))["data"][name] == "2025-11-11T21:00:03Z"


def test_an_escaped_member_name_is_the_same_member() -> None:
    raw = b'{"data":{"\\u0065xpires":"2025-11-11T20:00:03Z"}}'
    assert json.loads(shift_event(raw, AN_HOUR))["data"] == {"expires": "2025-11-11T21:00:03Z"}


def test_the_last_of_repeated_members_stays() -> None:
    raw = b'{"time":"2025-11-11T20:00:03Z","id":"a","time":"2025-11-11T22:00:03Z","id":"b"}'
    assert json.loads(shift_event(raw, AN_HOUR)) == {"time": "2025-11-11T23:00:03Z", "id": "b"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"nonsense",
        b"[1,2]",
        b'{"time":"2025-11-11T20:00:03Z"',
        b'{"\xff":1}',
        b'{"time":"\\ud800"}',
        b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"id":"' + b"x" * MAX_EVENT_BYTES + b'"}',
    ],
)
def test_what_is_no_event_comes_back_as_it_is(raw: bytes) -> None:
    assert shift_event(raw, AN_HOUR, "7") == raw


@pytest.mark.parametrize("data", [b"null", b"[]", b"5", b'"2025-11-11T20:00:03Z"', b'{"expires":null}'])
def test_strange_data_is_left_alone(data: bytes) -> None:
    raw = b'{"time":"2025-11-11T20:00:03Z","data":' + data + b"}"
    assert shift_event(raw, AN_HOUR) == b'{"time":"2025-11-11T21:00:03Z","data":' + data + b"}"


def test_a_cursor_is_added_or_replaced_and_changes_no_content(event) -> None:
    raw = event(1)
    marked = shift_event(raw, None, "12")
    assert marked == raw[:-1] + b',"cursor":"12"}'
    assert shift_event(marked, None, '1"3') == raw[:-1] + b',"cursor":"1\\"3"}'
    before, after = decode(raw), decode(marked)
    assert isinstance(before, Event)
    assert isinstance(after, Event)
    assert before.content == after.content


def test_deliveries_of_one_event_stay_the_same_event() -> None:
    raw = b'{"id":"a","source":"s","specversion":"1.0","type":"x","time":"2025-11-11T20:00:03Z","data":{"due":"%s"}}'
    one = decode(shift_event(raw % b"2025-11-11T20:00:03Z", AN_HOUR))
    two = decode(shift_event(raw.replace(b",", b" , ") % b"2025-11-11T20:00:03Z", AN_HOUR, "9"))
    assert isinstance(one, Event)
    assert isinstance(two, Event)
    assert one.content == two.content
