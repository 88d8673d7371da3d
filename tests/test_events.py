"""What is a valid event, what makes two the same, and what is said about a bad one."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch import events, instants
from stockwatch.events import MAX_EVENT_BYTES, Event, Invalid, decode, encode, format_time, parse_time
from stockwatch.instants import offset_of
from stockwatch.line_data import LineData
from stockwatch.vocabulary import members_of

GOOD = {
    "specversion": "1.0",
    "id": "6919-1",
    "source": "douyin/room-7",
    "type": "order.placed",
    "subject": "HOODIE-CO",
    "time": "2025-11-11T20:00:03.120+08:00",
    "data": {"order": "6919", "line": 1, "qty": 1},
}


def line(data=None, **attributes) -> bytes:
    """The good event with members of its data and attributes changed; `...` leaves one out."""
    message = GOOD | attributes
    if data is not None:
        message["data"] = GOOD["data"] | data if isinstance(data, dict) else data
    return json.dumps({k: v for k, v in message.items() if v is not ...}, ensure_ascii=False).encode()


def good(raw: bytes) -> Event:
    event = decode(raw)
    assert isinstance(event, Event), event.reason
    return event


def bad(raw: bytes) -> Invalid:
    event = decode(raw)
    assert isinstance(event, Invalid), event
    return event


def test_a_good_event_comes_out_typed():
    event = good(line())
    assert (event.source, event.id, event.type, event.subject) == (
        "douyin/room-7", "6919-1", "order.placed", "HOODIE-CO",
    )  # fmt: skip
    assert event.time_us == event.clock_us == 1762862403120000
    assert event.data == {"order": "6919", "line": 1, "qty": 1}
    assert event.raw == line()


def test_the_stamp_of_intake_is_the_clock():
    stamped = good(line(received="2025-11-11T12:00:09Z"))
    assert stamped.clock_us == stamped.time_us + 5_880_000
    assert decode(line(), 7).clock_us == 7


@pytest.mark.parametrize(
    ("data", "member"),
    [
        ({"qty": 1.0}, "data.qty"), ({"qty": 1e2}, "data.qty"), ({"qty": "1"}, "data.qty"),
        ({"qty": True}, "data.qty"), ({"qty": None}, "data.qty"), ({"qty": 0}, "data.qty"),
        ({"qty": -1}, "data.qty"), ({"qty": 2**31}, "data.qty"), ({"qty": 10**30}, "data.qty"),
        ({"line": -1}, "data.line"), ({"line": 1.0}, "data.line"), ({"line": None}, "data.line"),
        ({"order": 6919}, "data.order"), ({"order": ""}, "data.order"), ({"order": "x" * 257}, "data.order"),
        ({"order": "a\nb"}, "data.order"), ({"order": "a\x85b"}, "data.order"), ({"order": "\x00"}, "data.order"),
        ({"expires": "tomorrow"}, "data.expires"), ({"expires": "2025-11-11T20:00:00"}, "data.expires"),
        ({"items": []}, "data.items"), ({"items": [{"sku": "A"}]}, "data.items"),
        ({"items": [{"sku": "A", "qty": 1.0}]}, "data.items"), ({"holds": 1}, "data.holds"),
        ({"qty": 2**30, "items": [{"sku": "A", "qty": 4}]}, "data.items"),
    ],
)  # fmt: skip
def test_a_wrong_member_is_named(data, member):
    found = bad(line(data))
    assert found.reason.startswith(member + ":"), found.reason
    assert (found.source, found.id) == ("douyin/room-7", "6919-1")


@pytest.mark.parametrize("number", [b"1e0", b"1.0", b"01", b"+1", b"NaN", b"Infinity", b"0x1", b"1_0", b".5"])
def test_integers_are_digits_only(number):
    raw = line().replace(b'"qty": 1', b'"qty": ' + number)
    assert isinstance(decode(raw), Invalid)


@pytest.mark.parametrize(
    ("attributes", "member"),
    [
        ({"id": ...}, "id"), ({"id": ""}, "id"), ({"id": 1}, "id"), ({"source": ...}, "source"),
        ({"source": "a\x1b[31m"}, "source"), ({"type": ...}, "type"), ({"subject": ""}, "subject"),
        ({"subject": ...}, "subject"), ({"time": ...}, "time"), ({"time": "2025-11-11T20:00:03"}, "time"),
        ({"time": "2025-11-11 20:00:03Z"}, "time"), ({"time": 5}, "time"), ({"specversion": ...}, "specversion"),
        ({"specversion": "0.3"}, "specversion"), ({"data": ...}, "data.order"), ({"data": [1]}, "data"),
        ({"received": "now"}, "received"),
    ],
)  # fmt: skip
def test_a_wrong_attribute_is_named(attributes, member):
    assert bad(line(**attributes)).reason.startswith(member + ":")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"[]",
        b"null",
        b'"x"',
        b"{",
        b"{}x",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf",
        b'{"a":1,}',
        b"{'a':1}",
    ],
)
def test_what_is_no_json_object_is_set_aside(raw):
    found = bad(raw)
    assert (found.source, found.id, found.raw) == (None, None, raw)


def test_unpaired_surrogates_are_invalid_wherever_they_stand():
    for text in (b"\\ud800", b"\\udc00", b"\\ud800x", b"\\uDBFF\\u0041", b"\xed\xa0\x80"):
        inside = line().replace(b'"6919"', b'"' + text + b'"')
        unknown = line().replace(b'{"order"', b'{"x": "' + text + b'", "order"')
        attribute = line().replace(b'{"specversion"', b'{"x": ["' + text + b'"], "specversion"')
        key = line().replace(b'{"specversion"', b'{"' + text + b'": 1, "specversion"')
        for raw in (inside, unknown, attribute, key):
            assert isinstance(decode(raw), Invalid), raw
    assert good(line().replace(b"6919-1", b"\\ud83d\\ude00")).id == "😀"


def test_the_last_of_repeated_members_counts_at_every_level():
    raw = (
        line()
        .replace(b'{"specversion"', b'{"id": 5, "specversion"')
        .replace(b'"qty": 1', b'"qty": "x", "qty": 2')
    )
    assert (good(raw).id, good(raw).data["qty"]) == ("6919-1", 2)


def test_bom_crlf_and_white_space_are_accepted_and_no_part_of_the_content():
    assert good(b"\xef\xbb\xbf" + line() + b"\r\n").content == good(line()).content
    assert good(line() + b"\r\n").raw == line()


def test_content_is_type_subject_and_data_after_parsing():
    shuffled = line().replace(b'"order": "6919", "line": 1, ', b'"line" :1,  "\\u006frder":"6919",')
    same = [
        shuffled,
        line(time="2025-11-12T00:00:00Z"),
        line(id="other"),
        line(extra=[1]),
        line(subject="HOODIE-CO"),
    ]
    other = [line({"qty": 2}), line({"x": 1}), line(subject="B"), line(type="order.requested")]
    assert {good(raw).content for raw in same} == {good(line()).content}
    assert len({good(raw).content for raw in [line(), *other]}) == 5


def test_a_mebibyte_is_the_most():
    room = MAX_EVENT_BYTES - len(line({"note": ""}))
    assert len(line({"note": "x" * room})) == MAX_EVENT_BYTES
    good(line({"note": "x" * room}))
    assert "1 MiB" in bad(line({"note": "x" * (room + 1)})).reason


@pytest.mark.parametrize("depth", [101, 3000, 400_000])
def test_deep_nesting_is_refused_and_never_a_crash(depth):
    for opened, closed in ((b"[", b"]"), (b'{"a":', b"}")):
        nested = (opened * depth + b"1" + closed * depth)[: MAX_EVENT_BYTES - 400]
        assert isinstance(decode(line().replace(b'{"order"', b'{"x": ' + nested + b', "order"')), Invalid)


def test_brackets_in_strings_are_no_nesting():
    good(line({"note": "[{" * 500 + '"' + "\\" * 3}))


def test_huge_numbers_are_no_fault_in_members_that_we_do_not_know():
    for number in (b"1e999", b"-1e999", b"9" * 5000, b"1e-999", b"9" * 30):
        raw = line().replace(b'{"order"', b'{"x": ' + number + b', "order"')
        assert good(raw).data["qty"] == 1
        assert good(raw).content != good(line()).content


def test_unknown_types_and_members_are_kept():
    event = good(line(type="com.example.thing", data={"any": [None, 1.5]}))
    assert event.data["any"] == [None, 1.5]
    assert good(line(type="com.example.thing", data=..., subject=...)).data == {}


def test_an_optional_member_may_be_null():
    assert good(line({"expires": None})).data["expires"] is None


@pytest.mark.parametrize(
    ("type_", "data", "member"),
    [
        ("stock.counted", {"document": "d", "qty": 0, "reason": "r", "by": "b"}, None),
        ("stock.counted", {"document": "d", "qty": -1, "reason": "r", "by": "b"}, "data.qty"),
        ("stock.counted", {"qty": 1, "reason": "r", "by": "b"}, "data.document"),
        ("stock.adjusted", {"document": "d", "qty": 0, "reason": "r", "by": "b"}, "data.qty"),
        ("stock.adjusted", {"document": "d", "qty": -3, "reason": "r", "by": "b"}, None),
        ("stock.received", {"document": "d", "qty": 0}, "data.qty"),
        ("stock.received", {"document": "d", "qty": 0, "final": True}, None),
        ("stock.received", {"document": "d", "qty": 1, "damaged": 2}, "data.damaged"),
        ("stock.ordered", {"document": "d", "qty": 1, "source": "w", "due": "soon"}, "data.due"),
        ("stock.ordered", {"document": "d", "qty": 1, "source": "w", "due": GOOD["time"], "state": "x"}, "data.state"),
        ("stock.held", {"document": "d", "qty": 1}, "data.by"),
        ("order.changed", {"order": "o"}, "data.to"),
        ("feed.gap", {"since": "x"}, "data.since"),
        ("chat.message", {"user": "u", "text": 5}, "data.text"),
        ("feed.heartbeat", {}, None),
    ],
)  # fmt: skip
def test_each_type_has_its_members(type_, data, member):
    event = decode(
        line(type=type_) if data is None else json.dumps(GOOD | {"type": type_, "data": data}).encode()
    )
    if member is None:
        assert isinstance(event, Event), event.reason
    else:
        assert event.reason.startswith(member + ":"), event


def test_a_reason_is_short_and_acts_on_no_terminal():
    reason = bad(line({"order": "\x1b]0;owned\x07" * 50})).reason
    assert len(reason) < 200
    assert reason.isprintable()


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00z", 0), ("1970-01-01t00:00:00.5Z", 500_000),
        ("1970-01-01T08:00:00+08:00", 0), ("1969-12-31T23:59:59.999999Z", -1), ("1970-01-01T00:00:00-00:00", 0),
        ("1970-01-01T00:00:00.1234567Z", 123_456), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ("2017-01-01T07:59:60+08:00", 1_483_228_800_000_000), ("2016-12-31T23:58:60Z", None),
        ("1970-01-01T00:00:00", None), ("1970-01-01 00:00:00Z", None), ("1970-02-30T00:00:00Z", None),
        ("1970-01-01T24:00:00Z", None), ("1970-01-01T00:60:00Z", None), ("1970-01-01T00:00:61Z", None),
        ("1970-01-01T00:00:00+24:00", None), ("1970-01-01T00:00:00+08:60", None), ("1970-01-01T00:00:00.Z", None),
        ("0000-01-01T00:00:00Z", None), ("0001-01-01T00:00:00+01:00", None), ("9999-12-31T23:59:59-23:59", None),
        ("9999-12-31T23:59:60Z", None), ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ("１970-01-01T00:00:00Z", None), ("1970-01-01T00:00:0１Z", None), ("", None), ("Z", None),
        ("1970-01-01T00:00:00+0800", None), ("1970-01-01T00:00:00Z\n", None), ("1970-01-01T00:00:-1Z", None),
    ],
)  # fmt: skip
def test_times(text, want):
    for _ in range(2):  # the second time a minute comes out of the cache
        assert parse_time(text) == want
        parse_time("1970-01-01T00:00:00Z")
        parse_time("1970-01-01T00:00:00+08:00")


def test_format_time_gives_back_what_parse_time_took():
    assert format_time(parse_time("2025-11-11T20:00:03.120+08:00")) == "2025-11-11T12:00:03.120+00:00"
    assert format_time(0) == "1970-01-01T00:00:00.000+00:00"


def test_encode_writes_compact_utf8_in_the_documented_order():
    raw = encode(
        type="note.added", source="s", id="1", time="2025-11-11T20:00:03Z", data={"text": "双"}, subject="A"
    )
    want = (
        '{"specversion":"1.0","id":"1","source":"s","type":"note.added","subject":"A",'
        '"time":"2025-11-11T20:00:03Z","data":{"text":"双"}}'
    )
    assert raw.decode() == want
    assert good(raw).subject == "A"


ODD_TIMES = st.builds(
    lambda text, at, char: text[:at] + char + text[at + 1 :],
    st.sampled_from(
        [
            "2025-11-11T20:00:03.120+08:00",
            "2016-12-31T23:59:60.500Z",
            "2025-11-11t20:00:03.12z",
            "1970-01-01T00:00:00Z",
        ]
    ),
    st.integers(0, 29),
    st.sampled_from("0159.:+-TtZz ٣_"),
)


@given(st.lists(ODD_TIMES, min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_what_was_parsed_before_never_changes_what_a_text_means(texts):
    """Seconds and minutes are remembered; a text that only resembles a remembered one must not profit."""
    pattern = re.compile(r"(?a)\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
    for text in ["2025-11-11T20:00:03.120+08:00", *texts, *texts]:
        instant = parse_time(text)
        instants._seconds.clear()
        instants._minutes.clear()
        assert parse_time(text) == instant
        if instant is not None:
            assert pattern.fullmatch(text)
        if text[17:19] != "60" and pattern.fullmatch(text) and instant is not None:
            assert datetime.fromisoformat(text.upper()).timestamp() == pytest.approx(instant / 1e6, abs=1e-5)
        parse_time("2025-11-11T20:00:03.999+08:00")
        parse_time("2016-12-31T23:59:60.500Z")


@st.composite
def accepted_times(draw):
    """Every form of time that decoding takes: both cases, any fraction, leap seconds, all offsets."""
    minutes = draw(st.integers(-1439, 1439))
    instant = draw(st.datetimes().filter(lambda at: 1 < at.year < 9999))
    second = f"{instant.second:02d}"
    if draw(st.booleans()):  # 23:59 UTC, where leap seconds are
        instant = instant.replace(hour=23, minute=59) + timedelta(minutes=minutes)
        second = draw(st.sampled_from(["60", second]))
    elif draw(st.booleans()):
        minutes = 0
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    if minutes == 0:
        zone = draw(st.sampled_from(["Z", "z", "+00:00", "-00:00"]))
    fraction = draw(
        st.just("") | st.text("0123456789", min_size=1, max_size=12).map(lambda digits: "." + digits)
    )
    t = draw(st.sampled_from("Tt"))
    day = f"{instant.year:04d}-{instant:%m-%d}"
    return f"{day}{t}{instant:%H:%M}:{second}{fraction}{zone}", minutes


@given(accepted_times())
@settings(max_examples=300, deadline=None)
def test_the_offset_of_every_time_that_decoding_takes_is_told(case):
    text, minutes = case
    event = good(line(time=text))
    zone = offset_of(event.time)
    assert zone.utcoffset(None) == timedelta(minutes=minutes)
    told = format_time(event.time_us, zone)
    assert parse_time(told) == event.time_us // 1000 * 1000


@pytest.mark.parametrize("text", ["", "2025-11-11T20:00:03", "2025-11-11 20:00:03Z", "now"])
def test_a_text_without_an_offset_has_none(text):
    with pytest.raises(ValueError, match="RFC 3339"):
        offset_of(text)


@pytest.mark.parametrize("minutes", [-1439, 0, 480, 1439])
def test_the_ends_of_time_are_told_in_every_zone(minutes):
    zone = timezone(timedelta(minutes=minutes))
    first, last = parse_time("0001-01-01T00:00:00Z"), parse_time("9999-12-31T23:58:59Z")
    for instant in (first - 10**9, first, last, last + 120_000_000, 2**62, -(2**62)):
        assert parse_time(format_time(instant, zone)) is not None


# --- the quick way ------------------------------------------------------------------------------------

_ODD = [
    "1.0", "1e0", "true", "null", '"1"', "-0", "0", "1", "2", "2147483647", "2147483648", "[]", "{}", '""', '"x"',
    '"\\u0001"', '"\x7f"', '"卫衣"', '"2025-11-11T20:00:03+08:00"', '"2025-11-11T20:00:03"', '[{"sku":"A","qty":1}]',
    '[{"sku":"A","qty":1,"role":"gift"}]', '[{"sku":"A"}]', '"' + "a" * 257 + '"', "99999999999999999999999", "1e999",
]  # fmt: skip
_MEMBERS = sorted({*LineData.__struct_fields__, "unknown"})
_LINE_TYPES = st.sampled_from(
    ["order.placed", "order.requested", "order.paid", "order.shipped", "order.cancelled", "order.expired",
     "order.refunded", "order.changed", "chat.message", "stock.received"]
)  # fmt: skip


@settings(max_examples=700, deadline=None)
@given(
    type_=_LINE_TYPES,
    members=st.dictionaries(st.sampled_from(_MEMBERS), st.sampled_from(_ODD), max_size=6),
    envelope=st.dictionaries(
        st.sampled_from(
            ["id", "source", "subject", "time", "received", "specversion", "cursor", "trace", "data"]
        ),
        st.sampled_from(_ODD),
        max_size=2,
    ),
    twice=st.booleans(),
)
def test_what_is_decoded_at_once_is_what_the_vocabulary_makes_of_it(type_, members, envelope, twice):
    data = {"order": '"o1"', "qty": "1", "line": "1", "expires": '"2025-11-11T20:30:03.5+08:00"'} | members
    pairs = [f'"{name}":{value}' for name, value in data.items()]
    whole = {
        "specversion": '"1.0"', "id": '"e1"', "source": '"shop"', "type": f'"{type_}"', "subject": '"A"',
        "time": '"2025-11-11T20:00:03.120+08:00"', "data": "{" + ",".join(pairs + pairs[:1] * twice) + "}",
    } | envelope  # fmt: skip
    raw = ("{" + ",".join(f'"{name}":{value}' for name, value in whole.items()) + "}").encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "_decode_at_once", lambda *_: None)
        slow = decode(raw)
    quick = decode(raw)
    assert type(quick) is type(slow)
    if isinstance(quick, Event) and isinstance(slow, Event):
        for name in (
            "id",
            "source",
            "type",
            "subject",
            "time",
            "time_us",
            "received_us",
            "content",
            "raw",
            "data",
        ):
            assert getattr(quick, name) == getattr(slow, name), name
        assert (quick.line is None) == (slow.line is None)
        for name in (
            {"order", "line", *members_of(type_)} & set(LineData.__struct_fields__) if slow.line else ()
        ):
            assert getattr(quick.line, name) == getattr(slow.line, name), name
        if type_ in ("order.placed", "order.requested"):
            assert quick.expires_us == slow.expires_us
    else:
        assert quick == slow
