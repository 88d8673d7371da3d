"""Bodies of HTTP answers, cut into messages: a JSON array of events, or JSON Lines.

Keeps each message's exact bytes. Pure.
"""

from __future__ import annotations

import msgspec

from stockwatch.feeds.base import cut

_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


class BadBody(Exception):
    """A body that is no list of messages. `str()` says why, in English, without text from outside."""


def messages_of(body: bytes) -> list[bytes]:
    """The messages of a body, in order; ones over the size limit of events are cut to just over it.

    Raises BadBody when it begins as an array and is none. Lines are not judged here.
    """
    text = body.removeprefix(b"\xef\xbb\xbf").strip()
    if not text.startswith(b"["):
        lines = (line.strip(b" \t\r") for line in text.split(b"\n"))
        return [cut(line) for line in lines if line]
    try:
        elements = _decode_array(text)
    except msgspec.MsgspecError as error:
        raise BadBody(f"the answer is no JSON array: {error}") from None
    except RecursionError:
        raise BadBody("the answer is no JSON array: nested too deeply") from None
    return [cut(bytes(element)) for element in elements]
