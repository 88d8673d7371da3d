"""The audit trail and the work list: what a person sees, types and gets, whatever the hub and the world say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import rooms
from dialog_stage import HOSTILE, HOSTILE_SHOWN, NOW
from test_app_behaviour import Desk, desk
from textual import events

from stockwatch.console.app import Console, Settings
from stockwatch.console.dialogs.audit import PAGE, AuditDialog
from stockwatch.console.dialogs.exceptions import ExceptionsDialog
from stockwatch.console.dialogs.message import MessageDialog
from stockwatch.console.link import Lost
from stockwatch.room.intents import (
    Answer,
    Audit,
    Change,
    Exceptions,
    Movements,
    Resolve,
    Show,
    Shown,
    Snapshot,
    WorkList,
)
from stockwatch.room.view import Delta, ExceptionRow, MovementRow, RoomView, Text


def movement(seq: int, **changes: Any) -> MovementRow:
    values: dict[str, Any] = {
        "seq": seq, "at": NOW - 100 + seq, "type": "order.placed", "outcome": "accepted", "source": "抖音",
        "id": f"dy-{seq}", "sku": "HOODIE-S", "title": "联名款卫衣 黑 S", "order": f"69190{seq:05d}",
        "changes": (("available", -1), ("reserved", 1)), "left": 500 - seq,
    }  # fmt: skip
    return MovementRow(**(values | changes))


MOVEMENTS = (
    movement(
        99, type="stock.counted", order="", document="盘-7", by="仓管老王", why=Text("掉了三件", "掉了三件"),
        source="stockwatch/double11", changes=(("available", -3),), left=38,
    ),
    movement(98, type="order.requested", outcome="rejected", changes=(), left=41,
             why=Text("HOODIE-S:要 60 件,可用 41 件", "HOODIE-S: 60 asked, 41 available")),
    movement(97, outcome="short", changes=(("available", -41), ("reserved", 41), ("shortfall", 9)), left=0,
             why=Text("HOODIE-S 缺 9 件", "HOODIE-S: 9 short")),
    *(movement(seq) for seq in range(96, 50, -1)),
)  # fmt: skip


def trail(rows: tuple[MovementRow, ...] = MOVEMENTS, **changes: Any) -> Movements:
    return Movements(**({"id": "", "rows": rows, "upto": 99, "seq": 99} | changes))


def exception(number: int, kind: str, zh: str, en: str, **changes: Any) -> ExceptionRow:
    values: dict[str, Any] = {
        "key": f"{kind}:douyin:{number}:1", "kind": kind, "seq": number, "at": NOW - number, "what": Text(zh, en),
        "sku": "HOODIE-S", "title": "联名款卫衣 黑 S", "source": "抖音", "id": f"dy-{number}",
        "order": f"6919{number:06d}",
    }  # fmt: skip
    return ExceptionRow(**(values | changes))


LISTED = (
    exception(5, "short", "HOODIE-S 缺 9 件", "HOODIE-S: 9 short"),
    exception(4, "orphan", "付了款,但订单没到或没接:退款,或向平台要这笔订单",
              "paid, but its order never came or was refused: refund it, or ask the platform for the order",
              sku="", title=""),
    exception(3, "conflict", "这一行是 1 件,这条说 2 件", "the line has 1 units, this says 2", count=3),
    exception(2, "money_due", "已付又取消 2 件,还没退款", "2 paid and cancelled, not refunded"),
    exception(1, "unknown_sku", "订单里有,库存单据里没有这个商品", "orders name it, no stock document does",
              sku="NEW", title="NEW", order="", id="", source="", seq=0, at=0),
)  # fmt: skip


def worklist(rows: tuple[ExceptionRow, ...] = LISTED, **changes: Any) -> WorkList:
    return WorkList(**({"id": "", "rows": rows, "total": len(rows)} | changes))


async def answer(one: Desk, kind: type, reply: Any) -> Any:
    """Let the hub answer the last request of a kind; the request."""
    asked = [request for request in one.link.sent if isinstance(request, kind)]
    assert asked, f"no {kind.__name__} was asked"
    await one.hear(msgspec.structs.replace(reply, id=asked[-1].id))
    return asked[-1]


def seen(one: Desk) -> str:
    """What stands on the screen on top."""
    strips = one.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


@pytest.fixture
async def audit() -> AsyncIterator[Desk]:
    async with desk(size=(140, 40)) as one:
        await one.press("h")
        yield one


# --- the audit trail --------------------------------------------------------------------------------------------------


async def test_the_size_under_the_cursor_is_asked_for_and_shown(audit: Desk):
    request = await answer(audit, Audit, trail())
    assert (request.sku, request.before, request.search) == ("HOODIE-M", None, ""), "the most urgent size"
    shown = seen(audit)
    for part in ("库存流水 联名款卫衣 黑 M", "盘点", "可用-3", "盘-7", "仓管老王", "被拒", "缺货+9"):
        assert part in shown, part
    assert "#99" in shown
    assert "掉了三件" in shown


async def test_the_next_page_is_asked_for_before_the_end_and_joined(audit: Desk):
    rows = tuple(movement(seq) for seq in range(200, 200 - PAGE, -1))
    await answer(audit, Audit, trail(rows))
    await audit.press("end")
    request = await answer(audit, Audit, trail(tuple(movement(seq) for seq in range(150, 140, -1))))
    assert request.before == 151
    await audit.press("end")
    assert "#141" in seen(audit)
    sent = len(audit.link.sent)
    await audit.press("home", "end")
    assert len(audit.link.sent) == sent, "a page that was not full was the last"


async def test_left_and_right_go_through_the_sizes_and_a_shows_all(audit: Desk):
    await answer(audit, Audit, trail())
    await audit.press("right")
    assert (await answer(audit, Audit, trail(()))).sku == "HOODIE-L"
    assert "没有流水" in seen(audit)
    await audit.press("left", "left", "left")
    assert (await answer(audit, Audit, trail())).sku == "HOODIE-XL"
    await audit.press("a")
    assert (await answer(audit, Audit, trail())).sku is None
    assert "全部商品" in seen(audit)


async def test_a_search_typed_in_one_go_reaches_the_hub(audit: Desk):
    await answer(audit, Audit, trail())
    await audit.press("/", *"6919 q", "enter")
    assert (await answer(audit, Audit, trail(()))).search == "6919 q"
    assert "没有含“6919 q”的流水" in seen(audit)
    await audit.press("/", "escape")
    assert isinstance(audit.app.screen, AuditDialog), "Esc leaves the field first"
    await audit.press("escape")
    assert not isinstance(audit.app.screen, AuditDialog)


async def test_events_and_outcomes_are_searched_for_by_what_the_screen_calls_them(audit: Desk):
    await answer(audit, Audit, trail())
    await audit.press("/", *"下单 缺货 69", "enter")
    request = await answer(audit, Audit, trail(()))
    assert request.search == "下单 缺货 69"
    assert request.stands_for == {"下单": ("order.placed",), "缺货": ("short",)}


async def test_an_answer_to_an_earlier_question_is_not_shown(audit: Desk):
    old = audit.link.sent[-1]
    await audit.press("right")
    await audit.hear(trail(id=old.id))
    assert "正在查" in seen(audit)
    assert "盘-7" not in seen(audit)


async def test_it_is_asked_again_when_the_room_moves_and_the_cursor_is_at_the_top(audit: Desk):
    await answer(audit, Audit, trail())
    sent = len(audit.link.sent)
    await audit.hear(Change(delta=Delta(links=(rooms.tier_links()[0],))))
    assert len(audit.link.sent) == sent + 1
    await answer(audit, Audit, trail())
    await audit.press("down", "down")
    sent = len(audit.link.sent)
    await audit.hear(Change(delta=Delta(links=(rooms.tier_links()[0],))))
    assert len(audit.link.sent) == sent, "what a person reads does not move away under them"


async def test_a_trail_that_lags_is_behind_or_fails_says_so(audit: Desk):
    await answer(audit, Audit, trail(upto=90, missing=1234))
    assert "流水到 #90,账本已到 #99" in seen(audit)
    assert "更早的 1234 条还在读入" in seen(audit)
    await audit.press("right")
    await answer(audit, Audit, trail((), wrong=Text("流水暂不可用:磁盘满", "no audit trail: disk full")))
    assert "流水暂不可用:磁盘满" in seen(audit)


async def test_a_hub_that_goes_away_is_asked_again_when_it_is_back(audit: Desk):
    await answer(audit, Audit, trail())
    await audit.hear(Lost("gone"))
    assert "与后台断开" in seen(audit), "what stands there may be old"
    assert "盘-7" in seen(audit)
    before = len(audit.link.sent)
    await audit.hear(Snapshot(view=rooms.room()))
    assert len([one for one in audit.link.sent[before:] if isinstance(one, Audit)]) == 1
    await answer(audit, Audit, trail())
    assert "盘-7" in seen(audit)
    assert "与后台断开" not in seen(audit)


async def test_the_message_behind_a_row_is_shown_as_it_came_and_does_nothing(audit: Desk):
    await answer(audit, Audit, trail())
    await audit.press("enter")
    assert isinstance(audit.app.screen, MessageDialog)
    text = '{"a":{"b":"[red]x[/red]\\u001b[31m"},"n":12345678901234567890,"f":1.50,"f":2e999}'
    request = await answer(audit, Show, Shown(id="", seq=99, text=text))
    assert request.seq == 99
    shown = seen(audit)
    assert '"b": "[red]x[/red]\\u001b[31m"' in shown
    for part in ("12345678901234567890", '"f": 1.50', '"f": 2e999'):
        assert part in shown, "as it came"
    await audit.press("q")
    assert isinstance(audit.app.screen, AuditDialog)


@pytest.mark.parametrize("text", ["", "not json \x1b[2J", "[" * 9000, '{"a":' * 3000])
async def test_a_message_of_any_kind_is_shown(audit: Desk, text: str):
    await answer(audit, Audit, trail())
    await audit.press("enter")
    await answer(audit, Show, Shown(id="", seq=99, text=text))
    assert "\x1b" not in seen(audit)
    assert ("没有留着" in seen(audit)) == (text == "")


async def test_texts_from_outside_do_nothing(audit: Desk):
    row = movement(
        1, id=HOSTILE, order=HOSTILE, document=HOSTILE, by=HOSTILE, source=HOSTILE, why=Text(HOSTILE, HOSTILE),
        type=HOSTILE, outcome=HOSTILE, title=HOSTILE, place=HOSTILE, changes=((HOSTILE, 1),),
    )  # fmt: skip
    await answer(audit, Audit, trail((row,)))
    assert "\x1b" not in seen(audit)
    assert "\u202e" not in seen(audit)
    assert HOSTILE_SHOWN[:12] in seen(audit)


# --- the work list ----------------------------------------------------------------------------------------------------


async def test_an_exception_is_resolved_with_a_note_and_a_name():
    async with desk() as one:
        await one.press("e")
        await answer(one, Exceptions, worklist())
        assert "异常单 5 条待处理" in seen(one)
        await one.press("down", "f2", *"refunded q h", "enter")
        intent = one.link.sent[-1]
        assert intent == Resolve(id=intent.id, by="小李", exception=LISTED[1].key, note="refunded q h")
        await one.hear(Answer(id=intent.id, ok=True, message=Text("异常已处理", "exception resolved")))
        await answer(one, Exceptions, worklist((LISTED[0], *LISTED[2:])))
        assert "异常单 4 条待处理" in seen(one)
        assert "付了款" not in seen(one)


async def test_what_keeps_one_from_being_resolved_is_said_on_the_list():
    async with desk() as one:
        await one.press("e")
        await answer(one, Exceptions, worklist())
        await one.press("f2", "enter")
        intent = one.link.sent[-1]
        await one.hear(Answer(id=intent.id, ok=False, message=Text("这条异常已经处理了", "settled already")))
        assert "这条异常已经处理了" in seen(one)


async def test_a_console_that_may_not_change_anything_looks_only():
    async with desk(read_only=True) as one:
        await one.press("e")
        await answer(one, Exceptions, worklist())
        await one.press("f2", "enter")
        assert not [sent for sent in one.link.sent if isinstance(sent, Resolve)]
        assert "只读" in seen(one)


async def test_the_cursor_stays_on_its_exception_when_others_come():
    async with desk() as one:
        await one.press("e")
        await answer(one, Exceptions, worklist(LISTED[2:]))
        await one.press("down")
        header = rooms.header(exceptions=7)
        await one.hear(Change(delta=Delta(header=header)))
        await answer(one, Exceptions, worklist())
        await one.press("f2", "enter")
        assert one.link.sent[-1].exception == LISTED[3].key


async def test_an_exception_leads_to_the_trail_of_its_order():
    async with desk() as one:
        await one.press("e")
        await answer(one, Exceptions, worklist())
        await one.press("h")
        assert isinstance(one.app.screen, AuditDialog)
        request = await answer(one, Audit, trail())
        assert (request.sku, request.search) == (None, LISTED[0].order)
        await one.press("right")
        assert (await answer(one, Audit, trail())).sku == "HOODIE-S"
        await one.press("escape")
        assert isinstance(one.app.screen, ExceptionsDialog)


async def test_no_exceptions_is_said_and_no_key_trips():
    async with desk() as one:
        await one.press("e")
        await answer(one, Exceptions, worklist(()))
        assert "没有异常" in seen(one)
        await one.press("f2", "h", "enter", "down", "end", "home", "pageup")
        assert isinstance(one.app.screen, ExceptionsDialog)


async def test_more_than_are_shown_and_those_that_made_room_are_said():
    async with desk() as one:
        await one.press("e")
        await answer(one, Exceptions, worklist(total=900, forgotten=17))
        assert "异常单 900 条待处理(显示最新 5 条)" in seen(one)
        assert "更早的 17 条已让位" in seen(one)


async def test_the_header_counts_them():
    async with desk(view=rooms.room(header=rooms.header(exceptions=6))) as one:
        assert "异常 6" in seen(one)


async def test_before_the_first_picture_the_keys_do_nothing():
    app = Console(rooms.FakeLink(), Settings(by="小李", language="zh"))
    async with app.run_test() as pilot:
        await pilot.press("e", "h")
        await pilot.pause()
        assert len(app.screen_stack) == 1


# --- looks ------------------------------------------------------------------------------------------------------------


def picture(view: RoomView | None = None, **settings: Any) -> tuple[Console, rooms.FakeLink]:
    link = rooms.FakeLink(view or rooms.room(header=rooms.header(exceptions=5)))
    return Console(link, Settings(**{"by": "小李", "language": "zh", **settings})), link


@pytest.fixture
def plain_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")


def shows(app: Console, link: rooms.FakeLink, key: str, kind: type, reply: Any, *more: str) -> Any:
    async def run(pilot: Any) -> None:
        one = Desk(app, link, pilot)
        await one.settle()
        await one.press(key)
        await answer(one, kind, reply)
        if more:
            await one.press(*more)

    return run


@pytest.mark.usefixtures("plain_colours")
@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_snapshot_audit(snap_compare: Any, size: tuple[int, int], language: str) -> None:
    app, link = picture(language=language)
    assert snap_compare(app, terminal_size=size, run_before=shows(app, link, "h", Audit, trail(), "down"))


@pytest.mark.usefixtures("plain_colours")
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_snapshot_exceptions(snap_compare: Any, size: tuple[int, int], language: str) -> None:
    app, link = picture(language=language)
    assert snap_compare(
        app, terminal_size=size, run_before=shows(app, link, "e", Exceptions, worklist(), "down")
    )


@pytest.mark.usefixtures("plain_colours")
def test_snapshot_resolving(snap_compare: Any) -> None:
    app, link = picture()
    run = shows(app, link, "e", Exceptions, worklist(), "down", "f2", *"ok")
    assert snap_compare(app, terminal_size=(80, 24), run_before=run)


@pytest.mark.usefixtures("plain_colours")
def test_snapshot_audit_ascii(snap_compare: Any) -> None:
    app, link = picture(language="en", ascii=True)
    assert snap_compare(app, terminal_size=(80, 24), run_before=shows(app, link, "h", Audit, trail(), "down"))


def test_snapshot_exceptions_no_color(snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app, link = picture()
    assert snap_compare(
        app, terminal_size=(80, 24), run_before=shows(app, link, "e", Exceptions, worklist(), "down")
    )


async def test_keys_that_arrive_in_one_bunch_take_effect_in_their_order():
    async with desk() as found:
        burst(
            found,
            "h",
            "a",
            "slash",
            "k",
            "n",
            "slash",
            "1",
            "enter",
            "slash",
            "q",
            "j",
            "enter",
            "escape",
            "j",
        )
        for _ in range(10):
            await found.settle()
        searches = [request.search for request in found.link.sent if isinstance(request, Audit)]
        assert [text for text in searches if text] == ["kn/1", "qj"]
        assert not isinstance(found.app.screen, AuditDialog)
        before = found.listing
        burst(found, *"jjk")
        for _ in range(10):
            await found.settle()
        assert found.listing != before


def burst(found: Desk, *names: str) -> None:
    """All at once, as a terminal hands them over after a stutter of the line."""
    for name in names:
        key, character = ("slash", "/") if name == "slash" else (name, name if len(name) == 1 else None)
        found.app.post_message(events.Key(key, character))
