"""Which (source, id) were seen, with what content, and what came of it.

The first fence against deliveries that repeat, for as long as any channel may repeat them; the second is the meaning of
the facts themselves. One packed integer an event keeps a million of them in about 200 MB, ids included. Pure.
"""

from __future__ import annotations

from stockwatch.ledger.figures import OUTCOMES, Outcome

_CONTENT_BITS = 64
_CODE_BITS = 4
_SEQ_SHIFT = _CONTENT_BITS + _CODE_BITS
_CONTENT = (1 << _CONTENT_BITS) - 1
_PENDING = 15
_CODES: dict[Outcome | None, int] = {
    **{outcome: code << _CONTENT_BITS for code, outcome in enumerate(OUTCOMES)},
    None: _PENDING << _CONTENT_BITS,
}


Ids = dict[str, int]
"""id -> entry, to be read with the functions below."""

WINDOW_DAYS = 14
"""How long an id is remembered: longer than any channel delivers again. Days of the decision clock, UTC."""
_DAY_US = 86_400_000_000


class Seen:
    """Identities and first outcomes of the last 14 days.

    The day moves on once two events in a row lie beyond it, so that one wild clock forgets nothing. Ids lie in
    generations of a week, the newest first, so that old ones go all at once.
    """

    def __init__(self) -> None:
        self.newest: dict[str, Ids] = {}
        """source -> ids: where new ones are claimed."""
        self.older: list[dict[str, Ids]] = []
        self.days: list[list[int]] = []
        """[day, its first seq], oldest first: the days that are remembered."""
        self.day_ends_us = -(1 << 62)
        self.claimed: bool = False
        """Whether the event before lay beyond the day."""

    def of(self, source: str) -> Ids:
        """Where a source's new ids are claimed."""
        return self.newest.setdefault(source, {})

    def find(self, source: str, id_: str) -> int | None:
        """The entry of an id, None when it is new or remembered no more (then it may be claimed anew)."""
        oldest = self.days[0][1]
        for generation in (self.newest, *self.older):
            ids = generation.get(source)
            entry = None if ids is None else ids.get(id_)
            if ids is not None and entry is not None:
                if seq_of(entry) >= oldest:
                    return entry
                del ids[id_]  # so that ids stay in the order of their claims
        return None

    def hear(self, now_us: int, seq: int) -> None:
        """An event beyond the day, or the one after such an event."""
        if now_us < self.day_ends_us:
            self.claimed = False
            return
        if self.days and not self.claimed:
            self.claimed = True
            return
        self.claimed = False
        day = now_us // _DAY_US
        self.day_ends_us = (day + 1) * _DAY_US
        self.days.append([day, seq])
        while self.days[0][0] <= day - WINDOW_DAYS:
            del self.days[0]
        oldest = self.days[0][1]
        if any(self.newest.values()) and day - self._began(self.newest) >= WINDOW_DAYS // 2:
            self.older.insert(0, self.newest)
            self.newest = {}
        while self.older and not _reaches(self.older[-1], oldest):
            del self.older[-1]

    def _began(self, generation: dict[str, Ids]) -> int:
        """The day of its first id; the oldest day that is remembered where it is older still."""
        first = min(seq_of(next(iter(ids.values()))) for ids in generation.values() if ids)
        return max((day for day, seq in self.days if seq <= first), default=self.days[0][0])


def _reaches(generation: dict[str, Ids], seq: int) -> bool:
    """Whether any of its ids was claimed at `seq` or later."""
    return any(seq_of(next(reversed(ids.values()))) >= seq for ids in generation.values() if ids)


def entry_of(content: int, seq: int, outcome: Outcome | None) -> int:
    """What is kept of an event; outcome None: known later (then it is claimed again)."""
    return (seq << _SEQ_SHIFT) | _CODES[outcome] | content


def same_content(entry: int, content: int) -> bool:
    return entry & _CONTENT == content


def seq_of(entry: int) -> int:
    return entry >> _SEQ_SHIFT


def outcome_of(entry: int) -> Outcome | None:
    """None while the event waits for its group."""
    code = (entry >> _CONTENT_BITS) & _PENDING
    return None if code == _PENDING else OUTCOMES[code]
