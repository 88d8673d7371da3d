"""Requests to one platform for one shop: signed, held back, tried again where that is safe, and never two ways at once.

Owns the HTTP client, the clock's offset from the platform's, the access token and its refresh, one limiter per method
and one breaker. What differs between platforms is the adapter's. A write whose outcome is unknown is not tried again
here: whoever asked must read first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import httpx
from msgspec.structs import replace

from stockwatch.channels.limiter import Breaker, Limiter
from stockwatch.channels.wire import Adapter, ApiError, Ask, Call, Keys, RenewsBySecret, Tokens
from stockwatch.feeds.base import Backoff, Now, wall_clock
from stockwatch.feeds.notes import NO_ANSWER, NOTHING, outside
from stockwatch.feeds.unpacking import ACCEPTED, Unusable, body_of
from stockwatch.local import is_loopback
from stockwatch.room.view import Text

log = logging.getLogger("stockwatch.channels")

MAX_BODY = 16 * 1024 * 1024
_TRIES = 6
_QUICK_US = 2_000_000
_REFUSED_S = 30.0
"""Seconds until tokens that the platform refuses are tried again: a person has to do something first."""
_TOLD_SKEW_S = 2.0
"""A difference between clocks from which on the platform's is gone by: its Date header has whole seconds."""


