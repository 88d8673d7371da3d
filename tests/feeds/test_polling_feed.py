"""The polling feed against a real HTTP server that is slow, wrong, broken, or asks to be left alone."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stockwatch.events import MAX_EVENT_BYTES, Event, Invalid, decode
from stockwatch.feeds.base import MAX_BATCH
from stockwatch.feeds.bodies import BadBody, messages_of
from stockwatch.feeds.polling import PollingFeed
from stockwatch.feeds.retry_after import retry_after

Answer = tuple[int, dict[str, str], bytes]


class Web:
    """Answers each request with the next answer, the last one for ever; None never answers, bytes are sent raw."""

    def __init__(self) -> None:
        self.answers: list[Answer | bytes | Callable[[str | None], Answer] | None] = []
        self.asked: list[str | None] = []
        """The cursor of each request."""
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.url = ""
        self.hangs = False
        """Raw bytes are followed by silence, not by the end of the connection."""
        self._changed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                target = head[0].split(" ")[1]
                headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:] if line)}
                after = parse_qs(urlsplit(target).query, keep_blank_values=True).get("after", [None])[0]
                self.asked.append(after)
                self.requests.append((target, headers))
                self._changed.set()
                self._changed = asyncio.Event()
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if callable(answer):
                    answer = answer(after)
                if answer is None:
                    await reader.read()
                    break
                if isinstance(answer, bytes):
                    writer.write(answer)
                    await writer.drain()
                    if self.hangs:
                        await reader.read()
                    break
                status, fields, body = answer
                lines = [f"HTTP/1.1 {status} Whatever", *(f"{k}: {v}" for k, v in fields.items())]
                if status != 304:
                    lines.append(f"Content-Length: {len(body)}")
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
                await writer.drain()
        writer.close()

    async def was_asked(self, times: int) -> None:
        async with asyncio.timeout(10):
            while len(self.asked) < times:
                await self._changed.wait()


def ok(*events: bytes, cursor: str | None = None, **headers: str) -> Answer:
    fields = {} if cursor is None else {"Stockwatch-Cursor": cursor}
    return 200, {**fields, **headers}, b"[" + b",".join(events) + b"]"


NOTHING: Answer = (304, {}, b"")


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    web = Web()
    server = await asyncio.start_server(web.serve, "127.0.0.1", 0)
    web.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/orders"
    yield web
    server.close()


@pytest.fixture
def poll(web, quick, sink, running) -> Callable[..., asyncio.Task[None]]:
    def start(cursor: str | None = None, url: str | None = None, **options: Any) -> asyncio.Task[None]:
        options = {"backoff": quick(), "every": 0.005, "answer_timeout": 0.5, **options}
        return running(PollingFeed("shop", url or web.url, **options).run(sink, cursor))

    return start


async def test_the_cursor_of_each_answer_is_asked_for_next_and_kept_with_its_events(
    web, poll, sink, event
) -> None:
    web.answers = [ok(event(1), event(2), cursor="a/b &c"), NOTHING, ok(event(3), cursor="next"), NOTHING]
    poll()
    await sink.got(3)
    await web.was_asked(5)
    assert web.asked[:5] == [None, "a/b &c", "a/b &c", "next", "next"]
    assert sink.frames == [event(1), event(2), event(3)]
    assert sink.cursor == "next"
    assert sink.states() == ["connecting", "live"]
    assert sink.gaps == []


async def test_what_the_address_asks_for_already_is_kept(web, poll, sink, event) -> None:
    web.answers = [ok(event(1))]
    poll("c", url=web.url + "?shop=7&key=%E6%9D%A5")
    await sink.got(1)
    assert parse_qs(urlsplit(web.requests[0][0]).query) == {"shop": ["7"], "key": ["来"], "after": ["c"]}
    assert [since for since, _, _ in sink.gaps] == [None]


async def test_the_bytes_of_each_element_are_exact(web, poll, sink) -> None:
    elements = [
        b'{ "b":18446744073709551616, "a" : 1.0,\n "c":"\\u0041\\/" }',
        '{"题":"卫衣","d":{"z":1,"a":2}}'.encode(),
        b"12",
        b'"text"',
        b"null",
    ]
    web.answers = [(200, {}, b"\xef\xbb\xbf \n[" + b" ,\r\n".join(elements) + b"]\n"), NOTHING]
    poll()
    await sink.got(5)
    assert sink.frames == elements


async def test_json_lines_come_as_lines(web, poll, sink, event) -> None:
    web.answers = [(200, {}, event(1) + b"\r\n\r\n  \n" + event(2) + b"\nnonsense\n" + event(3)), NOTHING]
    poll()
    await sink.got(4)
    assert sink.frames == [event(1), event(2), b"nonsense", event(3)]


async def test_an_answer_may_be_compressed(web, poll, sink, event) -> None:
    status, fields, body = ok(event(1), cursor="z")
    web.answers = [(status, {**fields, "Content-Encoding": "gzip"}, gzip.compress(body)), NOTHING]
    poll()
    await sink.got(1)
    assert sink.frames == [event(1)]


@pytest.mark.parametrize(
    ("packing", "packed", "says"),
    [
        ("gzip", gzip.compress(bytes(50_000_000), mtime=0), "is over 1000000 bytes"),
        ("gzip, gzip", gzip.compress(gzip.compress(bytes(50_000_000), mtime=0), mtime=0), "not asked for"),
        ("br", b"\x1b", "not asked for"),
        ("gzip", gzip.compress(b"[]" * 500, mtime=0)[:-9], "stops in the middle"),
        ("deflate", b"\x00\x01\x02", "can't be unpacked"),
    ],
    ids=["huge", "packed twice", "brotli", "torn", "no deflate"],
)
async def test_a_small_answer_that_unfolds_into_a_huge_one_is_refused_as_it_unfolds(
    web, poll, sink, event, packing, packed, says
) -> None:
    """483 bytes, packed twice, are 200 MB to a library that unpacks them whole."""
    web.answers = [(200, {"Content-Encoding": packing}, packed), ok(event(1))]
    tracemalloc.start()
    try:
        poll(max_body=1_000_000)
        await sink.got(1)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()
    (note,) = [status.note.en for status in sink.statuses if status.state == "down"]
    assert says in note


async def test_an_answer_of_many_packed_pieces_is_whole(web, poll, sink, event) -> None:
    events = [event(n) for n in range(5_000)]
    body = b"[" + b",".join(events) + b"]"
    packed = [gzip.compress(body), zlib.compress(body, 0)]
    web.answers = [
        (200, {"Content-Encoding": kind, "Stockwatch-Cursor": kind}, one)
        for kind, one in zip(("GZip", "deflate"), packed, strict=True)
    ]
    poll()
    await sink.got(10_000)
    assert sink.frames[:5_000] == sink.frames[5_000:10_000] == events


async def test_the_same_answer_again_without_a_cursor_is_nothing_new(web, poll, sink, event) -> None:
    web.answers = [ok(event(1)), ok(event(1)), ok(event(1)), ok(event(1), event(2))]
    poll()
    await sink.got(3)
    await web.was_asked(8)
    assert sink.ids() == ["e1", "e1", "e2"]


async def test_an_empty_answer_that_moves_the_cursor_moves_it(web, poll, sink) -> None:
    web.answers = [ok(cursor="5"), NOTHING]
    poll()
    await sink.until(lambda: sink.cursor == "5")
    await web.was_asked(2)
    assert web.asked[1] == "5"


async def test_a_tag_is_sent_back_while_the_address_is_the_same(web, poll, sink, event) -> None:
    web.answers = [ok(event(1), ETag='"t1"'), ok(event(2), cursor="c", ETag='"t2"'), NOTHING]
    poll()
    await web.was_asked(3)
    assert [headers.get("if-none-match") for _, headers in web.requests[:3]] == [None, '"t1"', None]


async def test_a_date_is_sent_back_once_it_can_tell(web, poll, sink, event) -> None:
    """Within two seconds of the answer a date would hide what was added in its own second."""
    modified, just_after, later = (f"Tue, 11 Nov 2025 12:00:{second:02} GMT" for second in (0, 1, 5))
    dated = {"Last-Modified": modified}
    web.answers = [
        ok(event(1), Date=just_after, **dated),
        ok(event(1), event(2), Date=later, **dated),
        NOTHING,
        ok(event(3), Date="soon", **dated),
        ok(event(4), **dated),
        ok(event(5), Date=later, **{"Last-Modified": "x" * 5000}),
        ok(event(6), cursor="c", Date=later, **dated),
        NOTHING,
    ]
    poll()
    await web.was_asked(8)
    sent = [headers.get("if-modified-since") for _, headers in web.requests[:8]]
    assert sent == [None, None, modified, modified, None, None, None, None]
    assert sink.ids() == ["e1", "e1", "e2", "e3", "e4", "e5", "e6"]


@pytest.mark.parametrize("tag", ['"\u4e2d"', "x" * 5000, '"a\x7f"'])
async def test_a_tag_that_no_request_can_carry_does_not_end_the_feed(web, poll, sink, event, tag) -> None:
    first = b"HTTP/1.1 200 OK\r\nETag: " + tag.encode() + b"\r\nContent-Length: %d\r\n\r\n"
    body = b"[" + event(1) + b"]"
    web.answers = [first % len(body) + body, ok(event(2))]
    poll()
    await sink.got(2)
    assert "down" not in sink.states()


async def test_a_body_that_stops_in_the_middle_is_given_up(web, poll, sink, event) -> None:
    web.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[", ok(event(1))]
    web.hangs = True
    poll(answer_timeout=0.05)
    await sink.got(1)
    assert "the server did not answer in time" in [status.note.en for status in sink.statuses]


async def test_a_failing_server_is_reported_and_asked_again(web, poll, sink, event) -> None:
    web.answers = [
        ok(event(1), cursor="1"),
        (500, {}, b"boom"),
        (404, {}, b""),
        (503, {}, b""),
        ok(event(2), cursor="2"),
    ]
    poll()
    await sink.got(2)
    assert web.asked[:5] == [None, "1", "1", "1", "1"]
    notes = [status.note.en for status in sink.statuses if status.state == "down"]
    assert [note.split()[1] for note in notes] == ["500", "404", "503"]
    assert sink.states()[-1] == "live"
    assert sink.gaps == []  # a moment is no gap


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"no http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Encoding: gzip\r\n\r\nxxxx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: http://elsewhere/\x07\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_a_broken_answer_is_survived(web, poll, sink, event, broken) -> None:
    web.answers = [broken, ok(event(1), cursor="1")]
    poll()
    await sink.got(1)
    assert sink.frames == [event(1)]
    (note,) = [status.note.en for status in sink.statuses if status.state == "down"]
    assert note
    assert note.isprintable()


async def test_a_server_that_never_answers_is_given_up(web, poll, sink, event) -> None:
    web.answers = [None, ok(event(1))]
    poll(answer_timeout=0.05)
    await sink.got(1)
    assert "the server did not answer in time" in [status.note.en for status in sink.statuses]


async def test_a_body_that_trickles_for_ever_is_given_up(web, sink, quick, running, event) -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    running(PollingFeed("shop", url, backoff=quick(), body_timeout=0.1).run(sink, None))
    await sink.until(
        lambda: "the server did not answer in time" in [status.note.en for status in sink.statuses]
    )
    server.close()


async def test_a_body_over_the_limit_is_not_read_to_its_end(web, poll, sink, event) -> None:
    web.answers = [(200, {}, b"[" + b" " * 5000 + b"]"), ok(event(1))]
    poll(max_body=1000)
    await sink.got(1)
    assert any("1000 bytes" in status.note.en for status in sink.statuses)


async def test_a_body_that_is_no_list_is_set_aside_once_and_the_cursor_goes_on(
    web, poll, sink, event
) -> None:
    bad = b'[{"a":1},'
    web.answers = [
        (200, {}, bad),
        (200, {}, bad),
        (200, {"Stockwatch-Cursor": "9"}, bad),
        ok(event(1), cursor="10"),
    ]
    poll()
    await sink.got(1)
    assert [raw for raw, _ in sink.aside] == [bad, bad]
    assert web.asked[:4] == [None, None, None, "9"]


async def test_an_outage_is_marked_before_what_comes_after_it(web, poll, sink, event) -> None:
    clock = [0]

    def now() -> int:
        clock[0] += 2_000_000
        return clock[0]

    web.answers = [ok(event(1), cursor="1"), *[(502, {}, b"")] * 3, ok(event(2), cursor="2")]
    poll(now=now, gap_after=1.0)
    await sink.got(2)
    since, until, got_before = sink.gaps[-1]
    assert got_before == 1
    assert since is not None
    assert since < until


async def test_a_backlog_is_asked_for_without_waiting(web, poll, sink, event) -> None:
    def pages(after: str | None) -> Answer:
        begin = int(after or 0)
        page = [event(n) for n in range(begin, min(begin + 150, 1000))]
        return ok(*page, cursor=str(begin + len(page)))

    web.answers = [pages]
    poll(every=3600.0)
    await sink.got(1000)
    assert sink.ids() == [f"e{n}" for n in range(1000)]
    assert sink.cursor == "1000"


async def test_a_large_answer_comes_in_batches_and_the_cursor_with_the_last(web, poll, sink, event) -> None:
    web.answers = [ok(*(event(n) for n in range(MAX_BATCH + 10)), cursor="end"), NOTHING]
    sink.open.clear()
    poll()
    await asyncio.wait_for(sink.entered.wait(), 5)
    assert sink.cursor is None
    sink.open.set()
    await sink.until(lambda: sink.cursor == "end")
    assert sink.batches == [MAX_BATCH, 10]


async def test_a_slow_sink_is_waited_for(web, poll, sink, event) -> None:
    web.answers = [ok(event(1), cursor="1"), ok(event(2), cursor="2"), NOTHING]
    sink.open.clear()
    poll()
    await asyncio.wait_for(sink.entered.wait(), 5)
    await asyncio.sleep(0.05)
    assert len(web.asked) == 1
    sink.open.set()
    await sink.got(2)


async def test_what_the_sink_throws_is_not_taken_for_a_bad_answer(web, sink, quick, event) -> None:
    web.answers = [ok(event(1))]
    sink.failure = OSError("disk full")
    with pytest.raises(OSError, match="disk full"):
        await asyncio.wait_for(PollingFeed("shop", web.url, backoff=quick()).run(sink, None), 5)


async def test_retry_after_is_honoured(web, poll, sink, event) -> None:
    web.answers = [(429, {"Retry-After": "3600"}, b""), ok(event(1))]
    poll()
    await sink.until(lambda: "down" in sink.states())
    await asyncio.sleep(0.1)
    assert len(web.asked) == 1


def test_retry_after_is_seconds_or_a_date_and_bounded() -> None:
    at_us = 1_762_862_400_000_000  # Tue, 11 Nov 2025 12:00:00 GMT
    assert retry_after("7", at_us) == 7
    assert retry_after("Tue, 11 Nov 2025 12:00:30 GMT", at_us) == 30
    assert retry_after("Tue, 11 Nov 2025 11:00:00 GMT", at_us) == 0
    assert retry_after("9" * 50, at_us) == 300
    assert retry_after("soon", at_us) is None
    assert retry_after("-5", at_us) is None
    assert retry_after(None, at_us) is None


def test_bodies_are_cut_into_messages_or_refused() -> None:
    assert messages_of(b"") == []
    assert messages_of(b" \r\n ") == []
    assert messages_of(b"[]") == []
    assert messages_of(b'{"a":1}') == [b'{"a":1}']
    for bad in (b"[", b"[1", b"[1,]", b"[1] 2", b"[" * 100_000 + b"]" * 100_000, b'["\\ud800"]'):
        with pytest.raises(BadBody):
            messages_of(bad)


def test_an_element_over_the_limit_is_cut_and_stays_invalid(event) -> None:
    sly = event(1) + b" " * (MAX_EVENT_BYTES - len(event(1))) + b"\n\n" + b" " * 10
    body = b"[" + event(2)[:-1] + b',"pad":"' + b"x" * MAX_EVENT_BYTES + b'"},' + event(3) + b"]"
    big, small = messages_of(body)
    assert len(big) <= MAX_EVENT_BYTES + 1
    assert isinstance(decode(big), Invalid)
    assert isinstance(decode(small), Event)
    (element,) = messages_of(b"[" + sly + b"]")
    assert json.loads(element)["id"] == "e1"
