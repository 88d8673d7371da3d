"""What the streams of a room have taught is where the next one begins."""

import random
import tomllib
from math import exp

import pytest
import tomli_w

from stockwatch.demand.lessons import (
    NONE,
    VARIES,
    BadLessons,
    Lessons,
    SkuLessons,
    data_of,
    lessons_of,
    one_more,
)
from stockwatch.demand.watch import Watch
from tests.selling import T0, Room, S, pulses


def evening(seed=1, **rates):
    room = Room(seed)
    room.sell(3 * 3600, **rates)
    return room


def next_stream(lessons, seed=2):
    room = Room(seed)
    room.demand.begin(lessons)
    room.demand.alive("c", T0 * S)
    return room


def test_a_stream_teaches_how_fast_each_sku_sells_and_how_large_orders_are():
    room = Room()
    for _ in range(3600):
        room.now += 2
        room.demand.take("A", "c", (T0 + room.now) * S, 3)
        room.look("A")
    taught = room.demand.lessons().skus["A"]
    assert taught.usual_per_hour == pytest.approx({"c": 1800}, rel=0.1)
    assert (taught.units_per_order, taught.units_squared_per_order) == (3.0, 9.0)
    assert taught.streams == 1


def test_what_hardly_sold_teaches_nothing():
    assert Room().demand.lessons().skus == {}
    room = Room()
    room.sell(600, A=0.3)
    assert room.demand.lessons().skus == {}


def test_lessons_are_a_file_that_people_can_read():
    room = Room()
    pulses(room, "A", 3)
    lessons = room.demand.lessons()
    text = tomli_w.dumps(data_of(lessons))
    again = lessons_of(tomllib.loads(text))
    assert data_of(again) == data_of(lessons)
    assert again.skus["A"].usual == pytest.approx(lessons.skus["A"].usual, rel=1e-3)
    assert sum(again.surges.values()) == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({"skus": {"A": {"usual_per_hour": {"c": -1.0}}}}, "$.skus"),
        ({"skus": {"A": {"usual_per_hour": {"c": 5.0}, "varies": 0.0}}}, "varies"),
        ({"skus": {"A": {"usual_per_hour": {"c": float("nan")}}}}, "skus"),
        ({"skus": {"A": {"usual_per_hour": {}}}}, "A.usual_per_hour"),
        ({"skus": {"A": {"usual_per_hour": {"c": 5e-324}}}}, "A.usual_per_hour"),
        ({"format": 2}, "format 2"),
        ({"surges": {"explodes": 1.0}}, "explodes"),
        ({"sku": {}}, "sku"),
        ([], "object"),
    ],
)
def test_what_is_wrong_in_it_is_named(data, wrong):
    with pytest.raises(BadLessons, match=wrong.replace("$", r"\$")):
        lessons_of(data)


def test_a_surge_in_the_first_minutes_is_seen_by_who_knows_what_is_usual():
    lessons = evening(A=0.1).demand.lessons()
    found = []
    for room in (next_stream(NONE), next_stream(lessons)):
        room.sell(240, A=0.1)
        room.sell(120, A=0.8)
        found.append(room.look("A").on)
    assert found == [False, True]


def test_a_stream_that_sells_twice_as_fast_from_the_start_is_no_surge_for_long():
    lessons = evening(A=0.05).demand.lessons()
    room = next_stream(lessons)
    room.sell(5400, A=0.1)
    assert not room.look("A").on
    assert room.demand.at("A", (T0 + room.now) * S).watch.usual == pytest.approx(0.1, rel=0.25)


def test_the_forecast_of_a_slow_thing_begins_with_what_is_usual():
    lessons = evening(A=0.01).demand.lessons()
    rates = []
    for room in (next_stream(NONE), next_stream(lessons)):
        room.sell(100)
        room.demand.take("A", "c", (T0 + room.now) * S, 1)
        room.look("A")
        room.now += 10
        rates.append(room.demand.outlook("A", (T0 + room.now) * S).rate)
    known = lessons.skus["A"].usual
    assert abs(rates[1] - known) < abs(rates[0] - known)


def test_how_surges_ended_is_known_when_the_next_stream_begins():
    before = Room()
    pulses(before, "A", 5)
    chances = []
    for room in (next_stream(NONE), next_stream(before.demand.lessons())):
        room.sell(1500, A=0.3)
        room.sell(120, A=2.0)
        assert room.look("A").on
        chances.append(room.chance("A", 1500, 1200))
    assert chances[1] < 0.7 * chances[0]


def presented(times, per_minute=60, seconds=180):
    """A room that has presented A so many times."""
    room = Room()
    for _ in range(times):
        room.sell(1200, A=0.05)
        room.demand.present(("A",), (T0 + room.now) * S)
        room.sell(seconds, A=per_minute / 60)
        room.demand.present(("B",), (T0 + room.now) * S)
    return room


def test_what_presenting_sells_is_learned():
    taught = presented(4).demand.lessons().skus["A"].presented
    assert taught.times == 4
    assert taught.seconds == 4 * 180
    assert taught.orders / taught.seconds == pytest.approx(1.0, rel=0.2)


