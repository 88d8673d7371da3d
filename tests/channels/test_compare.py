"""Before a stream: what platforms say they have beside what we have, and whether they all own the same units."""

from __future__ import annotations

import msgspec

from stockwatch.channels.compare import compare
from stockwatch.channels.goods import Goods, Numbered
from stockwatch.channels.wire import Listed
from stockwatch.commands.channel_figures import as_json, as_text, available_of
from stockwatch.config import Channel, Item, Listing, RoomConfig, Sku
from stockwatch.events import encode
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.writer import Writer

CHANNELS = (Channel(id="d", source="d", title="抖店"), Channel(id="t", source="t"))
CONFIG = RoomConfig(
    id="r",
    name="r",
    channels=CHANNELS,
    skus=(
        Sku(id="CAP", title="帽\x1b[2J", stock=200),
        Sku(id="SOCK", title="袜子", stock=30),
        Sku(id="X", title="x"),
    ),
    listings=(
        Listing(id="L3", title="帽", slot=3, items=(Item(sku="CAP", qty=1),)),
        Listing(id="L4", title="两双", slot=4, items=(Item(sku="SOCK", qty=2),)),
    ),
)
NUMBERS = [Numbered("d", "1", "11", "CAP"), Numbered("d", "2", "21", "CAP"), Numbered("d", "3", "31", "L4")]
OFFERED = {
    "d": [
        Listed("1", "11", stock=150),
        Listed("2", "21", stock=50),
        Listed("3", "31", stock=9),
        Listed("9", "9", stock=5),
    ],
    "t": [Listed("7", "71", outer="CAP", stock=40), Listed("7", "72", outer="SOCK", stock=30)],
}


def rows(available: dict[str, int]):
    goods = {channel: Goods(CONFIG, channel, NUMBERS) for channel in OFFERED}
    return compare(CONFIG, available, OFFERED, goods)


def test_figures_of_one_sku_add_up_and_bundles_are_nobodys():
    cap, sock = rows({})
    assert (cap.sku, cap.slot, cap.available, dict(cap.platforms)) == ("CAP", 3, 200, {"d": 200, "t": 40})
    assert (cap.offered, cap.over, cap.differ) == (240, 40, ["t"])
    assert (sock.slot, sock.available, dict(sock.platforms), sock.over) == (None, 30, {"t": 30}, 0)


def test_what_is_sold_already_counts_and_the_table_says_who_differs():
    told = as_text(rows({"CAP": 190}), CHANNELS)
    assert "\x1b" not in told
    (line,) = [line for line in told.splitlines() if "#3" in line]
    assert line.split()[-4:] == ["190", "200*", "40*", "240!"]
    assert "50 units could be sold twice" in told
    assert as_json(rows({"CAP": 190}))[0] == {
        "sku": "CAP", "slot": 3, "available": 190, "platforms": {"d": 200, "t": 40}, "offered": 240, "over": 50,
        "differ": ["d", "t"],
    }  # fmt: skip
    quiet = as_text([row for row in rows({}) if row.sku == "SOCK"], CHANNELS)
    assert "*" not in quiet
    assert "!" not in quiet


def test_a_room_without_a_ledger_is_compared_with_its_opening_stock_and_so_is_one_that_is_unreadable(
    tmp_path, capsys
):
    config = msgspec.structs.replace(CONFIG, ledger_path=tmp_path / "r.db")
    assert available_of(config) == ({}, {})
    (tmp_path / "r.db").write_bytes(b"no ledger at all")
    assert available_of(config) == ({}, {})
    assert "opening stock is compared" in capsys.readouterr().err
    (tmp_path / "r.db").unlink()
    LedgerFile(tmp_path / "r.db").close()
    assert available_of(config) == ({}, {})


def test_pre_sale_is_compared_with_pre_sale_once_the_ledger_knows_of_any():
    offered = {"d": [Listed("1", "11", stock=150, step=300), Listed("2", "21", stock=50, step=100)]}
    goods = {"d": Goods(CONFIG, "d", NUMBERS)}
    here, later = compare(CONFIG, {"CAP": 200}, offered, goods, {"CAP": 350})
    assert (here.pool, here.available, dict(here.platforms), here.over) == ("spot", 200, {"d": 200}, 0)
    assert (later.pool, later.available, dict(later.platforms)) == ("presale", 350, {"d": 400})
    assert (later.over, later.differ) == (50, ["d"])
    assert as_json([here, later])[1] == {
        "sku": "CAP", "slot": 3, "available": 350, "platforms": {"d": 400}, "offered": 400, "over": 50,
        "differ": ["d"], "pool": "presale",
    }  # fmt: skip
    (line,) = [line for line in as_text([here, later], CHANNELS).splitlines() if "pre-sale" in line]
    assert line.split()[-3:] == ["350", "400*", "400!"]
    _, unknown = compare(CONFIG, {"CAP": 200}, offered, goods)
    assert (unknown.available, unknown.over, unknown.differ) == (None, 0, [])
    (line,) = [line for line in as_text([unknown], CHANNELS).splitlines() if "pre-sale" in line]
    assert line.split()[-3:] == ["-", "400", "400"]


def test_a_stock_for_pre_sale_is_known_once_it_was_counted(tmp_path):
    config = msgspec.structs.replace(CONFIG, ledger_path=tmp_path / "r.db")

    def book(type_: str, sku: str, **data: object) -> None:
        raw = encode(
            type=type_, source="d", id=f"{type_}:{sku}", time="2026-01-01T00:00:00Z", subject=sku,
            data={"pool": "presale", **data},
        )  # fmt: skip
        with LedgerFile(tmp_path / "r.db") as ledger:
            Writer(ledger, lambda: 1_767_225_600_000_000).process([raw])

    book("order.placed", "SOCK", order="1", line=1, qty=2)
    assert available_of(config)[1] == {}, "an order puts nothing into it"
    book("stock.counted", "CAP", document="c", qty=350, reason="opening", by="t")
    assert available_of(config)[1] == {"CAP": 350}
