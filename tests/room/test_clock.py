"""The decision clock: moves with events, never back, and believes a far jump only when it is confirmed."""

from hypothesis import given
from hypothesis import strategies as st

from stockwatch.room.clock import AHEAD_US, SECOND_US, Clock, last_tick


def heard(*instants: int, trusted: bool = False) -> list[int]:
    clock = Clock(trusted=trusted)
    return [clock.hear(instant) for instant in instants]


def test_it_is_the_largest_so_far():
    assert heard(5, 3, 9, 9, 8) == [5, 5, 9, 9, 9]


def test_exactly_ten_minutes_ahead_moves_it():
    assert heard(0, AHEAD_US) == [0, AHEAD_US]


def test_a_single_wild_instant_does_not_move_it():
    wild = AHEAD_US * 50
    assert heard(0, wild, SECOND_US, 2 * SECOND_US) == [0, 0, SECOND_US, 2 * SECOND_US]


def test_two_wild_instants_apart_by_a_normal_one_do_not_confirm_each_other():
    wild = AHEAD_US * 50
    assert heard(0, wild, 1, wild) == [0, 0, 1, 1]


def test_a_second_event_confirms_a_quiet_hour():
    hour = 3600 * SECOND_US
    assert heard(0, hour, hour + SECOND_US, hour + 2 * SECOND_US)[2:] == [
        hour + SECOND_US,
        hour + 2 * SECOND_US,
    ]


def test_two_claims_far_apart_move_it_only_to_the_smaller():
    assert heard(0, 10 * AHEAD_US, 2 * AHEAD_US) == [0, 0, 2 * AHEAD_US]


def test_our_own_stamps_are_trusted():
    assert heard(0, 50 * AHEAD_US, trusted=True) == [0, 50 * AHEAD_US]


@given(st.lists(st.integers(0, 10 * AHEAD_US), min_size=1))
def test_it_never_goes_back_and_never_passes_what_was_heard(instants: list[int]):
    clock, largest, before = Clock(), 0, -1
    for instant in instants:
        largest = max(largest, instant)
        now = clock.hear(instant)
        assert before <= now <= largest
        before = now


def test_a_tick_belongs_to_the_second_it_opens():
    assert last_tick(1_999_999) == 1
    assert last_tick(2_000_000) == 2
