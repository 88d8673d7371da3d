"""What a ledger books for itself when it meets a room: which channels there are, and opening stock.

Figures must follow from the journal alone; so whatever in room.toml decides them is journaled as an event
first. Pure: makes the events; whoever runs the ledger applies and journals them like any other.
"""

from __future__ import annotations

from hashlib import blake2b

from stockwatch.config import RoomConfig
from stockwatch.events import encode
from stockwatch.ledger.balances import CLOSED, CONFIGURED, OWN_SOURCE, Books
from stockwatch.ledger.figures import Deduct

_MAX_ID = 256


def channels_in(config: RoomConfig) -> dict[str, tuple[str, Deduct]]:
    """source -> (channel id, when its orders hold stock)."""
    return {channel.source: (channel.id, channel.deduct) for channel in config.channels}


def configured_events(config: RoomConfig, books: Books, time: str) -> list[bytes]:
    """One ledger.configured event when the room's channels are not all known to the ledger as they are,
    else none.

    Channels of other rooms on the same ledger stay. `time` is RFC 3339.
    """
    merged = books.channels | channels_in(config)
    if merged == books.channels:
        return []
    data = {"channels": {source: {"id": id_, "deduct": deduct} for source, (id_, deduct) in merged.items()}}
    id_ = f"configured:{books.place + 1}"
    return [encode(type=CONFIGURED, source=OWN_SOURCE, id=id_, time=time, data=data)]


def opening_events(config: RoomConfig, books: Books, time: str) -> list[bytes]:
    """Opening stock of the SKUs that the ledger has not met in a room.toml before, in the order of the
    file."""
    events = []
    met = set()
    for sku in config.skus:
        if sku.id in met or books.opened(sku.id):
            continue
        met.add(sku.id)
        data = {"document": "opening", "qty": sku.stock, "reason": "opening stock", "by": OWN_SOURCE}
        id_ = f"opening:{sku.id}"
        if len(id_) > _MAX_ID:
            id_ = f"opening:{blake2b(sku.id.encode(), digest_size=16).hexdigest()}"
        events.append(
            encode(type="stock.counted", source=OWN_SOURCE, id=id_, time=time, subject=sku.id, data=data)
        )
    return events


def is_own(source: str, type_: str) -> bool:
    """Whether an event is one that this module makes: part of the journal, not of the recorded feed."""
    return source == OWN_SOURCE and type_ in (CONFIGURED, CLOSED, "stock.counted")
