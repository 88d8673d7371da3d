"""When the lines of a recording have their turn: at their clock, silences kept, wild timestamps not waited for."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.events import decode, encode, format_time
from stockwatch.feeds.recording import Line
from stockwatch.feeds.turns import turns


def _lines(*at_s: int | None) -> list[Line]:
    lines = []
    for number, at in enumerate(at_s, 1):
        raw = b"nonsense"
        if at is not None:
            raw = encode(source="s", id=str(number), type="x.y", time=format_time(at * 1_000_000), data={})
        lines.append(Line(raw, "f", number, len(raw), decode(raw)))
    return lines


def _turns(*at_s: int | None) -> list[int | None]:
    return [None if at is None else at // 1_000_000 for _, at in turns(_lines(*at_s))]


def test_lines_have_their_turn_at_the_clock_so_far() -> None:
    assert _turns(10, 20, 15, 30) == [10, 20, 20, 30]
    assert _turns(None, 10, None, 12) == [None, 10, 10, 12]


def test_a_silence_is_kept_and_a_wild_timestamp_is_not_waited_for() -> None:
    assert _turns(0, 7200, 7201) == [0, 7200, 7201]
    assert _turns(0, 7201, 7200) == [0, 7201, 7201]
    assert _turns(0, 10**9, 1, 2) == [0, 0, 1, 2]
    assert _turns(0, 10**9, None, None, 1) == [0, 0, 0, 0, 1]
    assert _turns(0, 10**9) == [0, 0]
    assert _turns(0, 9000, 90000, 90001) == [0, 9000, 90000, 90001]
    assert _turns(0, 90000, 9000, 9001) == [0, 0, 9000, 9001]


def test_a_crowd_of_bad_lines_behind_a_wild_one_is_not_held_for_ever() -> None:
    lines = _lines(0, 10**9, *[None] * 5000, 1)
    source = iter(lines)
    played = turns(source)
    for _ in range(3):
        next(played)
    assert len(list(source)) > 3000


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(0, 2000), st.integers(0, 10**6)), max_size=12))
def test_every_line_comes_once_in_order_and_turns_never_go_back(at_s: list[int | None]) -> None:
    lines = _lines(*at_s)
    played = list(turns(lines))
    assert [line for line, _ in played] == lines
    known = [at for _, at in played if at is not None]
    assert known == sorted(known)
