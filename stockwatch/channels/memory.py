"""What a feed has told already, so that looking again costs nothing: bounded, and safe to forget. Pure.

Forgetting makes a feed tell facts twice; the ledger takes the second for a duplicate.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Remembered(Generic[_Key, _Value]):
    """The latest `most` entries by use."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[_Key, _Value] = OrderedDict()

    def get(self, key: _Key) -> _Value | None:
        return self._held.get(key)

    def put(self, key: _Key, value: _Value) -> None:
        self._held[key] = value
        self._held.move_to_end(key)
        if len(self._held) > self._most:
            self._held.popitem(last=False)

    def drop(self, key: _Key) -> None:
        self._held.pop(key, None)

    def __len__(self) -> int:
        return len(self._held)