def test_a_link_that_sold_fast_whenever_it_was_presented_is_expected_to_as_it_is_pinned():
    room = next_stream(presented(4).demand.lessons())
    room.sell(300, A=0.05)
    calm = room.chance("A", 60, 600)
    room.demand.present(("A",), (T0 + room.now) * S)
    assert room.demand.expects("A")
    at_once = room.chance("A", 60, 600)
    assert calm < 0.3
    assert at_once > 0.6
    room.sell(150, A=0.0)
    assert room.chance("A", 60, 600) < at_once, "nobody buys: the expectation gives way"
    room.demand.present((), (T0 + room.now) * S)
    assert not room.demand.expects("A")
    assert room.chance("A", 60, 600) < 0.3


def test_a_presentation_expects_nothing_where_none_was_learned():
    for lessons in (NONE, evening(A=0.05).demand.lessons(), presented(1).demand.lessons()):
        room, plain = next_stream(lessons), next_stream(lessons)
        for one in (room, plain):
            one.sell(900, A=0.05)
        room.demand.present(("A",), (T0 + room.now) * S)
        assert room.chance("A", 30, 600) == plain.chance("A", 30, 600)


def test_no_estimate_is_higher_than_the_fastest_while_a_link_is_presented():
    room = next_stream(presented(4).demand.lessons())
    room.demand.present(("A",), (T0 + room.now) * S)
    for _ in range(40):
        room.sell(10, A=0.4)
        now_us = (T0 + room.now) * S
        series = room.demand.at("A", now_us)
        if series.watch is None or series.watch.since is None:
            assert room.demand.estimate(series).rate <= room.demand.fastest(series) + 1e-9


def lesson(per_hour, **told):
    return SkuLessons(usual_per_hour={"c": per_hour}, **told)


def test_streams_that_agree_make_sure_and_streams_that_differ_make_unsure():
    agree = differ = lesson(60.0)
    for n in range(5):
        agree = one_more(agree, lesson(60.0))
        differ = one_more(differ, lesson(20.0 if n % 2 else 180.0))
    assert agree.streams == differ.streams == 6
    assert agree.varies < 0.6 * VARIES
    assert differ.varies > 1.2 * VARIES
    assert agree.usual_per_hour["c"] == pytest.approx(60.0)
    assert 40.0 < differ.usual_per_hour["c"] < 120.0


def test_what_is_not_sold_for_twenty_streams_is_forgotten():
    lessons = Lessons(streams=3.0, skus={"A": lesson(60.0)})
    for n in range(21):
        assert "A" in lessons.skus
        room = next_stream(lessons, n)
        assert room.demand.lessons() is lessons, "it has taught nothing yet"
        for _ in range(60):
            room.now += 30
            room.demand.take("B", "c", (T0 + room.now) * S, 1)
            room.look("B")
        lessons = room.demand.lessons()
    assert list(lessons.skus) == ["B"]
    assert lessons.streams == 24


def test_chance_and_clustering_are_where_they_were():
    rng = random.Random(5)
    room = Room()
    for _ in range(2000):
        room.now += rng.randrange(1, 20)
        for _ in range(rng.choice((1, 1, 1, 8))):
            room.demand.take("A", "c", (T0 + room.now) * S, 1)
        room.look("A")
    taught = room.demand.lessons().skus["A"]
    assert taught.clustering[-1] > 2.0
    watch = Watch(0, taught)
    assert watch.teaches() is None, "nothing of this stream yet"
    watch.add_channel("c", 0.0)
    assert watch.usual == pytest.approx(taught.usual, rel=0.01)
    assert watch.dispersion_ahead() > 1.5


def test_lessons_told_in_the_middle_of_a_stream_break_nothing():
    room = Room()
    room.sell(900, A=0.3, B=0.1)
    room.demand.take("A", "c", (T0 + room.now) * S, 2)
    for lessons in (
        NONE,
        room.demand.lessons(),
        Lessons(skus={"Z": lesson(5.0, clustering=(2.0,), peaks=(9.0,))}),
    ):
        room.demand.begin(lessons)
        for _ in range(3):
            room.sell(200, A=2.0, B=0.1, Z=0.01)
            for sku in "ABZ":
                assert 0.0 <= room.chance(sku, 20, 300) <= 1.0


@pytest.mark.parametrize("seed", range(3))
def test_a_room_whose_skus_sell_as_before_rings_no_oftener_for_knowing_it(seed):
    rng = random.Random(seed)
    skus = {f"S{n}": exp(rng.gauss(-3.0, 1.0)) for n in range(12)}
    lessons = evening(seed, **skus).demand.lessons()
    room = next_stream(lessons, seed + 10)
    rings, on = 0, dict.fromkeys(skus, False)
    for _ in range(60):
        room.sell(60, **{sku: rate * exp(rng.gauss(0.0, 0.2)) for sku, rate in skus.items()})
        for sku in skus:
            found = room.look(sku)
            rings += found is not None and found.on and not on[sku]
            on[sku] = found is not None and found.on
    assert rings <= 2, "twelve hours of SKUs at one false alarm in sixty"
