"""The samples, played through the real pipeline by the real command: what R22 and the apparel room promise."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stockwatch import cli
from stockwatch.config import load_room
from stockwatch.drills import apparel, apparel_plan, double11, load

FOLDER = Path(__file__).resolve().parents[2] / "sample_feeds"
SKU = "HOODIE-CO"
TIERS = {"TREND": 1, "THRESHOLD": 2, "CRITICAL": 3}


@pytest.fixture(scope="module")
def replay():
    """Plays a feed headless, the same one only once; returns (events, the summary's data)."""
    played = {}

    def play(feed, capsys, *arguments):
        key = feed, *arguments
        if key not in played:
            capsys.readouterr()
            assert cli.main(["replay", str(feed), "--headless", "--json", "--strict", *arguments]) == 0
            lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
            assert lines[-1]["type"] == "replay.summary"
            played[key] = lines[:-1], lines[-1]["data"]
        return played[key]

    return play


def hours(event, start=double11.START):
    return (datetime.fromisoformat(event["time"]) - start) / timedelta(hours=1)


def raises(events, sku=SKU):
    """(hours, tier) of every alert that went up."""
    return [
        (hours(event), TIERS[event["data"]["tier"]])
        for event in events
        if event["type"] in ("alert.raised", "alert.escalated") and event["subject"] == sku
    ]


def units_taken_at(hour):
    """Units of the hoodie taken by then, from the generator's own books."""
    performance = double11.Double11()
    seen = []
    performance.stage.cue(round(hour * 3_600_000), lambda: seen.append(performance.book.taken(SKU)))
    performance.play()
    return seen[0]


def test_the_case_ends_with_seven_hundred_sold_and_nothing_oversold(replay, capsys):
    _, summary = replay(FOLDER / "double11.jsonl", capsys)
    figures = summary["skus"][SKU]
    assert figures["sold"] == 700
    assert {name: figures[name] for name in ("available", "held", "reserved", "shortfall", "oversold")} == {
        "available": 0,
        "held": 0,
        "reserved": 0,
        "shortfall": 0,
        "oversold": 0,
    }
    assert all(balance["oversold"] == 0 for balance in summary["skus"].values())
    assert summary["dead"] == 0
    assert summary["outcomes"]["rejected"] >= 50
    assert summary["events"] == sum(summary["outcomes"].values())


def test_the_pipeline_agrees_with_the_generators_own_books(replay, capsys):
    for name, performance, end in (
        ("double11", double11.Double11(), double11.END),
        ("apparel", apparel.Apparel(), apparel_plan.END),
    ):
        performance.play()
        book = performance.book
        book.expire(end)
        _, summary = replay(FOLDER / f"{name}.jsonl", capsys)
        for sku in book.opening:
            theirs = summary["skus"][sku]
            ours = {
                "available": book.available[sku],
                "held": book.held[sku],
                "reserved": book.reserved[sku],
                "sold": book.sold[sku],
                "quarantined": book.quarantined[sku],
                "oversold": book.oversold[sku],
            }
            assert {key: theirs[key] for key in ours} == ours, sku
        assert summary["outcomes"]["duplicate"] == book.outcomes["duplicate"]
        assert summary["outcomes"]["rejected"] == book.outcomes["rejected"]


def test_the_cases_alerts_come_when_they_should(replay, capsys):
    events, _ = replay(FOLDER / "double11.jsonl", capsys)
    went_up = raises(events)
    surge = double11.SURGE / 3_600_000
    everyone = [
        (hours(event), TIERS[event["data"]["tier"]])
        for event in events
        if event["type"] in ("alert.raised", "alert.escalated")
    ]
    assert not [tier for at, tier in everyone if at < surge and tier > 1], (
        "nothing above TREND in the flat hours"
    )
    assert any(surge < at <= 3.25 and tier == 1 for at, tier in went_up)
    threshold = min(at for at, tier in went_up if tier == 2)
    assert threshold <= 4
    assert 700 - units_taken_at(threshold) >= 100
    critical = min(at for at, tier in went_up if tier == 3)
    assert threshold < critical
    assert units_taken_at(critical) < 700
    assert 4 < double11.RACE / 3_600_000 < 5


def test_the_recorded_decisions_answer_alerts(replay, capsys):
    events, _ = replay(FOLDER / "double11.jsonl", capsys)
    went_up = raises(events)
    restocks = [hours(event) for event in events if event["type"] == "action.restock"]
    switch = next(hours(event) for event in events if event["type"] == "action.substitute")
    assert len(restocks) == 3
    assert min(at for at, tier in went_up if tier == 1) < restocks[0]
    assert min(at for at, tier in went_up if tier == 2) < switch


def test_trend_comes_in_time_without_the_taken_units_line(replay, capsys, tmp_path):
    settings = (FOLDER / "double11.toml").read_text(encoding="utf-8")
    room = tmp_path / "room.toml"
    room.write_text(settings.replace("trend_sold = 100\n", ""), encoding="utf-8")
    assert "trend_sold" not in room.read_text(encoding="utf-8")
    events, _ = replay(FOLDER / "double11.jsonl", capsys, "--room", str(room))
    surge = double11.SURGE / 3_600_000
    assert any(surge < at <= 3.25 and tier == 1 for at, tier in raises(events))


def test_without_the_restock_fewer_are_sold_and_still_nothing_is_oversold(replay, capsys, tmp_path):
    feed = tmp_path / "double11.jsonl"
    lines = (FOLDER / "double11.jsonl").read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if b'"type":"stock.' not in line and b'"action.restock"' not in line]
    assert len(lines) - len(kept) == 6
    feed.write_bytes(b"".join(kept))
    _, summary = replay(feed, capsys, "--room", str(FOLDER / "double11.toml"))
    figures = summary["skus"][SKU]
    assert figures["sold"] + figures["reserved"] <= 500
    assert (figures["oversold"], figures["shortfall"]) == (0, 0)


