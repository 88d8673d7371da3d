"""The Double-11 evening through the whole room, under other settings and without its restock."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from stockwatch.drills import double11
from stockwatch.room.room import alone

SKU = "HOODIE-CO"
FEED = (Path(__file__).resolve().parents[2] / "sample_feeds" / "double11.jsonl").read_bytes().splitlines()
UNRESTOCKED = [line for line in FEED if b'"type":"stock.' not in line and b'"action.restock"' not in line]
SURGE_H = double11.SURGE / 3_600_000


def evening(lines, **changed):
    """(hours, tier, data) of the hoodie's alerts that went up, and its stock at the end."""
    config = double11.room()
    skus = tuple(msgspec.structs.replace(sku, **changed) if sku.id == SKU else sku for sku in config.skus)
    room = alone(msgspec.structs.replace(config, skus=skus), zone_of=ZoneInfo)
    for line in lines:
        room.pipeline.take(line)
    room.pipeline.finish()
    rose = []
    for raw in room.drain().said:
        event = msgspec.json.decode(raw)
        if event["type"] in ("alert.raised", "alert.escalated") and event["subject"] == SKU:
            hours = (datetime.fromisoformat(event["time"]) - double11.START).total_seconds() / 3600
            rose.append((hours, event["data"]["tier"], event["data"]))
    return rose, room.books.stock(SKU)


@pytest.mark.parametrize("unset", [("trend_sold",), ("safety_line",), ("trend_sold", "safety_line")])
def test_without_hand_set_lines_the_tiers_come_in_the_same_order(unset):
    rose, stock = evening(FEED, **dict.fromkeys(unset))
    assert rose[0][1] == "TREND"
    assert SURGE_H < rose[0][0] <= 3.25
    assert rose[-1][1] == "CRITICAL"
    assert rose[-1][2]["available"] > 50, "before the sell-out, with something left to act on"
    assert stock.sold == 700


@pytest.mark.parametrize("changed", [{}, {"trend_sold": None, "safety_line": None}])
def test_without_the_restock_fewer_are_sold_and_critical_comes_before_the_end(changed):
    rose, stock = evening(UNRESTOCKED, **changed)
    assert stock.sold < 700
    at, tier, data = rose[-1]
    assert tier == "CRITICAL"
    assert data["available"] > 50
    assert at < 3.75


def test_without_any_source_a_sell_out_within_a_quarter_of_an_hour_is_critical():
    rose, _ = evening(FEED, lead_time=None, restock=())
    tiers = [tier for _, tier, _ in rose]
    assert tiers == ["TREND", *["THRESHOLD"] * (len(tiers) - 2), "CRITICAL"]
    assert len(tiers) <= 6
    apart = [later - at for (at, *_), (later, *_) in pairwise(rose[1:])]
    assert min(apart) > 0.1, "nothing flaps"
    assert "没有补货来源" in rose[-1][2]["reason"]["zh"]


@pytest.mark.parametrize("lead_s", [7200, 86400, 3 * 86400])
def test_days_of_lead_time_warn_early_but_the_first_orders_of_a_surge_are_not_urgent(lead_s):
    rose, _ = evening(FEED, lead_time=lead_s)
    assert min(at for at, _, _ in rose) > SURGE_H, "calm hours stay calm"
    assert rose[0][1] != "CRITICAL"
    urgent = next(data for _, tier, data in rose if tier == "CRITICAL")
    assert urgent["eta_s"]["p50"] < 2 * 3600
    assert urgent["velocity_per_min"] >= 5


def test_the_evening_interrupts_a_handful_of_times_and_a_taken_alert_no_more():
    """TREND is near enough to call, THRESHOLD and CRITICAL call; who has taken one is not called again."""
    room = alone(double11.room(), zone_of=ZoneInfo)
    calls = []
    for line in FEED:
        room.pipeline.take(line)
        call = room.attention.last
        if call is not None and (not calls or call.number != calls[-1].number):
            calls.append(call)
    acknowledged = any(b"alert.acknowledged" in line for line in FEED)
    assert acknowledged, "in this evening somebody takes the first one"
    tiers = [call.tier for call in calls]
    assert tiers[0] == 1
    assert tiers.count(2) in (1, 2)
    assert 1 <= tiers.count(3) <= 4
    assert len(calls) <= 8
    assert all(call.listing == calls[0].listing for call in calls), "one link runs out, and no other calls"
    again = [call for call in calls if "没人认领" in call.text.zh]
    assert not any(call.tier == 1 for call in again)
