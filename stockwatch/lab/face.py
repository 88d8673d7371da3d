"""What the look-alikes have in common: credentials, tokens that expire, a limit on requests, idempotency. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from stockwatch.channels.wire import Keys, exact_json
from stockwatch.lab.faults import Faults
from stockwatch.lab.shop import Shop


class Request(NamedTuple):
    """As it came. Header names are lower case."""

    verb: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Reply(NamedTuple):
    status: int
    body: bytes
    headers: Mapping[str, str] = {}


class Push(NamedTuple):
    """A callback, signed."""

    headers: Mapping[str, str]
    body: bytes
    query: str = ""
    """Of the address that it goes to, where the signature stands there."""


class Face(Protocol):
    """One platform, as its callers see it."""

    name: str
    shop: Shop
    door: Door

    def handle(self, request: Request, now_ms: int) -> Reply: ...

    def push(self, what: str, order: int, now_ms: int, number: int) -> Push | None:
        """The callback about a change; None where the platform sends none."""


class Door:
    """Who is let in. Counts what it did."""

    def __init__(self, keys: Keys, faults: Faults) -> None:
        self.keys = keys
        self.faults = faults
        self.asked: dict[str, int] = {}
        self.limited: dict[str, int] = {}
        self.forged = self.refreshed = 0
        self._token, self._refresh = keys.access_token, keys.refresh_token
        self._token_until = 0
        self._recent: dict[str, deque[int]] = {}

    def too_many(self, method: str, now_ms: int) -> bool:
        """Whether this request is one too many, by a sliding second."""
        self.asked[method] = self.asked.get(method, 0) + 1
        if not self.faults.per_second:
            return False
        recent = self._recent.setdefault(method, deque())
        while recent and recent[0] <= now_ms - 1000:
            recent.popleft()
        if len(recent) >= self.faults.per_second:
            self.limited[method] = self.limited.get(method, 0) + 1
            return True
        recent.append(now_ms)
        return False

    def takes(self, token: str, now_ms: int) -> bool:
        """Whether this access token is taken now."""
        if self.faults.token_s and not self._token_until:
            self._token_until = now_ms + int(self.faults.token_s * 1000)
        return token == self._token and (not self._token_until or now_ms < self._token_until)

    def issue(self, now_ms: int) -> str:
        """The token of the day, for whoever has shown the app's secret; a new one once it has ended."""
        if not self.takes(self._token, now_ms):
            self.renew(self._refresh, now_ms)
        return self._token

    def renew(self, refresh: str, now_ms: int) -> tuple[str, str] | None:
        """New (access, refresh) tokens; the old ones are worth nothing then. None: this refresh token is none."""
        if refresh != self._refresh:
            return None
        self.refreshed += 1
        self._token = f"{self.keys.access_token}-{self.refreshed}"
        self._refresh = f"{self.keys.refresh_token}-{self.refreshed}"
        if self.faults.token_s:
            self._token_until = now_ms + int(self.faults.token_s * 1000)
        return self._token, self._refresh


def reply(value: Any, status: int = 200) -> Reply:
    return Reply(status, exact_json(value).encode(), {"content-type": "application/json;charset=UTF-8"})
