"""What Taobao's messages come to, however they are brought: confirmed, or failed so that they are sent again.

A message is confirmed once what it named is handed over, and the cursor behind which polling goes on is kept no earlier
than that. One whose order can't be fetched, or that can't be understood, is failed with the reason. What another try
does not change is failed a few times only, since it could have been damaged on its way; then it is confirmed: it would
come again all day, and polling stands behind it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from stockwatch.channels.feed import PlatformFeed
from stockwatch.channels.memory import Remembered
from stockwatch.channels.taobao.tmc import Message
from stockwatch.channels.waiting import NotTaken
from stockwatch.channels.wire import Malformed
from stockwatch.printable import printable

log = logging.getLogger("stockwatch.channels")

FAILED_FOR_GOOD = 3
"""Times that a message is failed whose reason stays the same."""
_REMEMBERED = 5_000

Answer = Callable[[int, str | None], None]
"""Called with a message's id: None confirms it, a reason fails it."""


class Intake:
    """One channel's, beyond any one connection."""

    def __init__(self, feed: PlatformFeed) -> None:
        self.feed = feed
        self._failures: Remembered[int, int] = Remembered(_REMEMBERED)

    def take(self, message: Message, answer: Answer) -> None:
        """Name its order to the feed; `answer` is called now or later."""
        if message.nudge is None:
            answer(message.id, None)
            return

        def heard(outcome: NotTaken | None) -> None:
            if outcome is None:
                self._failures.drop(message.id)
                answer(message.id, None)
            elif outcome.for_good:
                self._fail(message.id, outcome.reason, answer)
            else:
                answer(message.id, outcome.reason)

        self.feed.nudge((message.nudge,), heard)

    async def take_malformed(self, raw: bytes, malformed: Malformed, answer: Answer) -> None:
        """Set it aside, once; without an id there is nothing that could be answered."""
        reason, *id_ = malformed.args
        if not id_ or self._failures.get(id_[0]) is None:
            await self.feed.set_aside(raw, f"a message: {reason}")
        if id_:
            self._fail(id_[0], reason, answer)

    def _fail(self, message: int, reason: str, answer: Answer) -> None:
        failures = (self._failures.get(message) or 0) + 1
        self._failures.put(message, failures)
        if failures <= FAILED_FOR_GOOD:
            answer(message, reason)
            return
        log.warning(
            "%s: message %d is given up after %d failures: %s",
            self.feed.channel, message, FAILED_FOR_GOOD, printable(reason, 200),
        )  # fmt: skip
        answer(message, None)
