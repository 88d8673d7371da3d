"""What a room's streams taught: written as it closes, read as it opens, and in the journal once a stream begins."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import msgspec
import pytest

from stockwatch import paths
from stockwatch.cli import main
from stockwatch.hub import lessons
from stockwatch.hub.ledgerfile import LedgerJournal
from stockwatch.ledger.balances import Books
from stockwatch.ledger.opening import channels_in
from stockwatch.room.picture import Picture
from stockwatch.room.pipeline import Pipeline
from stockwatch.room.room import Room, on
from stockwatch.room.view import Taught
from tests.hub.test_room_state import making, picture
from tests.room.build import START, config, event

T0 = int(START.timestamp()) * 1_000_000
HOUR = 3600


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def opened(path: Path, hours: float) -> tuple[LedgerJournal, Room]:
    """The room on its ledger, so many hours after the start."""
    journal = LedgerJournal(path, lambda: T0)
    room = journal.recall(making(config()))
    lessons.begin_with(room)
    room.pipeline.open(T0 + round(hours * HOUR) * 1_000_000)
    return journal, room


def sell(room: Room, since: float, hours: float, every: float = 20.0) -> None:
    first, at = since * HOUR, 0.0
    plenty = event("stock.received", first, "H-M", document=f"more{first}", qty=10_000)
    room.pipeline.take(plenty, T0 + round(first * 1_000_000))
    while at < hours * HOUR:
        raw = event("order.placed", first + at, "H-M", order=f"o{first + at}", qty=2)
        room.pipeline.take(raw, T0 + round((first + at) * 1_000_000))
        at += every


def pinned(listing: str, seconds: float) -> bytes:
    told = json.loads(event("product.pinned", seconds, listing=listing))
    told["data"]["channel"] = "douyin"
    return json.dumps(told).encode()


def close(journal: LedgerJournal, room: Room) -> list[str]:
    """What its journal got that is the room's own."""
    entries = room.pipeline.drain()
    journal.append(entries, {}, room.pipeline)
    lessons.keep(room)
    journal.close()
    return [json.loads(entry.raw)["type"] for entry in entries if entry.ours]


def test_the_next_stream_begins_with_what_this_one_taught(tmp_path):
    journal, room = opened(tmp_path / "a.db", 0)
    sell(room, 0, 2)
    assert "room.learned" not in close(journal, room)
    written = paths.lessons_file("test")
    assert written.stat().st_mode & 0o777 == 0o600
    taught = lessons.read("test")
    assert taught is not None
    assert taught.skus["H-M"].usual_per_hour["douyin"] == pytest.approx(180, rel=0.1)
    assert taught.skus["H-M"].units_per_order == 2.0

    journal, room = opened(tmp_path / "another.db", 30)
    assert room.demand.taught == taught
    assert any("1 SKUs" in did.what.en for did in room.log.actions)
    sell(room, 30, 0.5)
    before = picture(room)
    assert "room.learned" in close(journal, room)
    journal = LedgerJournal(tmp_path / "another.db", lambda: T0)
    assert picture(journal.recall(making(config()))) == before, "the journal alone gives the same room"
    journal.close()


def test_a_hub_that_starts_again_in_the_same_stream_goes_on(tmp_path):
    for stretch in range(3):
        journal, room = opened(tmp_path / "a.db", stretch * 2.0)
        sell(room, stretch * 2.0, 1)
        assert "room.learned" not in close(journal, room)
        taught = lessons.read("test")
        assert taught is not None
        assert taught.streams == 1, "one stream, however often its hub was started"
    journal, room = opened(tmp_path / "a.db", 12)
    sell(room, 12, 1)
    assert close(journal, room).count("room.learned") == 1
    taught = lessons.read("test")
    assert taught is not None
    assert taught.streams == 2


def test_a_room_that_sold_nothing_leaves_its_lessons_as_they_were(tmp_path):
    journal, room = opened(tmp_path / "a.db", 0)
    sell(room, 0, 1)
    close(journal, room)
    file = paths.lessons_file("test")
    as_it_was = file.read_bytes()
    file.write_bytes(as_it_was.replace(b"streams = 1.0", b"streams = 1.0 # mine"))
    journal, room = opened(tmp_path / "a.db", 40)
    close(journal, room)
    assert b"# mine" in file.read_bytes()


