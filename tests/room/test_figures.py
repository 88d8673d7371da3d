"""What the room says when somebody else changes a platform's figure, and what it leaves alone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
import pytest

from stockwatch.actions.plan import plan
from stockwatch.config import Channel
from stockwatch.events import encode, parse_time
from stockwatch.room import intents
from stockwatch.room.figures import Seen
from stockwatch.room.picture import Picture
from stockwatch.room.room import Room, alone
from stockwatch.room.state import restore, room_frame
from stockwatch.room.view import AlertRow
from tests.room.build import at, config, event, placed, played


def made(**members: object) -> Room:
    channels = (
        Channel(id="douyin", source="douyin/1", title="抖店"),
        Channel(id="own", source="own/1"),
    )
    return alone(config(channels=channels, **members), zone_of=ZoneInfo)


def reading(seconds: float, qty: int, sku: str = "H-M", channel: str = "douyin", **data: object) -> bytes:
    """A figure that was read then; the feed has told all orders up to it first."""
    told = {"channel": channel, "qty": qty, "as_of": at(seconds)} | data
    return encode(
        type="channel.stock", source="douyin/1", id=f"stock:{sku}:{seconds}:{qty}", time=at(seconds), subject=sku,
        data=told,
    )  # fmt: skip


FOLLOWED = [reading(0, 20), reading(10, 20)]
"""The first starts it, the second is what the next is compared with."""


def alerts(room: Room) -> list[AlertRow]:
    return [row for row in Picture(room).whole().alerts if row.kind == "overwrite"]


def said(room: Room) -> list[dict]:
    return [msgspec.json.decode(raw) for raw in room.drain().said if b"alert.overwritten" in raw]


def test_an_overwrite_is_said_once_with_link_channel_from_to_and_time():
    room = played([*FOLLOWED, placed(20, "H-M", "A", qty=2), reading(40, 500), reading(70, 500)], made())
    (row,) = alerts(room)
    assert row.reason.zh == "1号 M 抖店 被外部改 18→500(20:00:40)"
    assert row.reason.en == "#1 M 抖店 changed from outside 18→500 (20:00:40)"
    assert (row.state, row.tier, row.listing) == ("open", 3, "L1")
    (one,) = said(room)
    assert one["subject"] == "H-M"
    assert one["data"] == {
        "alert": "stock:douyin:H-M:1", "channel": "douyin",
        "reason": {"zh": row.reason.zh, "en": row.reason.en}, "from": 18, "to": 500,
        "since": "2025-11-11T20:00:10.000+08:00", "as_of": "2025-11-11T20:00:40.000+08:00",
    }  # fmt: skip
    call = Picture(room).whole().header.call
    assert call is not None
    assert (call.text.zh, call.number) == (row.reason.zh, 1)


@pytest.mark.parametrize(
    "between",
    [
        [placed(20, "H-M", "A", qty=3)],
        [placed(20, "H-M", "A", qty=5), event("order.cancelled", 25, order="A", qty=2)],
        [
            placed(20, "H-M", "A", qty=3),
            event("order.paid", 22, order="A"),
            event("order.shipped", 25, order="A"),
        ],
    ],
)
def test_sales_and_cancellations_of_the_channel_are_no_change_from_outside(between: list[bytes]):
    room = played([*FOLLOWED, *between, reading(40, 17), reading(140, 17), reading(240, 17)], made())
    assert alerts(room) == []


def test_what_another_channel_sells_does_not_move_this_ones_figure():
    room = played([*FOLLOWED, placed(20, "H-M", "A", qty=3, channel="own/1"), reading(40, 20)], made())
    assert alerts(room) == []
    room = played([reading(60, 17), reading(160, 17)], room)
    assert [row.reason.zh for row in alerts(room)] == ["1号 M 抖店 被外部改 20→17(20:01:00)"]


def test_an_order_that_holds_nothing_until_it_is_paid_leaves_the_figure_then():
    room = played([*FOLLOWED, placed(20, "H-M", "A", qty=3, holds=False), reading(40, 20)], made())
    room = played([event("order.paid", 50, order="A"), reading(70, 17), reading(170, 17)], room)
    assert alerts(room) == []
    room = played(
        [placed(180, "H-M", "B", qty=4, holds=False), event("order.cancelled", 190, order="B")], room
    )
    assert alerts(played([reading(210, 17), reading(310, 17)], room)) == []


def test_a_bundle_may_or_may_not_be_sold_off_the_same_figure():
    items = [{"sku": "H-M", "qty": 1}, {"sku": "SOCK", "qty": 2, "role": "gift"}]
    bundle = event("order.placed", 20, order="A", qty=3, items=items)
    for after in (17, 20):
        room = played([*FOLLOWED, bundle, reading(40, after), reading(140, after)], made())
        assert alerts(room) == []


def test_a_refund_may_or_may_not_go_back_to_the_platform():
    sold = [placed(20, "H-M", "A", qty=3), event("order.paid", 22, order="A"), reading(40, 17)]
    refund = event("order.refunded", 50, order="A", restock=True)
    for after in (17, 20):
        room = played([*FOLLOWED, *sold, refund, reading(70, after), reading(170, after)], made())
        assert alerts(room) == []


def test_who_takes_it_is_shown_and_it_leaves_after_ten_minutes():
    room = played([*FOLLOWED, reading(40, 500)], made())
    now_us = parse_time(at(50)) or 0
    planned = plan(intents.Acknowledge(id="1", by="小林", listing="L1"), room, now_us=now_us, zone=room.zone)
    link = Picture(room).whole().links[0]
    assert (link.listing, link.alert, link.tier) == ("L1", "open", 0), "it can be taken on its row"
    (draft,) = planned.drafts
    assert (draft.type, draft.data["alert"]) == ("alert.acknowledged", "stock:douyin:H-M:1")
    taken = event("alert.acknowledged", 50, "H-M", alert="stock:douyin:H-M:1", by="小林")
    (row,) = alerts(played([taken, reading(70, 500)], room))
    assert (row.state, row.by, Picture(room).whole().header.overwritten) == ("acknowledged", "小林", 0)
    assert Picture(room).whole().links[0].alert == ""
    assert plan(
        intents.Acknowledge(id="2", by="b", listing="L1"), room, now_us=now_us, zone=room.zone
    ).refused
    assert alerts(played([reading(400, 500), reading(700, 500)], room)) == []


def test_a_sync_that_writes_again_and_again_is_one_line_and_one_call():
    room = played(FOLLOWED, made())
    for n, qty in enumerate((500, 700, 900, 1100)):
        room = played([reading(40 + 30 * n, qty)], room)
    (row,) = alerts(room)
    assert "900→1100" in row.reason.zh
    call = Picture(room).whole().header.call
    assert call is not None
    assert call.number == 1
    assert len(said(room)) == 4


def test_who_puts_it_back_ends_it():
    room = played([*FOLLOWED, reading(40, 500), placed(50, "H-M", "A", qty=2)], made())
    room = played([reading(70, 18), reading(100, 18), reading(170, 18)], room)
    (row,) = alerts(room)
    assert row.state == "resolved"
    assert Picture(room).whole().header.overwritten == 0


def test_a_sync_of_the_whole_shop_calls_once_and_once_more_with_how_many():
    skus = [f"SKU-{n}" for n in range(30)]
    start = [reading(second, 20, sku) for second in (0, 10) for sku in skus]
    room = played([*start, *(reading(40, 500, sku) for sku in skus)], made())
    assert len(alerts(room)) == 30
    call = Picture(room).whole().header.call
    assert call is not None
    assert (call.number, call.listing, call.text.zh) == (2, None, "抖店 2 分钟内 5 个链接的库存被外部改")


def test_a_reading_is_worth_an_event_when_it_is_the_first_or_not_explained_or_long_after():
    room = played(FOLLOWED, made())

    def worth(seconds: float, qty: int, sku: str = "H-M") -> tuple[bool, int | None]:
        return room.see(Seen("douyin", sku, "", qty, parse_time(at(seconds)) or 0))

    assert worth(40, 20, "SOCK") == (True, None)
    assert worth(40, 20) == (False, 20)
    assert worth(40, 500) == (True, 20)
    assert worth(40, 19) == (True, 20), "a doubt is told"
    room = played([placed(45, "H-M", "A")], room)
    assert worth(70, 19) == (False, 19)
    assert worth(640, 19) == (True, 19)
    assert worth(1700, 19) == (True, 19)
    assert alerts(room) == [], "what is only looked at decides nothing"
    detail = Picture(room).detail("L1")
    assert detail is not None
    assert [(row.sku, row.channel, row.qty) for row in detail.platforms] == [("H-M", "douyin", 19)]


STEPPED = [*FOLLOWED, *(reading(second, 100, pool="presale") for second in (0, 10))]


def test_what_is_sold_as_pre_sale_moves_that_figure_and_no_other():
    orders = [placed(20, "H-M", f"P{n}", qty=10, pool="presale") for n in range(3)]
    room = played([*STEPPED, *orders, placed(21, "H-M", "A", qty=2)], made())
    room = played([reading(40, 18), reading(40, 70, pool="presale")], room)
    room = played([reading(200, 18), reading(200, 70, pool="presale")], room)
    assert alerts(room) == []
    room = played([reading(230, 48)], room)
    (row,) = alerts(room)
    assert row.reason.zh == "1号 M 抖店 被外部改 18→48(20:03:50)"
    room = played([reading(240, 600, pool="presale")], room)
    assert [row.reason.en for row in alerts(room)] == [
        "#1 M 抖店 pre-sale changed from outside 70→600 (20:04:00)",
        "#1 M 抖店 changed from outside 18→48 (20:03:50)",
    ]
    assert [one["data"].get("pool") for one in said(room)] == [None, "presale"]
    detail = Picture(room).detail("L1")
    assert detail is not None
    assert {(row.qty, row.pool.en if row.pool else None) for row in detail.platforms} == {
        (48, None),
        (600, "pre-sale"),
    }


def test_where_there_is_one_figure_what_is_sold_as_pre_sale_may_be_of_it():
    orders = [placed(20, "H-M", f"P{n}", qty=5, pool="presale") for n in range(3)]
    for qty in (5, 20):
        room = played([*FOLLOWED, *orders, reading(40, qty), reading(200, qty)], made())
        assert alerts(room) == []
    assert alerts(played([reading(230, 500)], room))


def test_pre_sale_survives_a_snapshot():
    first, again = played(STEPPED, made(timezone=None)), made(timezone=None)
    restore(again, [room_frame(first)])
    for room in (first, again):
        played([placed(20, "H-M", "P", qty=30, pool="presale"), reading(40, 20), reading(200, 20)], room)
        played([reading(200, 70, pool="presale")], room)
        assert alerts(room) == []
    assert again.figures.shown("H-M") == first.figures.shown("H-M")


def test_a_room_that_comes_back_from_a_snapshot_knows_what_was_changed():
    first = played(
        [*FOLLOWED, placed(20, "H-M", "A", qty=2), reading(40, 500)],
        made(timezone=None),
    )
    again = made(timezone=None)
    restore(again, [room_frame(first)])
    assert alerts(again) == alerts(first)
    assert again.figures.shown("H-M") == first.figures.shown("H-M")


def test_a_reading_that_says_nothing_usable_is_left_alone():
    for raw in (
        reading(40, 20, channel="nowhere"),
        reading(40, 20).replace(b'"subject":"H-M",', b""),
        reading(40, 20, unbooked="many"),
        reading(40, 20, unbooked=-5, listing=7),
    ):
        assert alerts(played([*FOLLOWED, raw], made())) == []


def test_what_we_told_the_platform_ourselves_is_nobody_elses_change():
    grant = encode(
        type="lease.granted", source="own/1", id="g", time=at(20), subject="H-M",
        data={"channel": "douyin", "qty": 480},
    )  # fmt: skip
    back = encode(
        type="lease.returned", source="own/1", id="r", time=at(60), subject="H-M",
        data={"channel": "douyin", "qty": 100},
    )  # fmt: skip
    room = played([*FOLLOWED, grant, reading(40, 500), back, reading(80, 400), reading(180, 400)], made())
    assert alerts(room) == []


def test_a_line_that_changes_its_sku_may_move_both_figures():
    start = [reading(second, qty, sku) for second in (0, 10) for sku, qty in (("H-M", 20), ("H-L", 10))]
    sold = [placed(20, "H-M", "A", qty=2), event("order.changed", 25, "H-M", order="A", to="H-L")]
    for medium, large in ((20, 8), (18, 10)):
        after = [
            reading(second, qty, sku)
            for second in (40, 140)
            for sku, qty in (("H-M", medium), ("H-L", large))
        ]
        assert alerts(played([*start, *sold, *after], made())) == []


def test_a_cancellation_that_comes_twice_counts_once():
    gone = event("order.cancelled", 30, order="A")
    room = played([*FOLLOWED, placed(20, "H-M", "A", qty=3), gone, gone, reading(60, 23)], made())
    assert alerts(played([reading(160, 23)], room)) != [], "three units more than it had"


def test_the_time_that_people_read_is_by_the_rooms_clock_though_the_platforms_is_ahead():
    room = made()
    for second, qty in ((0, 20), (10, 20), (40, 500)):
        room.pipeline.take(reading(second + 40, qty), parse_time(at(second)))
    assert [row.reason.zh for row in alerts(room)] == ["1号 M 抖店 被外部改 20→500(20:00:40)"]
