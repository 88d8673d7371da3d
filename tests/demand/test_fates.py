"""What a surge is expected to become: what others became before it."""

import pytest

from stockwatch.demand.fates import COURSES, Fates
from tests.selling import T0, Room, S, pulses

STAYS = next(n for n, kind in enumerate(COURSES) if kind.name == "stays")


def test_a_surge_that_falls_back_is_over_within_minutes():
    room = Room()
    room.sell(1800, A=0.3)
    room.sell(200, A=2.0)
    assert room.look("A").on
    room.sell(400, A=0.3)
    assert not room.look("A").on


def test_a_surge_that_goes_on_stays_one_for_half_an_hour():
    room = Room()
    room.sell(1800, A=0.3)
    room.sell(120, A=1.2)
    for _ in range(10):
        assert room.look("A").on
        room.sell(120, A=1.2)


def test_a_thing_that_always_fell_back_is_expected_to_fall_back_again():
    taught, new = Room(), Room()
    pulses(taught, "A", 5)
    new.sell(taught.now, A=0.3)
    for room in (taught, new):
        room.sell(150, A=2.0)
        assert room.look("A").on
    left = 2400
    assert taught.chance("A", left, 1800) < 0.5 * new.chance("A", left, 1800)


def test_what_one_thing_taught_holds_for_the_others_of_the_room():
    room, other = Room(), Room()
    pulses(room, "A", 5)
    other.sell(room.now, A=0.3)
    for each in (room, other):
        each.sell(3000, B=0.3)
        each.sell(150, B=2.0)
        assert each.look("B").on
    assert room.chance("B", 2400, 1800) < 0.8 * other.chance("B", 2400, 1800)


def test_a_change_that_stayed_teaches_that_changes_stay():
    room = Room()
    room.sell(1800, A=0.3)
    room.sell(2400, A=1.5)
    assert sum(room.demand.fates.shares) == pytest.approx(1.0)
    assert room.demand.fates.met()[STAYS] > Fates().met()[STAYS]


def test_shares_are_probabilities_and_one_surge_counts_once():
    room = Room()
    pulses(room, "A", 3)
    fates = room.demand.fates
    assert sum(fates.shares) == pytest.approx(round(sum(fates.shares)))
    assert round(sum(fates.shares)) >= 3
    assert sum(fates.met()) == pytest.approx(1.0)
    own = Fates()
    own.learn([0, 0, 0, 0, 500, 0, 0, 0], presented=False)
    assert sum(fates.met(own)) == pytest.approx(1.0)
    assert all(share > 0 for share in fates.met(own)), "nothing is ever ruled out"


def test_a_lasting_change_is_believed_again_once_it_has_lasted():
    room = Room()
    pulses(room, "A", 4)
    room.sell(1500, A=2.0)
    outlook = room.demand.outlook("A", (T0 + room.now + 1) * S)
    assert outlook.rate == pytest.approx(2.0, rel=0.25)


def test_a_surge_while_its_link_is_presented_is_expected_to_end_with_it():
    told, untold = Room(), Room()
    for room in (told, untold):
        room.sell(3000, A=0.3)
        if room is told:
            room.demand.present(("A",), (T0 + room.now) * S)
        room.sell(150, A=2.0)
        assert room.look("A").on
    assert told.chance("A", 2400, 1800) < 0.5
    assert untold.chance("A", 2400, 1800) > 0.65


def test_a_presentation_long_ago_explains_nothing():
    told, untold = Room(), Room()
    for room in (told, untold):
        room.sell(1000, A=0.3)
        if room is told:
            room.demand.present(("A",), (T0 + room.now) * S)
        room.sell(2000, A=0.3)
        room.sell(150, A=2.0)
    assert told.chance("A", 2400, 1800) == untold.chance("A", 2400, 1800)


def test_what_presentations_became_says_nothing_of_other_surges():
    room = Room()
    room.sell(1800, A=0.3)
    for _ in range(3):
        room.demand.present(("A",), (T0 + room.now) * S)
        room.sell(200, A=2.0)
        room.sell(1000, A=0.3)
    assert room.demand.fates.met() == Fates().met()
    assert room.demand.fates.met(presented=True)[STAYS] < Fates().met(presented=True)[STAYS]