@pytest.fixture
def told(replay, capsys):
    """(surges and gaps of the apparel room with instants, its alerts that went up)."""
    events, summary = replay(FOLDER / "apparel.jsonl", capsys)
    assert summary["dead"] == 0
    named = json.loads((FOLDER / "apparel.surges.json").read_text(encoding="utf-8"))
    return named, [event for event in events if event["type"] in ("alert.raised", "alert.escalated")]


def outside(named, alert):
    """Whether an alert lies outside every named surge of its SKU."""
    at = datetime.fromisoformat(alert["time"])
    return not any(
        alert["subject"] in surge["skus"]
        and datetime.fromisoformat(surge["begin"]) <= at <= datetime.fromisoformat(surge["end"])
        for surge in named["surges"]
    )


def test_outside_the_named_surges_nothing_rings(told):
    named, alerts = told
    false = [alert for alert in alerts if outside(named, alert)]
    assert not [alert["id"] for alert in false if alert["data"]["tier"] == "CRITICAL"]
    trends = [datetime.fromisoformat(alert["time"]) for alert in false if alert["data"]["tier"] == "TREND"]
    room = load_room(FOLDER / "apparel.toml")
    first, last = (datetime.fromisoformat(alerts[n]["time"]) for n in (0, -1))
    asked = len(room.skus) * (last - first).total_seconds() / 3600 / room.alerts.trend_false_alarm_hours
    assert len(trends) <= asked, "no more than were asked for"
    for gap in named["gaps"]:
        until = datetime.fromisoformat(gap["until"])
        assert not [at for at in trends if until <= at <= until + timedelta(minutes=5)], (
            "no catch-up is a surge"
        )


def test_every_named_surge_is_seen(told):
    named, alerts = told
    for surge in named["surges"]:
        seen = [alert for alert in alerts if alert["subject"] in surge["skus"] and not outside(named, alert)]
        assert seen, surge["what"]


def test_the_ramp_is_told_as_urgent_before_its_sizes_are_gone(told):
    _, alerts = told
    urgent = [
        alert
        for alert in alerts
        if alert["data"]["tier"] == "CRITICAL"
        and alert["subject"].endswith(("-M", "-L"))
        and alert["data"]["available"]
    ]
    ramp = apparel.Apparel().goods.link(apparel_plan.RAMP)
    assert {alert["subject"] for alert in urgent} & set(ramp.variants)


def test_chaos_raises_many_alerts_of_every_tier(replay, capsys, tmp_path):
    feed = tmp_path / "chaos.jsonl"
    feed.write_bytes(b"\n".join(load.chaos(1)))
    (tmp_path / "chaos.toml").write_text(load.room_text(load.CHAOS, "chaos"), encoding="utf-8")
    events, summary = replay(feed, capsys)
    tiers = [
        event["data"]["tier"] for event in events if event["type"] in ("alert.raised", "alert.escalated")
    ]
    assert len(tiers) >= 20
    assert set(tiers) == set(TIERS)
    assert summary["outcomes"]["short"] > 100
    assert summary["outcomes"]["rejected"] > 100
    assert sum(sku["reserved"] for sku in summary["skus"].values()) < 400, "what nobody paid has expired"
