"""One restock out: signed as Standard Webhooks say, read back with care, never elsewhere than it was told to go."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stockwatch.config import ConfigError
from stockwatch.webhook.answers import SHOWN, read_answer
from stockwatch.webhook.secret import read_key
from stockwatch.webhook.sender import MAX_ANSWER, Sender
from stockwatch.webhook.signing import id_of, key_of, signed_headers
from tests.webhook.receiver import Receiver, receiving

KEY = b"0123456789abcdef"
ASKED_US = 1_762_862_400_000_000  # 2025-11-11T12:00:00Z


def test_the_signature_is_that_of_the_published_example():
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', key)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_id_that_no_header_can_hold_is_hashed():
    assert id_of("0198-ab:3_x") == "0198-ab:3_x"
    for document in ("补货 7", "a\r\nHost: evil", "x" * 200, "a.b"):
        assert id_of(document).startswith("sha256:")
        assert id_of(document) == id_of(document)


@pytest.mark.parametrize("secret", ["hunter2", "whsec_!!", "whsec_" + base64.b64encode(b"short").decode()])
def test_a_secret_that_protects_nothing_is_refused_without_being_told(monkeypatch, secret):
    monkeypatch.setenv("RESTOCK_SECRET", secret)
    with pytest.raises(ConfigError) as error:
        read_key("env:RESTOCK_SECRET")
    assert secret not in str(error.value)


def test_the_secret_comes_from_the_environment_or_a_file_of_ones_own(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("RESTOCK_SECRET", KEY.decode())
    assert read_key("env:RESTOCK_SECRET") == KEY
    file = tmp_path / "secret"
    file.write_bytes(KEY + b"\n")
    os.chmod(file, 0o600)
    assert read_key(f"file:{file}") == KEY
    os.chmod(file, 0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_key(f"file:{file}")
    for reference in (None, "env:NOT_THERE", f"file:{tmp_path}/none", f"file:{tmp_path}"):
        with pytest.raises(ConfigError, match=r"\[restock\] secret"):
            read_key(reference)


def answer(body: bytes):
    return read_answer(body, document="d1", qty=50, asked_us=ASKED_US)


def test_an_answer_confirms_refuses_or_has_only_heard():
    confirmed = answer(
        b'{"state":"confirmed","document":"d1","qty":40,"due":"2025-11-11T20:30:00+08:00","text":"ok"}'
    )
    assert (confirmed.outcome, confirmed.qty, confirmed.text) == ("confirmed", 40, "ok")
    assert confirmed.due_us == ASKED_US + 1800 * 1_000_000
    assert answer(b'{"state":"confirmed"}').outcome == "confirmed"
    assert answer('{"state":"refused","text":"没货"}'.encode()) == type(confirmed)("refused", "没货")
    assert answer(b"").outcome == "answered"
    assert answer(b'{"ok":true}').outcome == "answered"


@pytest.mark.parametrize(
    "body",
    [
        b'{"state":"confirmed","document":"another"}',
        b'{"state":"confirmed","qty":51}',
        b'{"state":"confirmed","qty":0}',
        b'{"state":"confirmed","qty":true}',
        b'{"state":"confirmed","qty":"40"}',
        b'{"state":"confirmed","due":"tomorrow"}',
        b'{"state":"confirmed","due":"2025-11-11T11:59:00Z"}',
        b'{"state":"confirmed","due":"2099-01-01T00:00:00Z"}',
        b'{"state":"CONFIRMED"}',
        b'[{"state":"confirmed"}]',
        b'{"state":' * 3000,
        b"[" * 100_000,
        b"\xff\xfe\x00",
        b"<html>502</html>",
    ],
)
def test_an_answer_that_breaks_the_shape_decides_nothing(body):
    said = answer(body)
    assert said.outcome == "answered"
    assert len(said.text) <= 6 * (SHOWN + 1)
    assert said.text.isprintable()


def test_hostile_text_is_shown_and_not_obeyed():
    said = answer(b'{"state":"refused","text":"\\u001b[2Jgone\\n\\u202eevil' + b"x" * 5000 + b'"}')
    assert said.text.isprintable()
    assert said.text.startswith("\\x1b[2Jgone \\u202eevil")
    assert said.text.endswith("…")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def sent(receiver: Receiver, **settings):
    sender = Sender(receiver.url, KEY, **settings)
    try:
        return await sender.send("d1", b'{"a":1}')
    finally:
        await sender.aclose()


async def test_the_very_bytes_that_are_sent_are_signed_under_the_documents_id(receiver):
    receiver.replies = [(200, {}, b'{"state":"confirmed"}')]
    came = await sent(receiver, now=lambda: 1_700_000_000.9)
    assert (came.kind, came.body) == ("heard", b'{"state":"confirmed"}')
    (request,) = receiver.requests
    expected = signed_headers("d1", 1_700_000_000, request.body, KEY)
    assert {name: request.headers[name.lower()] for name in expected} == expected
    assert request.headers["content-type"] == "application/json"
    assert request.target == "/restock?token=hush"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ((201, {}, b""), "heard"),
        ((400, {}, b"no"), "failed"),
        ((404, {}, b""), "failed"),
        ((429, {}, b""), "again"),
        ((500, {}, b"boom"), "again"),
        ((503, {}, b""), "again"),
        (b"", "again"),
        (b"no http\r\n\r\n", "again"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "again"),
        (None, "again"),
        ((301, {"Location": "/new"}, b""), "failed"),
        ((307, {"Location": "http://127.0.0.1:1/stolen"}, b""), "failed"),
        ((307, {"Location": "//evil.example/stolen"}, b""), "failed"),
        ((307, {"Location": "http://u:p@127.0.0.1/"}, b""), "failed"),
        ((308, {"Location": "/round"}, b""), "failed"),
    ],
)
async def test_what_may_go_better_is_told_from_what_will_not(receiver, reply, kind):
    receiver.replies = [reply]
    came = await sent(receiver, within_s=0.3)
    assert came.kind == kind
    assert "hush" not in repr(came)
    assert KEY.decode() not in repr(came)
    assert kind == "heard" or came.text.zh or came.status


async def test_a_redirect_on_the_same_host_keeps_method_body_and_signature(receiver):
    receiver.replies = [(307, {"Location": "/v2?x=1"}, b""), (200, {}, b"fine")]
    came = await sent(receiver)
    assert came.kind == "heard"
    first, second = receiver.requests
    assert second.target == "/v2?x=1"
    assert (second.body, second.id) == (first.body, first.id)


async def test_retry_after_is_read_and_bounded(receiver):
    receiver.replies = [(429, {"Retry-After": "7"}, b""), (503, {"Retry-After": "99999999"}, b"")]
    assert (await sent(receiver)).retry_after_s == 7
    assert (await sent(receiver)).retry_after_s == 3600


async def test_an_endless_answer_is_read_no_further_and_a_packed_one_not_unpacked(receiver):
    endless = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + b"x" * (MAX_ANSWER * 4)
    receiver.replies = [endless]
    came = await sent(receiver)
    assert (came.kind, len(came.body)) == ("heard", MAX_ANSWER)


async def test_an_answer_that_trickles_for_ever_is_given_up():
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)

    async with await asyncio.start_server(trickle, "127.0.0.1", 0) as server:
        sender = Sender(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", KEY, within_s=0.2)
        came = await sender.send("d1", b"{}")
        await sender.aclose()
        assert (came.kind, came.text.en) == ("again", "no answer in time")


async def test_nobody_there_is_worth_another_try(receiver):
    sender = Sender("http://127.0.0.1:9/x?token=hush", KEY)
    came = await sender.send("d1", b"{}")
    await sender.aclose()
    assert (came.kind, came.text.en) == ("again", "could not connect")
