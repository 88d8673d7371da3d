"""What an operator relies on at the keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
import rooms
from textual import events

from stockwatch.console.app import Console, Settings
from stockwatch.console.dialogs import QuitDialog, RestockDialog, WhoDialog
from stockwatch.console.footer import StatusLine
from stockwatch.console.keys import Keymap
from stockwatch.console.link import Attached, Lost
from stockwatch.room.intents import (
    Acknowledge,
    Answer,
    AskRestock,
    Change,
    Goodbye,
    Present,
    Proposal,
    Propose,
    Refused,
    Snapshot,
    Speed,
    Stop,
    Watch,
)
from stockwatch.room.view import (
    ActionRow,
    CallRow,
    Delta,
    FeedRow,
    RestockOption,
    RestockProposal,
    RestockRow,
    RoomView,
    Text,
)


class Desk:
    """A console under test and the hub it talks to."""

    def __init__(self, app: Console, link: rooms.FakeLink, pilot: Any) -> None:
        self.app, self.link, self.pilot = app, link, pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(4):
            await self.pilot.pause()

    async def hear(self, event: Any) -> None:
        self.link.put(event)
        await self.settle()

    @property
    def listing(self) -> str:
        line = self.app.board.line
        assert line is not None
        return line.link.listing

    @property
    def status(self) -> str:
        return self.app.screen_stack[0].query_one(StatusLine).status.text

    def text(self) -> str:
        return "\n".join(strip.text for strip in self.app.screen_stack[0]._compositor.render_strips())

    def intents(self) -> list[Any]:
        return [request for request in self.link.sent if not isinstance(request, Watch)]


@asynccontextmanager
async def desk(
    view: RoomView | None = None,
    *,
    size: tuple[int, int] = (100, 24),
    hub_read_only: bool = False,
    **settings: Any,
) -> AsyncIterator[Desk]:
    link = rooms.FakeLink(rooms.room() if view is None else view, read_only=hub_read_only)
    app = Console(link, Settings(**{"by": "小李", "language": "zh", **settings}))
    async with app.run_test(size=size) as pilot:
        at = Desk(app, link, pilot)
        await at.settle()
        yield at


def urgent(number: int) -> Change:
    """The link becomes the most urgent of all."""
    row = rooms.link(number, tier=3, alert="open", sellable=0, available=0)
    return Change(delta=Delta(links=(row,)))


async def test_rows_are_sorted_by_tier_then_sell_out() -> None:
    async with desk() as at:
        order = [line.link.listing for line in at.app.board.lines]
        assert order[:5] == ["L3", "L7", "L5", "L8", "L12"]  # L7 is sold out, but somebody took it
        assert order[-1] == "L1"  # nothing in sight


async def test_the_cursor_stays_on_its_link_when_rows_move() -> None:
    async with desk() as at:
        await at.press("down", "down")
        assert at.listing == "L5"
        await at.hear(urgent(25))
        assert at.listing == "L5"
        assert [line.link.listing for line in at.app.board.lines].index("L5") == 3


@pytest.mark.parametrize("keys", [("2", "5", "enter"), ("２", "５", "enter")])
async def test_typing_a_number_jumps_to_that_link(keys: tuple[str, ...]) -> None:
    async with desk() as at:
        await at.press(*keys[:2])
        assert "25" in at.status
        await at.press(keys[2])
        assert at.listing == "L25"


async def test_a_number_nobody_has_is_said() -> None:
    async with desk() as at:
        await at.press("9", "9", "enter")
        assert at.listing == "L3"
        assert "99" in at.status


async def test_jumping_to_a_filtered_out_link_shows_it() -> None:
    async with desk() as at:
        await at.press("/", *"tier:critical", "enter")
        assert [line.link.listing for line in at.app.board.lines] == ["L3", "L7"]
        await at.press("2", "5", "enter")
        assert at.listing == "L25"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("卫衣 加绒", ["L5", "L26"]),
        ("tier:2", ["L5", "L8"]),
        ("TIER:阈值+", ["L3", "L7", "L5", "L8"]),
        ("hoodie-m", ["L3"]),
        ("channel:抖 tier:1", ["L12"]),
        ("no such", []),
    ],
)
async def test_filter(text: str, expected: list[str]) -> None:
    async with desk() as at:
        await at.press("/")
        for character in text:
            await at.press("space" if character == " " else character)
        assert [line.link.listing for line in at.app.board.lines] == expected
        if expected:
            assert "筛选" in at.text()
        await at.press("escape")
        assert len(at.app.board.lines) == len(rooms.room().links)


@pytest.mark.parametrize("key", ["／", "、"])
async def test_filter_opens_with_an_ime_on(key: str) -> None:
    async with desk() as at:
        for character in (key, "短"):  # as a terminal sends what an IME commits
            at.app.post_message(events.Key("from_ime", character))
            await at.settle()
        await at.press("enter")
        assert {line.link.listing for line in at.app.board.lines} == {"L7", "L31"}


async def test_pause_freezes_the_picture_and_unpause_shows_the_latest() -> None:
    async with desk() as at:
        await at.press("space")
        assert "暂停" in at.text().splitlines()[1]
        before = list(at.app.board.lines)
        await at.hear(urgent(25))
        assert at.app.board.lines == before
        await at.press("space")
        assert "L25" in [line.link.listing for line in at.app.board.lines][:2]


async def test_unfolding_shows_sizes_and_folds_again() -> None:
    async with desk() as at:
        await at.press("3", "enter", "enter")
        assert [line.sku.label for line in at.app.board.lines if line.sku] == [
            "黑 S",
            "黑 M",
            "黑 L",
            "黑 XL",
        ]
        await at.press("down", "down", "enter")
        assert not any(line.sku for line in at.app.board.lines)
        assert at.listing == "L3"


async def test_next_alert_visits_those_nobody_took() -> None:
    async with desk() as at:
        seen = []
        for _ in range(4):
            await at.press("n")
            seen.append(at.listing)
        assert seen == ["L5", "L12", "L3", "L5"]


@pytest.mark.parametrize("key", ["a", "f2", "ａ"])
async def test_acknowledge_is_done_only_when_the_hub_says_so(key: str) -> None:
    async with desk() as at:
        await at.press("3", "enter", key)
        (intent,) = at.intents()
        assert isinstance(intent, Acknowledge)
        assert (intent.listing, intent.by) == ("L3", "小李")
        assert "已完成" not in at.status
        await at.hear(Answer(id=intent.id, ok=True, message=Text("3号 已认领", "no. 3 taken")))
        assert at.status == "已完成,3号 已认领"


async def test_a_refused_intent_is_said_with_its_reason() -> None:
    async with desk() as at:
        await at.press("3", "enter", "p")
        (intent,) = at.intents()
        assert intent == Present(id=intent.id, by="小李", listing=None)  # it is being presented: take it off
        await at.hear(Answer(id=intent.id, ok=False, message=Text("不行 \x1b[31m[red]x", "no")))
        assert "没有成功" in at.status
        assert "\x1b" not in at.status
        assert "[red]" in at.status


@pytest.mark.parametrize("how", ["hub", "console", "header"])
async def test_read_only_changes_nothing(how: str) -> None:
    view = rooms.room(header=rooms.header(read_only=how == "header"))
    async with desk(view, read_only=how == "console", hub_read_only=how == "hub") as at:
        for key in "arspcwu":
            await at.press(key)
            assert at.status == "只读,不能操作。"
        assert not at.intents()
        assert "只读" in at.text()


async def test_who_acts_is_asked_once_and_written_beside_the_action() -> None:
    async with desk(by=None) as at:
        assert isinstance(at.app.screen, WhoDialog)
        await at.press(*"Wang", "enter")
        await at.press("3", "enter", "a")
        assert at.intents()[0].by == "Wang"
        assert at.link.by == "Wang"


async def test_restock_opens_with_the_proposal_and_enter_sends_it() -> None:
    async with desk() as at:
        await at.press("3", "enter", "r")
        (ask,) = at.intents()
        assert isinstance(ask, Propose)
        assert ask.sku in ("HOODIE-M", "HOODIE-L")  # the most urgent size
        option = RestockOption(source="周边仓", quantity=200, lead_time=600, counts="confirmed", best=True)
        proposal = RestockProposal(
            sku=ask.sku, title="t", tier=3, available=0, velocity=46.0, eta=rooms.Eta(), options=(option,)
        )
        await at.hear(Proposal(id=ask.id, restock=proposal))
        assert isinstance(at.app.screen, RestockDialog)
        await at.press("enter")
        sent = at.intents()[-1]
        assert isinstance(sent, AskRestock)
        assert (sent.sku, sent.source, sent.quantity, sent.by) == (ask.sku, "周边仓", 200, "小李")


async def test_a_lost_hub_marks_the_last_picture_stale_and_coming_back_clears_it() -> None:
    async with desk() as at:
        await at.hear(Lost("connection closed"))
        top = at.text().splitlines()[0]
        assert "滞后" in top
        assert "短款羽绒服" in at.text()
        await at.hear(Attached("0.1.0", False))
        await at.hear(Snapshot(view=rooms.room()))
        assert not at.text().splitlines()[0].strip().startswith("滞后")
        assert at.app.board._stale is False


async def test_an_intent_cut_off_is_asked_again_under_the_same_id() -> None:
    async with desk() as at:
        await at.press("3", "enter", "a")
        (first,) = at.intents()
        await at.hear(Lost("gone"))
        await at.hear(Attached("0.1.0", False))
        await at.hear(Snapshot(view=rooms.room()))
        assert at.intents() == [first, first]


async def test_an_intent_that_can_not_be_sent_fails_at_once() -> None:
    async with desk() as at:
        at.link.broken = True
        await at.press("3", "enter", "a")
        assert "没有成功" in at.status


async def test_hostile_texts_are_shown_and_not_obeyed() -> None:
    row = rooms.link(3, title=rooms.HOSTILE, tier=3, alert="acknowledged", by="[red]\x1b]0;x\x07")
    view = rooms.room(
        header=rooms.header(name=rooms.HOSTILE),
        links=(row,),
        feeds=(
            msgspec.structs.replace(
                rooms.feeds()[2], note=Text(rooms.HOSTILE, rooms.HOSTILE), title="[b]快\x9b手"
            ),
        ),
    )
    async with desk(view, size=(160, 40)) as at:
        text = at.text()
        assert not any(ord(character) < 32 and character != "\n" for character in text)
        assert "\x9b" not in text
        assert "\u202e" not in text
        assert "[bold]markup[/bold]" in text


async def test_quitting_asks_and_stop_waits_for_the_hub() -> None:
    async with desk() as at:
        await at.press("q")
        assert isinstance(at.app.screen, QuitDialog)
        await at.press("down", "enter")
        assert isinstance(at.intents()[-1], Stop)
        assert at.app.return_value is None
        await at.hear(Goodbye(reason=Text("停了", "stopped")))
        assert at.app.return_value == 0


async def test_leaving_does_not_stop_the_room() -> None:
    async with desk() as at:
        await at.press("q", "enter")
        assert at.app.return_value == 0
        assert not at.intents()


async def test_another_version_is_shown_and_ends_the_console() -> None:
    async with desk() as at:
        await at.hear(Refused(reason=Text("版本不同", "versions differ"), version="9"))
        assert at.app.return_value == 3
        assert "版本不同" in at.app.parting


async def test_replay_speed_keys() -> None:
    async with desk(rooms.room(header=rooms.header(mode="REPLAY", speed=60.0))) as at:
        assert "×60" in at.text().splitlines()[0]
        await at.press("+")
        assert "×120" in at.status  # said at once, before the hub has answered
        await at.press("+", "-")  # steps go on from what was asked for
        assert at.intents() == [Speed(factor=120.0), Speed(factor=600.0), Speed(factor=120.0)]
    async with desk() as at:
        await at.press("+")
        assert not at.intents()


@pytest.mark.parametrize("key", [".", "。", "．"])
async def test_a_replay_is_held_and_goes_on(key: str) -> None:
    async with desk(rooms.room(header=rooms.header(mode="REPLAY", speed=60.0))) as at:
        at.app.post_message(events.Key("from_ime", key))
        await at.settle()
        assert at.intents() == [Speed(paused=True)]
        await at.hear(Change(delta=Delta(header=rooms.header(mode="REPLAY", speed=60.0, paused=True))))
        assert "回放 ×60 暂停" in at.text().splitlines()[0]
        assert "画面暂停" not in at.text()
        await at.press("+")  # another speed does not let it go
        assert at.intents()[-1] == Speed(factor=120.0, paused=True)
        await at.press(".")
        assert at.intents()[-1] == Speed(paused=False)
    async with desk() as at:
        await at.press(".")
        assert not at.intents()


async def test_the_board_stays_in_sight_round_a_dialog() -> None:
    async with desk(size=(120, 40)) as at:
        await at.press("t")
        picture = at.app.export_screenshot()  # what the terminal gets, screens beneath included
        assert "联名款卫衣" in picture
        assert "colour-blind" in picture


async def test_a_theme_is_tried_on_before_it_is_chosen() -> None:
    async with desk() as at:
        await at.press("t", "down")
        assert at.app.theme == "light"
        await at.press("escape")
        assert at.app.theme == "dark"
        await at.press("t", "2", "enter")
        assert at.app.theme == "light"
        assert "light" in at.status


async def test_without_colours_the_theme_tells_tiers_by_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with desk() as at:
        assert at.app.theme == "mono"
    async with desk(theme="light") as at:
        assert at.app.theme == "light"


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_help_and_quit_are_named_in_however_little_room(size: tuple[int, int]) -> None:
    for language in ("zh", "en"):
        async with desk(size=size, language=language) as at:
            last = at.text().splitlines()[-1]
            assert "? " in last
            assert "q " in last


async def test_what_is_wrong_with_the_users_keys_is_said_at_the_start() -> None:
    keymap = Keymap({"acknowlege": "z", "restock": "5"})
    async with desk(keymap=keymap) as at:
        assert "acknowlege" in at.status
        assert "doctor" in at.status  # there is more, and that is where


async def test_only_rows_that_changed_are_drawn_again() -> None:
    async with desk(rooms.big_room(200)) as at:
        board = at.app.board
        before = board.drawn
        same = rooms.big_room(200).links
        await at.hear(Change(delta=Delta(links=same)))  # equal rows, new objects
        assert board.drawn == before
        await at.hear(Change(delta=Delta(links=(rooms.link(4, sellable=1), rooms.link(150, sellable=1)))))
        assert board.drawn == before + 1  # the other one is off the screen


async def test_the_detail_of_the_link_under_the_cursor_is_asked_for_when_it_is_shown() -> None:
    async with desk(size=(140, 40)) as at:
        await at.press("down")
        await at.pilot.pause(0.3)
        watched = [request.listing for request in at.link.sent if isinstance(request, Watch)]
        assert watched[-1] == "L7"
    async with desk(size=(80, 24)) as at:
        await at.press("down")
        await at.pilot.pause(0.3)
        assert not at.link.sent


def call(number: int) -> Change:
    text = Text("卫衣[b] 约 8 分售罄", "hoodie gone")
    row = CallRow(number=number, at=0, tier=3, text=text, listing="L3")
    return Change(delta=Delta(header=rooms.header(call=row)))


async def test_what_interrupts_rings_once_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr(Console, "bell", lambda self: rung.append(1))
    async with desk() as at:
        await at.hear(call(4))
        assert rung == [1]
        assert at.status == "卫衣[b] 约 8 分售罄"
        await at.hear(call(4))
        assert rung == [1], "the same header again is no news"
        await at.hear(call(5))
        assert rung == [1, 1]
        await at.hear(call(1))
        assert rung == [1, 1], "a room that began anew"
        await at.hear(call(2))
        assert rung == [1, 1, 1]


async def test_what_interrupted_before_the_console_came_does_not_ring(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(Console, "bell", lambda self: rung.append(1))
    async with desk(rooms.room(header=call(7).delta.header)) as at:
        assert rung == []
        assert "约 8 分售罄" not in at.status
        await at.hear(call(8))
        assert rung == [1]


async def test_no_bell_is_silent_and_still_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr(Console, "bell", lambda self: rung.append(1))
    async with desk(bell=False) as at:
        await at.hear(call(1))
        assert rung == []
        assert "约 8 分售罄" in at.status


async def test_what_the_webhook_brought_is_said_once_and_rings_when_it_is_bad(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(Console, "bell", lambda self: rung.append(1))

    def stands(how: str, text: str) -> Change:
        row = RestockRow(
            document="d1", sku="HOODIE-M", title="卫衣", source="仓", qty=50, state="asked",
            told=Text(text, text), told_as=how,  # type: ignore[arg-type]
        )  # fmt: skip
        return Change(delta=Delta(restocks=(row,)))

    async with desk() as at:
        at_first = at.status
        await at.hear(stands("waiting", "等回应"))
        assert at.status == at_first, "that it was sent is what they asked for"
        await at.hear(stands("trouble", "没通 500:\x1b[2J"))
        assert at.status == "补货 卫衣 +50:没通 500:␛[2J"
        await at.hear(stands("trouble", "没通 503"))
        assert "500" in at.status, "each further try is no news"
        assert rung == []
        await at.hear(stands("bad", "回绝"))
        assert at.status == "补货 卫衣 +50:回绝"
        assert rung == [1]
        await at.hear(stands("bad", "回绝"))
        assert rung == [1]


async def test_comments_that_were_too_many_stand_beside_their_feed() -> None:
    row = FeedRow(channel="douyin", title="抖音", state="live", comments=900, comments_lost=3400)
    async with desk() as at:
        await at.hear(Change(delta=Delta(feeds=(row,))))
        assert "抖音 正常 弹幕太多,丢 3400" in at.text()
        await at.hear(Change(delta=Delta(feeds=(msgspec.structs.replace(row, comments_lost=0),))))
        assert "弹幕" not in at.text()


@pytest.mark.parametrize(("language", "words"), [("zh", "拒收推送 3"), ("en", "3 pushes refused")])
async def test_pushes_that_were_refused_stand_beside_their_feed(language: str, words: str) -> None:
    row = FeedRow(channel="douyin", title="抖音", state="live", refused=3)
    async with desk(language=language) as at:
        await at.hear(Change(delta=Delta(feeds=(row,))))
        assert words in at.text()


@pytest.mark.parametrize(("language", "words"), [("zh", "没有主题"), ("en", "No theme")])
async def test_a_theme_that_is_not_there_is_named_with_those_that_are(language: str, words: str) -> None:
    async with desk(theme="nope\x1b[2J", language=language) as at:
        assert at.status.startswith(f"{words} nope␛[2J")
        assert "colour-blind" in at.status


async def test_what_somebody_else_does_is_said_unless_something_is_being_said() -> None:
    async with desk(bell=False) as at:
        done = at.app.view.actions

        async def did(by: str, zh: str) -> None:
            nonlocal done
            done = (*done, ActionRow(at=rooms.NOW, by=by, what=Text(zh, "")))
            await at.hear(Change(delta=Delta(actions=done)))

        await did("小李", "3号 认领")
        assert "认领" not in at.status, "one's own doing is answered already"
        await did("阿强\x1b[2J", "5号 补货询货 +200")
        assert at.status == "阿强␛[2J: 5号 补货询货 +200"
        await did("阿强", "5号 认领")
        assert at.status == "阿强: 5号 认领"
        at.app.say("主题:dark")
        await did("阿强", "7号 认领")
        assert at.status == "主题:dark"


async def test_what_is_wrong_with_a_feed_is_said_in_the_consoles_language() -> None:
    row = FeedRow(channel="douyin", title="抖音", state="down", note=Text("没动静", "silent"))
    for language, says, hides in (("zh", "没动静", "silent"), ("en", "silent", "没动静")):
        async with desk(language=language) as at:
            await at.hear(Change(delta=Delta(feeds=(row,))))
            assert says in at.text()
            assert hides not in at.text()
