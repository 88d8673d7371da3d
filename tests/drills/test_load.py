"""Load feeds: the same seed gives the same lines; rates and shares come out as asked."""

import itertools
import json
from collections import Counter

import pytest

from stockwatch.drills import load
from stockwatch.events import Event, decode


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    first = list(load.feed(7, seconds=30))
    assert first == list(load.feed(7, seconds=30))
    assert first != list(load.feed(8, seconds=30))


@pytest.mark.parametrize("rate", [5.0, 20.0, 200.0])
def test_rate_is_events_a_second(rate):
    count = sum(1 for _ in load.feed(1, rate=rate, seconds=2000 / rate + 120, timeout=30.0))
    assert count / (2000 / rate + 120) == pytest.approx(rate, rel=0.15)


def test_lines_are_valid_in_order_of_receipt_and_overtake_each_other():
    events = [json.loads(line) for line in load.feed(3, seconds=200)]
    assert all(isinstance(decode(line), Event) for line in load.feed(3, seconds=20))
    received = [event["received"] for event in events]
    assert received == sorted(set(received))
    times = [event["time"] for event in events]
    assert sum(b < a for a, b in itertools.pairwise(times)) > len(times) / 10
    ids = Counter((event["source"], event["id"]) for event in events)
    assert 0.005 < 1 - len(ids) / len(events) < 0.05
    kinds = Counter(event["type"] for event in events)
    assert {"order.placed", "order.requested", "order.paid", "order.cancelled"} <= set(kinds)


def test_all_skus_are_named_in_the_room_that_goes_with_it():
    settings = load.Load(skus=12, rate=40.0, seconds=60)
    known = {sku.id for sku in load.room(settings).skus}
    named = {json.loads(line)["subject"] for line in load.lines(5, settings)}
    assert named == known


def test_without_stamps_only_time_is_there():
    line = next(load.feed(1, seconds=30, stamp=False))
    assert "received" not in json.loads(line)


def test_room_text_reads_back(tmp_path):
    from stockwatch.config import load_room

    path = tmp_path / "load.toml"
    path.write_text(load.room_text(load.CHAOS, "chaos"), encoding="utf-8")
    assert load_room(path).skus == load.room(load.CHAOS, "chaos").skus


def test_chaos_runs_out_of_stock_many_times():
    hot = {sku.id: sku.stock for sku in load.room(load.CHAOS).skus}
    asked, landed = Counter(), Counter()
    for line in load.chaos(1):
        event = json.loads(line)
        if event["type"] in ("order.placed", "order.requested"):
            asked[event["subject"]] += event["data"]["qty"]
        elif event["type"] == "stock.received":
            landed[event["subject"]] += event["data"]["qty"]
    assert len(landed) > 20
    assert sum(units > hot[sku] + landed[sku] for sku, units in asked.items()) >= 20
