"""What a hub process is told: which room, live or a replay. Passed as JSON on its command line."""

from __future__ import annotations

import msgspec


class HubSpec(msgspec.Struct, frozen=True, kw_only=True):
    """`feeds` empty: a live room on its ledger. Else a replay of them on a private one, at `speed` (0: flat out)."""

    room: str
    """Absolute path of the room.toml."""
    feeds: tuple[str, ...] = ()
    speed: float = 1.0
    from_us: int | None = None
    until_us: int | None = None
    read_only: bool = False
    token: str = ""
    """Of a replay: makes its socket its own."""

    @property
    def replay(self) -> bool:
        return bool(self.feeds)
