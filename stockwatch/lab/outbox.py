"""Messages that a platform keeps until they are confirmed, whichever way they go out. Pure: time is handed in."""

from __future__ import annotations

from stockwatch.lab.faults import Faults


class Outbox:
    """One queue, from which all who listen take."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.waiting: dict[int, bytes] = {}
        """Messages not confirmed yet -> their frames."""
        self._resting: dict[int, int] = {}
        """Of these, messages that were failed or handed out on asking -> ms until which they are not sent again."""
        self.confirmed = self.failed = 0

    def put(self, number: int, frame: bytes) -> None:
        self.waiting[number] = frame

    def to_send(self, number: int) -> bytes | None:
        return None if number in self._resting else self.waiting.get(number)

    def rested(self, now_ms: int) -> list[int]:
        """Those that may be sent again from now on."""
        due = [number for number, until in self._resting.items() if until <= now_ms]
        for number in due:
            del self._resting[number]
        return due

    def hand_out(self, most: int, now_ms: int) -> list[bytes]:
        """Up to so many that nobody has now; unconfirmed, they come again."""
        numbers = [number for number in self.waiting if number not in self._resting][:most]
        for number in numbers:
            self._rest(number, now_ms)
        return [self.waiting[number] for number in numbers]

    def confirm(self, number: int) -> None:
        self._resting.pop(number, None)
        self.confirmed += self.waiting.pop(number, None) is not None

    def fail(self, number: int, reason: str, now_ms: int) -> None:
        """It comes again later. Without a reason nothing was said."""
        if reason and number in self.waiting:
            self.failed += 1
            self._rest(number, now_ms)

    def _rest(self, number: int, now_ms: int) -> None:
        self._resting[number] = now_ms + int(self._faults.again_s * 1000)
