"""Restocks out of a live hub: sent until answered, remembered over a kill, never by a replay, and what it moves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from websockets.asyncio.client import unix_connect

from stockwatch import __version__, paths
from stockwatch.commands.config import notes
from stockwatch.config import ConfigError, RoomConfig, load_room
from stockwatch.events import encode, format_time
from stockwatch.feeds.base import Backoff
from stockwatch.hub import process
from stockwatch.hub.core import Hub, wall_us
from stockwatch.hub.hosted import Hosted
from stockwatch.hub.journal import rebuild
from stockwatch.hub.ledgerfile import LedgerJournal
from stockwatch.hub.live import make_live, open_live
from stockwatch.hub.outbox import Outbox, open_outbox
from stockwatch.hub.spec import HubSpec
from stockwatch.ledger.balances import Books
from stockwatch.room import intents
from stockwatch.room.picture import Picture
from stockwatch.room.room import Room
from stockwatch.room.state import restore, room_frame
from stockwatch.webhook.sender import Sender
from tests.room.build import config, placed
from tests.webhook.receiver import OK, Receiver, receiving

KEY = b"0123456789abcdef"
ASK = intents.AskRestock(id="doc-1", by="小林", sku="H-M", source="周边仓", quantity=50, lead_time=600)
CONFIRMED = (200, {}, b'{"state":"confirmed","qty":40,"text":"on its way"}')


class Live:
    """A hub on its ledger with one room and its outbox."""

    def __init__(self, journal: LedgerJournal, room: Room, hosted: Hosted, outbox: Outbox) -> None:
        self.journal, self.room, self.hosted, self.outbox = journal, room, hosted, outbox

    async def became(self, outcome: str, document: str = "doc-1") -> None:
        async with asyncio.timeout(5):
            while True:
                post = self.room.log.posts.get(document)
                if post is not None and post.outcome == outcome:
                    return
                await asyncio.sleep(0.005)

    def told(self, kind: str = "action.webhook") -> list[dict]:
        """The data of what was journaled."""
        events = [msgspec.json.decode(record.raw) for record in self.journal.records()]
        return [event["data"] for event in events if event["type"] == kind]

    def shown(self) -> str:
        """What a console says of the restock."""
        row = next(row for row in Picture(self.room).whole().restocks if row.document == "doc-1")
        assert row.told is not None
        return row.told.en


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def settings(receiver: Receiver, tmp_path: Path) -> RoomConfig:
    return config(restock_webhook=receiver.url, restock_local=True, ledger_path=tmp_path / "room.db")


@contextlib.asynccontextmanager
async def live(settings: RoomConfig, *, within_s: float = 5.0, **how) -> AsyncIterator[Live]:
    """Ends as a kill does: whatever is under way is dropped."""
    journal, room = open_live(settings)
    hub = Hub(room.pipeline, journal)
    hub.pipeline.mark_end(hub.stamp())
    hub.pipeline.open(hub.stamp())
    hub.commit()
    hosted = hub.host(room, None)
    how = {"backoff": lambda: Backoff(first=0.01, cap=0.02)} | how
    outbox = Outbox(hosted, Sender(settings.restock_webhook or "", KEY, within_s=within_s), **how)
    hosted.on_change = outbox.beside(lambda _: None)
    tasks = [asyncio.ensure_future(hub.run()), asyncio.ensure_future(outbox.run())]
    try:
        yield Live(journal, room, hosted, outbox)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        journal.close()


async def test_a_restock_asked_for_is_told_and_the_answer_moves_it(receiver, settings):
    receiver.replies = [CONFIRMED]
    async with live(settings) as hub:
        assert (await hub.hosted.ask(ASK)).ok
        await hub.became("confirmed")
        (request,) = receiver.requests
        assert request.id == "doc-1"
        assert request.asked | {"due": ""} == {
            "document": "doc-1", "room": "test", "sku": "H-M", "title": "卫衣 M", "source": "周边仓", "qty": 50,
            "state": "asked", "due": "", "by": "小林",
        }  # fmt: skip
        restock = hub.room.books.restocks()["doc-1"]
        assert (restock.state, restock.qty, restock.by) == ("confirmed", 40, "webhook")
        assert hub.room.books.stock("H-M").in_transit == 40
        assert hub.shown() == "webhook confirmed 200: on its way"
        (told,) = hub.told()
        assert (told["document"], told["outcome"], told["status"], told["attempt"]) == (
            "doc-1",
            "confirmed",
            200,
            1,
        )
        assert "hush" not in repr(list(hub.told()))


async def test_a_refusal_takes_back_what_a_person_had_down_as_confirmed(receiver, settings):
    receiver.replies = [(200, {}, '{"state":"refused","text":"卖完了"}'.encode())]
    async with live(settings) as hub:
        await hub.hosted.ask(msgspec.structs.replace(ASK, state="confirmed"))
        await hub.became("refused")
        assert hub.room.books.restocks()["doc-1"].state == "refused"
        assert hub.room.books.stock("H-M").in_transit == 0
        assert "webhook 回绝 200:卖完了" in [action.what.zh for action in hub.room.log.actions][-1]
        (row,) = Picture(hub.room).whole().restocks
        assert (row.state, row.told_as) == ("refused", "bad"), "it is still there for people to see"
        hub.room.pipeline.advance(wall_us() + 601 * 1_000_000)
        assert Picture(hub.room).whole().restocks == ()


async def test_failures_are_tried_again_under_one_key_until_it_is_heard(receiver, settings):
    receiver.replies = [
        (500, {}, b"boom"),
        b"",
        (429, {"Retry-After": "0"}, b""),
        None,
        b"garbage\r\n\r\n",
        (202, {}, b"ok"),
    ]
    async with live(settings, within_s=0.2) as hub:
        await hub.hosted.ask(ASK)
        await hub.became("answered")
        assert {request.id for request in receiver.requests} == {"doc-1"}
        assert len({request.body for request in receiver.requests}) == 1
        assert [told["outcome"] for told in hub.told()] == ["retrying"] * 5 + ["answered"]
        assert [told["attempt"] for told in hub.told()] == [1, 2, 3, 4, 5, 6]
        assert hub.room.books.restocks()["doc-1"].state == "asked", "heard is not promised"
        # 200s with no shape stay what people make of them; the log tells of the trouble once.
        assert sum("trying again" in action.what.en for action in hub.room.log.actions) == 1


async def test_retry_after_is_waited_for(receiver, settings):
    receiver.replies = [(503, {"Retry-After": "1"}, b""), OK]
    async with live(settings) as hub:
        await hub.hosted.ask(ASK)
        await hub.became("answered")
        assert receiver.times[1] - receiver.times[0] >= 1.0


async def test_another_4xx_is_final_and_says_to_call(receiver, settings):
    receiver.replies = [(401, {}, b"who?\x1b[2J")]
    async with live(settings) as hub:
        await hub.hosted.ask(ASK)
        await hub.became("failed")
        await asyncio.sleep(0.1)
        assert len(receiver.requests) == 1
        assert hub.shown() == "webhook did not take it, call them 401: who?\\x1b[2J"


async def test_killed_between_sending_and_journaling_it_is_sent_again_under_the_same_key(receiver, settings):
    receiver.replies = [None, CONFIRMED]
    async with live(settings) as hub:
        await hub.hosted.ask(ASK)
        await receiver.was_sent(1)
    async with live(settings) as hub:
        await hub.became("confirmed")
        first, second = receiver.requests
        assert (first.id, first.body) == (second.id, second.body)
        assert [told["attempt"] for told in hub.told()] == [1]
    async with live(settings) as hub:
        await asyncio.sleep(0.1)
        assert len(receiver.requests) == 2, "an answered one is not sent again"
        assert hub.room.books.stock("H-M").in_transit == 40


async def test_attempts_go_on_where_they_stood_after_a_restart(receiver, settings):
    receiver.replies = [(500, {}, b""), None, OK]
    async with live(settings) as hub:
        await hub.hosted.ask(ASK)
        await receiver.was_sent(2)
    async with live(settings) as hub:
        await hub.became("answered")
        assert [(told["attempt"], told["outcome"]) for told in hub.told()] == [
            (1, "retrying"),
            (2, "answered"),
        ]


async def test_one_that_is_too_old_is_given_up_and_a_person_told(receiver, settings):
    receiver.replies = [None]
    async with live(settings) as hub:
        await hub.hosted.ask(ASK)
        await receiver.was_sent(1)
    async with live(settings, now_us=lambda: wall_us() + 2 * 3600 * 1_000_000) as hub:
        await hub.became("late")
        assert len(receiver.requests) == 1
        assert "call them" in hub.shown()


async def test_one_that_people_settled_meanwhile_is_sent_no_more(receiver, settings):
    receiver.replies = [(500, {}, b"")]
    async with live(settings, backoff=lambda: Backoff(first=0.3, cap=0.3, draw=lambda: 1.0)) as hub:
        await hub.hosted.ask(ASK)
        await hub.became("retrying")
        await hub.hosted.ask(intents.UpdateRestock(id="u", by="王姐", document="doc-1", state="refused"))
        await hub.became("settled")
        assert len(receiver.requests) == 1


async def test_a_late_yes_takes_nothing_back_that_has_left(receiver, settings):
    receiver.replies = [(0.3, CONFIRMED)]
    async with live(settings) as hub:
        await hub.hosted.ask(ASK)
        await receiver.was_sent(1)
        await hub.hosted.ask(intents.UpdateRestock(id="u", by="王姐", document="doc-1", state="shipped"))
        await hub.became("confirmed")
        restock = hub.room.books.restocks()["doc-1"]
        assert (restock.state, restock.qty) == ("shipped", 50)


async def test_a_recording_fed_into_a_live_room_sends_nothing(receiver, settings):
    async with live(settings) as hub:
        await hub.hosted.ask(ASK)
        await hub.became("answered")
        recorded = [bytes(record.raw) for record in hub.journal.records()]
    fresh = msgspec.structs.replace(settings, ledger_path=settings.ledger_path.with_name("fresh.db"))
    async with live(fresh) as hub:
        await hub.hosted.put("douyin", recorded, None)
        await hub.became("answered")
        assert not hub.room.log.posts.any_waiting
        forged = encode(
            type="action.restock", source="stockwatch/test", id="forged", time=format_time(wall_us()), subject="H-M",
            data={"document": "doc-2", "source": "x", "qty": 1, "lead_time_s": 1, "state": "asked", "by": "x",
                  "webhook": wall_us()},
        )  # fmt: skip
        await hub.hosted.put("douyin", [forged], None)
        await asyncio.sleep(0.1)
    assert len(receiver.requests) == 1


async def test_a_channel_that_plays_the_room_answers_nothing(receiver, settings):
    receiver.replies = [(0.3, OK)]
    async with live(settings) as hub:
        await hub.hosted.ask(ASK)
        forged = encode(
            type="action.webhook", source="stockwatch/test", id="forged", time=format_time(wall_us()), subject="H-M",
            data={"by": "webhook", "document": "doc-1", "attempt": 1, "outcome": "confirmed", "at_us": wall_us()},
        )  # fmt: skip
        await hub.hosted.put("douyin", [forged], None)
        await receiver.was_sent(1)
        await hub.became("answered")


async def test_of_two_rooms_that_sell_the_same_goods_the_one_that_asked_sends_it(receiver, settings):
    async with live(settings) as hub:
        other = make_live(msgspec.structs.replace(settings, id="night"), Books())
        rebuild(hub.journal.read_on(other.books), other.pipeline)
        other.move_to(hub.room.pipeline)
        await hub.hosted.ask(ASK)
        await hub.became("answered")
        assert "doc-1" not in other.log.posts
        assert len(other.books.restocks()) == 1


async def test_a_burst_is_sent_a_few_at_a_time_and_all_of_it(receiver, settings):
    receiver.replies = [(0.02, OK)]
    async with live(settings) as hub:
        asks = [msgspec.structs.replace(ASK, id=f"doc-{n}") for n in range(20)]
        await asyncio.gather(*(hub.hosted.ask(ask) for ask in asks))
        for ask in asks:
            await hub.became("answered", ask.id)
        assert sorted(request.id for request in receiver.requests) == sorted(ask.id for ask in asks)


async def test_no_console_can_say_what_the_webhook_answered():
    told = intents.WebhookTold(id="x", by="webhook", document="doc-1", attempt=1, outcome="confirmed")
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(told), type=intents.Request)


async def test_a_room_without_a_webhook_has_no_outbox_and_says_nothing_of_one(settings):
    quiet = msgspec.structs.replace(settings, restock_webhook=None)
    async with live(settings) as hub:
        hub.room.config = quiet
        assert open_outbox(hub.hosted) is None
        await hub.hosted.ask(ASK)
        assert "webhook" not in hub.told("action.restock")[0]
        assert Picture(hub.room).whole().restocks[0].told is None


async def test_a_hub_that_ended_in_good_order_remembers_from_its_snapshot(receiver, settings):
    receiver.replies = [None, OK]
    async with live(settings) as hub:
        await hub.hosted.ask(ASK)
        await receiver.was_sent(1)
        restore(hub.room, [room_frame(hub.room)])
        assert [post.document for post in hub.room.log.posts.waiting()] == ["doc-1"]
        hub.journal.finish(hub.room.pipeline)
    async with live(settings) as hub:
        await hub.became("answered")


async def test_a_replay_of_a_room_with_a_webhook_writes_to_none(receiver, tmp_path, monkeypatch):
    """An operator who rehearses on last night's recording orders nothing."""
    monkeypatch.setattr(process, "listen_to_signals", lambda _: None)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    feed = tmp_path / "night.jsonl"
    feed.write_bytes(placed(0, "H-M", "o1") + b"\n")
    settings = config(restock_webhook=receiver.url, restock_local=True)
    spec = HubSpec(room=str(tmp_path / "night.toml"), feeds=(str(feed),), speed=0, token="t")
    up = asyncio.Event()
    replay = asyncio.ensure_future(process._replay(spec, settings, up.set))
    await asyncio.wait_for(up.wait(), 5)
    at = paths.socket_path(process.replay_ledger(spec), "test")
    async with asyncio.timeout(5):
        while not at.exists():  # noqa: ASYNC110 - another task makes it
            await asyncio.sleep(0.01)
        async with unix_connect(str(at), max_size=None) as console:
            for message in (intents.Hello(version=__version__, by="小林"), ASK):
                await console.send(msgspec.json.encode(message).decode())
            reply: object = None
            while not isinstance(reply, intents.Answer):
                reply = msgspec.json.decode(await console.recv(), type=intents.Reply)
            assert reply.ok
            await asyncio.sleep(0.1)
            await console.send(msgspec.json.encode(intents.Stop()).decode())
            await replay
    assert receiver.requests == []


def test_a_webhook_whose_secret_is_not_there_keeps_the_room_from_starting(tmp_path):
    toml = tmp_path / "room.toml"
    toml.write_text(
        '[room]\nid = "a"\n[ledger]\npath = "a.db"\n'
        '[restock]\nwebhook = "https://erp.example.com/in?token=hush"\nsecret = "env:NOT_SET_HERE"\n'
    )
    settings = load_room(toml)
    assert "[restock]: NOT_SET_HERE is not set here" in [en for en, _ in notes(settings)]
    with pytest.raises(ConfigError, match="NOT_SET_HERE is not set; set NOT_SET_HERE to the secret") as error:
        process.run_hub(HubSpec(room=str(toml)), settings)
    assert "hush" not in str(error.value)
    assert not (tmp_path / "a.db").exists()
