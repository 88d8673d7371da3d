"""The body of an HTTP answer, unpacked within bounds: no small packed answer unfolds into one that fills the memory.

Takes identity, gzip and deflate, one of them (RFC 9110 section 8.4.1). A library that unpacks a piece whole, and layer
upon layer, makes gigabytes of a few kilobytes before anybody can count them.
"""

from __future__ import annotations

import zlib

import httpx

ACCEPTED = "gzip"
_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_PIECE = 1024 * 1024


class Unusable(Exception):
    """Too large, or packed in a way that can't be undone. `str()` is one line of English of our own."""


async def body_of(response: httpx.Response, most: int) -> bytes:
    """All of it, at most `most` bytes once unpacked. Raises Unusable, and what httpx raises."""
    if response.is_stream_consumed:  # the transport had it whole
        if len(response.content) > most:
            raise Unusable(f"the answer is over {most} bytes")
        return response.content
    packing = response.headers.get("Content-Encoding", "").strip().lower() or "identity"
    body = bytearray()
    if packing == "identity":
        async for part in response.aiter_raw():
            body += part
            if len(body) > most:
                raise Unusable(f"the answer is over {most} bytes")
        return bytes(body)
    if packing not in _WINDOW:
        raise Unusable("the answer is packed in a way that was not asked for")
    unpack = zlib.decompressobj(_WINDOW[packing])
    try:
        async for part in response.aiter_raw():
            rest = part
            while rest and not unpack.eof:
                body += unpack.decompress(rest, _PIECE)
                rest = unpack.unconsumed_tail
                if len(body) > most:
                    raise Unusable(f"the answer is over {most} bytes")
        body += unpack.flush()
    except zlib.error:
        raise Unusable("the answer can't be unpacked") from None
    if not unpack.eof:
        raise Unusable("the answer stops in the middle")
    if len(body) > most:
        raise Unusable(f"the answer is over {most} bytes")
    return bytes(body)