class Client:
    """`ask` brings an answer's JSON or raises ApiError."""

    def __init__(
        self,
        adapter: Adapter,
        keys: Keys,
        *,
        base_url: str | None = None,
        now: Now = wall_clock,
        rate: float = 20.0,
        at_once: int = 100,
        timeout_s: float = 5.0,
        transport: httpx.AsyncBaseTransport | None = None,
        keep: Callable[[Keys], None] = lambda _: None,
        kept: Callable[[], Keys] | None = None,
        written: Keys | None = None,
    ) -> None:
        """`keep` is handed the keys whenever a refresh has changed them: old ones are worth nothing then. `kept` reads
        what was kept last, perhaps by another process; `written` is what a person wrote, and is tried once
        should those be refused."""
        self.adapter = adapter
        self.keys = keys
        self.skew_us = 0
        """What the platform's clock is ahead of ours."""
        self.calls = 0
        self._why = NOTHING
        """What the last failure was."""
        self._now = now
        self._rate = rate
        self._keep = keep
        self._kept = kept or (lambda: self.keys)
        self._written = written
        self._limiters: dict[str, Limiter] = {}
        self._breaker = Breaker()
        self._at_once = asyncio.Semaphore(at_once)
        self._refreshing = asyncio.Lock()
        self._refused: _Refused | None = None
        base = base_url or adapter.base_url
        self._settings: dict[str, Any] = {
            "base_url": base,
            "timeout": httpx.Timeout(timeout_s),
            "limits": httpx.Limits(max_connections=1),
            "headers": {"User-Agent": "stockwatch", "Accept-Encoding": ACCEPTED},
            "trust_env": not is_loopback(base),
            "transport": transport,
        }
        self._made: list[httpx.AsyncClient] = []
        self._free: list[httpx.AsyncClient] = []
        """One connection each, the warmest last: a pool looks at all its connections for each of its requests."""
        self._only_there = base_url is not None

    async def aclose(self) -> None:
        for http in self._made:
            await http.aclose()

    def _new(self) -> httpx.AsyncClient:
        if "verify" not in self._settings:
            # Making one reads all certificates; it serves every connection.
            self._settings["verify"] = httpx.create_ssl_context(trust_env=self._settings["trust_env"])
        http = httpx.AsyncClient(**self._settings)
        self._made.append(http)
        return http

    def platform_us(self) -> int:
        """Now, by the platform's clock."""
        return self._now() + self.skew_us

    async def ask(self, ask: Ask, *, writes: bool = False, tries: int = _TRIES, waits: bool = True) -> bytes:
        """The answer's JSON, out of the platform's envelope. Raises ApiError, with kind "unknown" for a write that may
        or may not have been carried out. `tries` counts what the platform failed at, and refusals for haste. With
        `waits` false, it is raised at once that the platform has not answered for a while."""
        backoff = Backoff(first=0.2, cap=5.0)
        skewed = False
        for attempt in range(1, tries + 1):
            self._raise_refused()
            token = self.keys.access_token
            try:
                answer = await self._once(ask, writes=writes, waits=waits)
            except ApiError as error:
                last = attempt == tries
                if error.kind == "token" and not last:
                    await self._refresh(token)
                elif error.kind == "clock" and not skewed:
                    skewed = True  # the refusal's Date header has set the clock right
                elif error.kind == "limited" and not last:
                    continue  # the limiter knows how long to stay away
                elif error.kind == "broken" and not writes and not last:
                    await asyncio.sleep(backoff.next())
                else:
                    raise
                continue
            return answer
        raise AssertionError("unreachable")

    async def _once(self, ask: Ask, *, writes: bool, waits: bool) -> bytes:
        await self._turn(ask.method, waits=waits)
        loop = asyncio.get_running_loop()
        async with self._at_once:
            call = self.adapter.call(ask, self.keys, self.platform_us())
            sent_us = self._now()
            try:
                status, body, headers = await self._send(call)
            except _Lost as lost:
                self._breaker.failed(loop.time())
                self._why = lost.note
                raise ApiError("unknown" if writes and lost.sent else "broken", lost.note) from None
        self._set_clock(headers, sent_us)
        limiter = self._limiters[ask.method]
        try:
            answer = self.adapter.answer(ask, status, body)
        except ApiError as error:
            if error.retry_after_s is None and headers.get("Retry-After", "").isdigit():
                error.retry_after_s = min(float(headers["Retry-After"]), 300.0)
            if error.kind == "limited":
                limiter.refused(loop.time(), error.retry_after_s)
            if error.kind == "broken":
                self._breaker.failed(loop.time())
                self._why = error.text
                if writes:
                    raise ApiError("unknown", str(error), code=error.code) from None
            else:
                self._breaker.went_well()
            raise
        self._breaker.went_well()
        limiter.went_well(loop.time())
        return answer

    def pause(self, method: str) -> float:
        """Seconds that a request of this method would wait for its turn."""
        return self._limiter(method).pause(asyncio.get_running_loop().time())

    def _limiter(self, method: str) -> Limiter:
        return self._limiters.setdefault(method, Limiter(self._rate))

    async def _turn(self, method: str, *, waits: bool) -> None:
        """Wait until the breaker and the method's limiter let a request out."""
        loop = asyncio.get_running_loop()
        limiter = self._limiter(method)
        while (pause := self._breaker.wait(loop.time())) > 0:
            if not waits:
                raise ApiError("broken", self._why, retry_after_s=pause)
            await asyncio.sleep(pause)
        while (pause := limiter.wait(loop.time())) > 0:  # noqa: ASYNC110 - until an instant
            await asyncio.sleep(pause)

    async def _send(self, call: Call) -> tuple[int, bytes, httpx.Headers]:
        http = self._free.pop() if self._free else self._new()
        try:
            return await self._send_by(http, call)
        finally:
            self._free.append(http)

    async def _send_by(self, http: httpx.AsyncClient, call: Call) -> tuple[int, bytes, httpx.Headers]:
        self.calls += 1
        try:
            async with http.stream(
                call.verb, self._where(call), content=call.body or None, headers=dict(call.headers)
            ) as response:
                return response.status_code, await body_of(response, MAX_BODY), response.headers
        except Unusable as unusable:
            raise _Lost(unusable.text, sent=True) from None
        except httpx.ConnectError as error:
            raise _Lost(outside(error), sent=False) from None
        except httpx.TimeoutException as error:
            unsent = isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout)
            raise _Lost(NO_ANSWER, sent=not unsent) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            raise _Lost(outside(error), sent=True) from None

    def _where(self, call: Call) -> str:
        """A proxy or a look-alike stands for all of the platform's hosts: nothing meant for it goes past it."""
        if self._only_there and call.path.startswith("https://"):
            return "/" + call.path.removeprefix("https://").partition("/")[2]
        return call.path

    def _set_clock(self, headers: httpx.Headers, sent_us: int) -> None:
        """By an answer that came quickly enough to tell."""
        now_us = self._now()
        if now_us - sent_us > _QUICK_US:
            return
        try:
            theirs = parsedate_to_datetime(headers["Date"])
        except (KeyError, ValueError, TypeError):
            return
        if theirs.tzinfo is None:
            return
        ahead_s = theirs.timestamp() + 0.5 - (sent_us + now_us) / 2e6
        if abs(ahead_s - self.skew_us / 1e6) > _TOLD_SKEW_S:
            self.skew_us = int(ahead_s * 1e6) if abs(ahead_s) > _TOLD_SKEW_S else 0
            log.info("%s: its clock is %.0f s ahead of ours", self.adapter.name, self.skew_us / 1e6)

    async def _refresh(self, stale: str) -> None:
        """A new access token, unless another request has fetched one since `stale` was used."""
        async with self._refreshing:
            if self.keys.access_token != stale:
                return
            latest = self._kept()
            if latest.access_token != stale:
                self.keys = latest
                return
            self._raise_refused()  # requests that failed together ask for one refresh
            call = self.adapter.refresh(self.keys, self.platform_us())
            renews = isinstance(self.adapter, RenewsBySecret) or bool(self.keys.refresh_token)
            if call is None or not renews:
                note = Text(
                    "令牌不被接受;请重新授权应用", "the access token is not taken; authorize the app again"
                )
                raise self._refuse(ApiError("denied", note))
            try:
                status, body, _ = await self._send(call)
            except _Lost as lost:
                note = Text(f"换令牌:{lost.note.zh}", f"token refresh: {lost.note.en}")
                raise ApiError("broken", note) from None
            try:
                tokens = self.adapter.tokens(status, body)
            except ApiError as error:
                if error.kind in ("broken", "limited"):
                    raise  # that says nothing of the tokens
                if self._written is None or self._written == self.keys:
                    raise self._refuse(error) from None
                log.warning(
                    "%s: the tokens that were kept are refused; trying those written", self.adapter.name
                )
                self.keys, self._written = self._written, None
                return
            self.keys = _with_tokens(self.keys, tokens)
            self._keep(self.keys)
            log.info("%s: a new access token, for %d s", self.adapter.name, tokens.expires_s)

    def _refuse(self, error: ApiError) -> ApiError:
        error.kind = "token"  # whatever it is to a platform: what was asked for is not at fault
        error.retry_after_s = _REFUSED_S
        until = asyncio.get_running_loop().time() + _REFUSED_S
        self._refused = _Refused(error, until, self._kept().access_token)
        return error

    def _raise_refused(self) -> None:
        """Raise what the platform said of these tokens, unless it may say something else by now: each of many orders
        that wait would ask it again, with two requests."""
        if self._refused is None:
            return
        left = self._refused.until - asyncio.get_running_loop().time()
        if left <= 0 or self._kept().access_token != self._refused.kept:
            self._refused = None
            return
        error = self._refused.error
        raise ApiError(error.kind, error.text, code=error.code, retry_after_s=left)


class _Refused(NamedTuple):
    error: ApiError
    until: float
    """By the loop's clock."""
    kept: str
    """The access token that was kept then: another one is worth a try at once."""


class _Lost(Exception):
    """No answer came. `sent`: the request may have arrived."""

    def __init__(self, note: Text, *, sent: bool) -> None:
        super().__init__(note.en)
        self.note = note
        self.sent = sent


def _with_tokens(keys: Keys, tokens: Tokens) -> Keys:
    refreshed = tokens.refresh_token or keys.refresh_token
    return replace(keys, access_token=tokens.access_token, refresh_token=refreshed)
