"""What is written back reads as what it was, and a failed write leaves the old file alone."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.config import (
    AlertSettings,
    Channel,
    ConfigError,
    Item,
    Listing,
    Playbook,
    Plays,
    RestockSource,
    RoomConfig,
    Sku,
    format_duration,
    load_room,
    parse_duration,
    save_room,
)
from stockwatch.config.durations import MAX_SECONDS

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
spoken = text.filter(lambda said: "{" not in said)
steps = st.lists(spoken, max_size=2).map(tuple)
ident = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6)
figure = st.integers(0, 2**31 - 1)
count = st.integers(1, 2**31 - 1)
seconds = st.integers(1, MAX_SECONDS)
maybe = st.none()

restock = st.builds(
    RestockSource,
    source=ident,
    quantity=count,
    lead_time=seconds,
    counts=st.sampled_from(["received", "confirmed"]),
    contact=maybe | text,
)
plays = st.builds(
    Plays,
    say=maybe | spoken | st.just("最后 {sellable} 件 {title}"),
    steps=steps,
)


@st.composite
def rooms(draw: st.DrawFn, folder: Path = Path("/srv/rooms")) -> RoomConfig:
    """Any room that a file can hold."""
    ids = draw(st.lists(ident, unique=True, max_size=3))
    skus = tuple(
        Sku(
            id=sku,
            title=draw(text),
            product=draw(maybe | ident),
            attrs=draw(
                st.dictionaries(
                    st.text(st.characters(exclude_categories=["Cs"]), max_size=3), text, max_size=2
                )
            ),
            stock=draw(figure),
            lead_time=draw(maybe | seconds),
            trend_sold=draw(maybe | count),
            safety_line=draw(maybe | figure),
            substitutes=tuple(
                draw(st.lists(st.sampled_from(others), unique=True, max_size=2))
                if (others := [each for each in ids if each != sku])
                else ()
            ),
            restock=tuple(draw(st.lists(restock, max_size=2))),
        )
        for sku in ids
    )
    slots = draw(
        st.lists(maybe | count, max_size=2, unique_by=lambda slot: object() if slot is None else slot)
    )
    listings = tuple(
        Listing(
            id=f"link {nth}",
            title=draw(text),
            slot=slot,
            items=(Item(sku=ids[0], qty=draw(count)), Item(sku=ids[-1], role="gift")),
        )
        for nth, slot in enumerate(slots)
        if ids and f"link {nth}" not in ids
    )
    feeds = [
        "ws://h:1/x?y=1",
        "https://example.org",
        "douyin:",
        "kuaishou:http://127.0.0.1:8100/k",
        f"replay:{folder}/~/a b.jsonl",
        "replay:/x/../y",
    ]
    sources = draw(st.lists(ident, unique=True, max_size=2))
    channels = tuple(
        Channel(
            id=f"channel {nth}" if draw(st.booleans()) else source,
            source=source,
            title=draw(maybe | text),
            feed=draw(
                maybe | st.sampled_from([*feeds[:-1], "replay:/y/z.jsonl", f"replay:{folder}/s/x.jsonl"])
            ),
            secret=draw(maybe | st.sampled_from(["env:A_1", f"file:{folder}/no/key", "file:/no/such/key"])),
            deduct=draw(st.sampled_from(["place", "pay"])),
        )
        for nth, source in enumerate(sources)
    )
    ledgers = [folder / "a.db", folder.parent / "b.db", folder / "~/c.db", Path("/x/d.db")]
    return RoomConfig(
        id=draw(st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)),
        name=draw(text),
        timezone=draw(maybe | st.sampled_from(["Asia/Shanghai", "UTC"])),
        language=draw(maybe | st.sampled_from(["zh", "en"])),
        ledger_path=draw(maybe | st.sampled_from(ledgers)),
        channels=channels,
        skus=skus,
        listings=listings,
        alerts=draw(
            st.builds(
                AlertSettings,
                trend_false_alarm_hours=st.floats(0, 1_000_000, exclude_min=True),
                reaction_time=st.integers(0, MAX_SECONDS),
            )
        ),
        playbook=draw(st.builds(Playbook, trend=plays, threshold=plays, critical=plays)),
        path=folder / "room.toml",
    )


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_what_is_saved_reads_as_it_was(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        room = data.draw(rooms(folder))
        save_room(room, folder / "room.toml")
        assert load_room(folder / "room.toml") == room
        assert os.listdir(folder) == ["room.toml"]


@given(st.integers(0, MAX_SECONDS))
def test_durations_come_back(length: int) -> None:
    assert parse_duration(format_duration(length)) == length


def test_durations_as_people_write_them() -> None:
    assert [parse_duration(each) for each in ("45m", "2h30m", "90s", "1d", "1d2h3m4s", "0s", "007m")] == [
        2700,
        9000,
        90,
        86400,
        93784,
        0,
        420,
    ]
    assert format_duration(2700) == "45m"
    for bad in (
        "",
        "m",
        "45",
        "45 m",
        "m45",
        "30m2h",
        "1.5h",
        "-1m",
        "+1m",
        "1w",
        "1M",
        "45m\n",
        "４５m",
        "99999999999s",
    ):
        assert parse_duration(bad) is None, bad


def sample(folder: Path) -> RoomConfig:
    return RoomConfig(
        id="r",
        name="房间",
        ledger_path=folder / "r.db",
        skus=(Sku(id="A", title="A", lead_time=2700, attrs={"色": "黑"}),),
        listings=(Listing(id="L", title="双", items=(Item(sku="A", qty=2),)),),
        path=folder / "room.toml",
    )


def test_the_file_is_one_that_a_person_would_write(tmp_path: Path) -> None:
    path = tmp_path / "room.toml"
    save_room(sample(tmp_path), path)
    assert path.read_text(encoding="utf-8") == (
        '[room]\nid = "r"\nname = "房间"\n\n'
        '[ledger]\npath = "r.db"\n\n'
        '[[sku]]\nid = "A"\nattrs = { "色" = "黑" }\nlead_time = "45m"\n\n'
        '[[listing]]\nid = "L"\ntitle = "双"\nitems = [{ sku = "A", qty = 2 }]\n'
    )


def test_the_old_file_is_kept_beside_the_new(tmp_path: Path) -> None:
    path = tmp_path / "room.toml"
    path.write_text('# mine\n[room]\nid = "old"\n')
    path.chmod(0o640)
    save_room(sample(tmp_path), path)
    assert (tmp_path / "room.toml.bak").read_text() == '# mine\n[room]\nid = "old"\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["room.toml", "room.toml.bak"]


def test_settings_that_no_file_can_hold_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "room.toml"
    path.write_text("# mine\n")
    for bad in (
        msgspec.structs.replace(sample(tmp_path), id="../x"),
        msgspec.structs.replace(sample(tmp_path), skus=()),
        msgspec.structs.replace(sample(tmp_path), name="\ud800"),
        msgspec.structs.replace(sample(tmp_path), ledger_path=Path("relative.db")),
    ):
        with pytest.raises(ConfigError):
            save_room(bad, path)
        assert path.read_text() == "# mine\n"
        assert os.listdir(tmp_path) == ["room.toml"]


def test_a_disk_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "room.toml"
    path.write_text("# mine\n")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        save_room(sample(tmp_path), path)
    assert path.read_text() == "# mine\n"
    assert os.listdir(tmp_path) == ["room.toml"]


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "room.toml"
    real.write_text("# mine\n")
    (tmp_path / "room.toml").symlink_to(real)
    for ledger in (tmp_path / "r.db", tmp_path / "real" / "r.db", tmp_path.parent / "r.db"):
        room = msgspec.structs.replace(sample(tmp_path), ledger_path=ledger)
        save_room(room, tmp_path / "room.toml")
        assert (tmp_path / "room.toml").is_symlink()
        assert load_room(tmp_path / "room.toml") == room
        assert load_room(real).ledger_path == ledger
