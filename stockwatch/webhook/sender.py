"""One signed POST to the team's own receiver and what came of it. Tries once; whoever asks knows when to try again.

Owns the HTTP client and its bounds: time, size, redirects. Follows a redirect only where method and body stay (307,
308) and host, port and scheme do too. What it says holds neither the address, which may hold a token, nor the secret.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from typing import Literal

import httpx
import msgspec

from stockwatch.feeds.retry_after import retry_after
from stockwatch.local import is_loopback
from stockwatch.room.view import Text
from stockwatch.webhook.answers import shortened
from stockwatch.webhook.signing import signed_headers

MAX_ANSWER = 64 * 1024
"""Bytes of an answer that are read."""
_REDIRECTS = 3
_LONGEST_RETRY_AFTER_S = 3600.0


class Came(msgspec.Struct, frozen=True):
    """What came of one request. `heard`: a 2xx, with its `body`; `again`: another try may go better."""

    kind: Literal["heard", "again", "failed"]
    status: int | None = None
    text: Text = Text("", "")
    body: bytes = b""
    retry_after_s: float | None = None


class Sender:
    """`send` once for each try; `aclose` at the end. Times are seconds."""

    def __init__(
        self,
        url: str,
        key: bytes,
        *,
        within_s: float = 15.0,
        connect_s: float = 5.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._url = httpx.URL(url)
        self._key = key
        self._within_s = within_s
        self._now = now
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(within_s, connect=connect_s),
            limits=httpx.Limits(max_connections=4),
            headers={
                "User-Agent": "stockwatch",
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            },
            follow_redirects=False,
            trust_env=not is_loopback(url),
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def send(self, id: str, body: bytes) -> Came:
        """POST `body` signed as of now under `id`. Never raises but when cancelled."""
        url = self._url
        try:
            async with asyncio.timeout(self._within_s):
                for _ in range(_REDIRECTS + 1):
                    came = await self._once(url, id, body)
                    if isinstance(came, Came):
                        return came
                    url = came
        except (TimeoutError, httpx.TimeoutException):
            return _again("没有及时回应", "no answer in time")
        except httpx.ConnectError as error:
            return _unconnected(error)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            # Only its kind: what it says may quote the address.
            name = type(error).__name__
            return _again(f"连接中断({name})", f"the connection broke ({name})")
        return Came("failed", text=Text("一直在转址", "it redirects without end"))

    async def _once(self, url: httpx.URL, id: str, body: bytes) -> Came | httpx.URL:
        headers = signed_headers(id, int(self._now()), body, self._key)
        async with self._client.stream("POST", url, content=body, headers=headers) as response:
            status = response.status_code
            if 300 <= status < 400:
                return self._moved(url, response)
            answer = bytearray()
            async for part in response.aiter_raw():
                answer += part
                if len(answer) >= MAX_ANSWER:
                    break
            if response.is_success:
                return Came("heard", status, body=bytes(answer[:MAX_ANSWER]))
            said = shortened(bytes(answer))
            text = Text(said, said)
            if status == 429 or status >= 500:
                wait_s = retry_after(
                    response.headers.get("Retry-After"), int(self._now() * 1e6), _LONGEST_RETRY_AFTER_S
                )
                return Came("again", status, text, retry_after_s=wait_s)
            return Came("failed", status, text)

    def _moved(self, url: httpx.URL, response: httpx.Response) -> Came | httpx.URL:
        """Where to go on, or that it goes no further."""
        to = url.join(response.headers.get("Location", ""))
        same = (to.scheme, to.host, to.port) == (url.scheme, url.host, url.port) and not to.userinfo
        if same and response.status_code in (307, 308):
            return to
        return Came(
            "failed",
            response.status_code,
            Text(
                "转到别处,不跟;在 room.toml 写最终地址",
                "redirects elsewhere; write the final address in room.toml",
            ),
        )


def _again(zh: str, en: str) -> Came:
    return Came("again", text=Text(zh, en))


def _unconnected(error: httpx.ConnectError) -> Came:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = cause.verify_message
            return _again(f"证书不可信({why})", f"its certificate is not trusted ({why})")
        cause = cause.__cause__ or cause.__context__
    return _again("连不上", "could not connect")
