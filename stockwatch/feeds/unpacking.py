"""The body of an HTTP answer, unpacked within bounds: no small packed answer unfolds into one that fills the memory.

Takes identity, gzip and deflate, one of them (RFC 9110 section 8.4.1). A library that unpacks a piece whole, and layer
upon layer, makes gigabytes of a few kilobytes before anybody can count them.
"""

from __future__ import annotations

import zlib

import httpx

from stockwatch.room.view import Text

ACCEPTED = "gzip"
_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_PIECE = 1024 * 1024


class Unusable(Exception):
    """Too large, or packed in a way that can't be undone. `str()` is one line of English of our own, as in `text`."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


def _too_large(most: int) -> Unusable:
    return Unusable(Text(f"回应超过 {most} 字节", f"the answer is over {most} bytes"))


async def body_of(response: httpx.Response, most: int) -> bytes:
    """All of it, at most `most` bytes once unpacked. Raises Unusable, and what httpx raises."""
    if response.is_stream_consumed:  # the transport had it whole
        if len(response.content) > most:
            raise _too_large(most)
        return response.content
    packing = response.headers.get("Content-Encoding", "").strip().lower() or "identity"
    body = bytearray()
    if packing == "identity":
        async for part in response.aiter_raw():
            body += part
            if len(body) > most:
                raise _too_large(most)
        return bytes(body)
    if packing not in _WINDOW:
        raise Unusable(
            Text("回应的压缩方式不是要求的那种", "the answer is packed in a way that was not asked for")
        )
    unpack = zlib.decompressobj(_WINDOW[packing])
    try:
        async for part in response.aiter_raw():
            rest = part
            while rest and not unpack.eof:
                body += unpack.decompress(rest, _PIECE)
                rest = unpack.unconsumed_tail
                if len(body) > most:
                    raise _too_large(most)
        body += unpack.flush()
    except zlib.error:
        raise Unusable(Text("回应解不开", "the answer can't be unpacked")) from None
    if not unpack.eof:
        raise Unusable(Text("回应断在半路", "the answer stops in the middle"))
    if len(body) > most:
        raise _too_large(most)
    return bytes(body)