def test_a_file_that_can_not_be_used_is_told_and_kept(tmp_path, caplog):
    file = paths.lessons_file("test")
    file.parent.mkdir(parents=True)
    deep, long, empty = "x = " + "[" * 9000, "x = " + "9" * 9000, "[skus.A]\nusual_per_hour = {}\n"
    wrong = "format = 1\n[skus.A]\nusual_per_hour = 3\n"
    for bad in ("nonsense", deep, long, empty, wrong, "\udcff", "surges.explode = 1\n"):
        file.write_bytes(bad.encode(errors="surrogateescape"))
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            journal, room = opened(tmp_path / "a.db", 0)
        assert str(file) in caplog.text
        assert "without what earlier ones taught" in caplog.text
        journal.close()
    journal, room = opened(tmp_path / "a.db", 0)
    sell(room, 0, 1)
    close(journal, room)
    assert lessons.read("test") is not None
    assert file.with_suffix(".bad").read_text() == bad


def test_of_more_lessons_than_an_event_holds_the_fastest_skus_count(tmp_path):
    file = paths.lessons_file("test")
    file.parent.mkdir(parents=True)
    file.write_text(
        "".join(f"[skus.{'A' * 200}{n}]\nusual_per_hour = {{ c = {n + 1} }}\n" for n in range(8000))
    )
    journal, room = opened(tmp_path / "a.db", 0)
    known = room.demand.taught.skus
    assert 1000 <= len(known) < 8000
    assert f"{'A' * 200}7999" in known
    journal.close()


def test_a_disk_that_takes_none_costs_only_the_lessons(tmp_path, caplog):
    (tmp_path / "data").write_text("no folder")
    journal, room = opened(tmp_path / "a.db", 0)
    sell(room, 0, 1)
    close(journal, room)
    assert "is not kept" in caplog.text


def test_nobody_else_teaches_a_room(tmp_path):
    journal, room = opened(tmp_path / "a.db", 0)
    sell(room, 0, 1)
    before = room.demand.taught
    lesson = {"skus": {"H-M": {"usual_per_hour": {"douyin": 9.0}}}}
    for source, data in (("douyin/1", lesson), ("stockwatch/other", lesson), (room.source, {"skus": 3})):
        room.pipeline.take(event("room.learned", HOUR, None, channel=source, **data), T0 + HOUR * 1_000_000)
        assert room.demand.taught is before
    journal.close()


def test_a_pinned_link_that_always_sold_fast_warns_before_the_first_order(tmp_path):
    presented = {"times": 4.0, "orders": 1200.0, "seconds": 720.0}
    lesson = {"usual_per_hour": {"douyin": 30.0}, "presented": presented}
    tiers = []
    for taught in ({}, {"skus": {"H-M": lesson}}):
        room = on(Pipeline(Books(channels_in(config())), trusted_clock=True), config())
        room.lessons = msgspec.convert(taught, lessons.Lessons)
        room.pipeline.open(T0)
        room.pipeline.take(event("order.placed", 1, "H-M", order="first", qty=1), T0 + 1_000_000)
        room.pipeline.take(pinned("L1", 300), T0 + 300_000_000)
        room.pipeline.advance(T0 + 305_000_000)
        alert = room.open_alert("H-M")
        tiers.append(0 if alert is None else alert.tier)
    assert tiers[0] == 0
    assert tiers[1] >= 2
    assert alert is not None
    assert "正在讲解,以前讲解时每分钟 100 单" in alert.reason.zh
    assert "100 orders a minute before" in alert.reason.en
    shown = Picture(room).detail("L1")
    assert shown is not None
    assert shown.taught == Taught(streams=1.0, usual_per_hour=30.0, presented_per_min=100.0)


def test_the_command_shows_them(tmp_path, capsys):
    assert main(["room", "lessons", "test"]) == 0
    assert str(paths.lessons_file("test")) in capsys.readouterr().out
    journal, room = opened(tmp_path / "a.db", 0)
    sell(room, 0, 2)
    close(journal, room)
    assert main(["room", "lessons", "test"]) == 0
    shown = capsys.readouterr().out
    assert "H-M" in shown
    assert main(["room", "lessons", "test", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["skus"]["H-M"]["units_per_order"] == 2.0
    paths.lessons_file("test").write_text("skus = 3")
    assert main(["room", "lessons", "test"]) == 2
    assert "skus" in capsys.readouterr().err
    assert main(["room", "lessons", "../evil"]) == 2
