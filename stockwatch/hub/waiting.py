"""How long a hub is waited for: a minute since it last got on, since a long journal takes its time to be read back.

The hub tells of it in its log (`told`); whoever waits reads that there and says it on stderr.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from logging import Logger
from pathlib import Path
from typing import TypeVar

from stockwatch.narration import complain, say

PATIENCE_S = 60.0
TOLD_EVERY = 200_000
_MOST = 64 * 1024
_GOT_ON = re.compile(rb"read back: ([0-9]+) of ([0-9]+) events")
_Item = TypeVar("_Item")


def told(records: Iterable[_Item], log: Logger, done: int, whole: int) -> Iterator[_Item]:
    """The records of a journal, while the log tells of every so many; `done` of the `whole` journal came before."""
    for count, record in enumerate(records, done + 1):
        yield record
        if count % TOLD_EVERY == 0:
            log.info("read back: %d of %d events", count, whole)


def telling(log: Logger, whole: int) -> Callable[[int], None]:
    """The same for who is called with how many are done."""
    said = 0

    def tell(done: int) -> None:
        nonlocal said
        if done - said >= TOLD_EVERY:
            said = done
            log.info("read back: %d of %d events", done, whole)

    return tell


class Waiting:
    """For one hub, by its log from now on."""

    def __init__(self, log: Path, *, patience_s: float = PATIENCE_S) -> None:
        self._log = log
        self._patience_s = patience_s
        self._read = log.stat().st_size if log.exists() else 0
        self._until = time.monotonic() + patience_s

    def goes_on(self) -> bool:
        """Whether there is still hope; says how far it is when that is news."""
        if found := _GOT_ON.findall(self._news()):
            done, whole = map(int, found[-1])
            share = 100 * done // max(whole, 1)
            complain(
                say(
                    f"stockwatch: the hub reads the ledger back: {share} % of {whole:,} events",
                    f"stockwatch:后台正在读回账本:{whole:,} 条的 {share}%",
                )
            )
            self._until = time.monotonic() + self._patience_s
        return time.monotonic() < self._until

    def _news(self) -> bytes:
        try:
            with self._log.open("rb") as file:
                file.seek(self._read)
                news = file.read(_MOST)
        except OSError:
            return b""
        self._read += len(news)
        return news
