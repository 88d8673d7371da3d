"""A command asks a running hub for one thing and hears the answer: no console, nothing drawn.

Raises Failure in words when the hub is gone, is of another version, or does not answer in time.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
from websockets.exceptions import WebSocketException
from websockets.sync.client import unix_connect

from stockwatch import __version__
from stockwatch.exits import Failure
from stockwatch.narration import say
from stockwatch.room import intents

PATIENCE_S = 60.0
"""A long journal takes its time to be read back."""

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[intents.Reply] = msgspec.json.Decoder(intents.Reply)
_Answer = TypeVar("_Answer", bound=msgspec.Struct)


def ask(socket: Path, request: intents.Join | intents.Stop, answer: type[_Answer]) -> _Answer:
    """Send a request to the hub at `socket` and return the first reply of the type `answer`."""
    try:
        with unix_connect(str(socket), "ws://hub/", max_size=None, compression=None, open_timeout=5) as hub:
            for message in (intents.Hello(version=__version__), request):
                hub.send(_encode(message).decode())
            while True:
                reply = _decoder.decode(hub.recv(timeout=PATIENCE_S))
                if isinstance(reply, answer):
                    return reply
                if isinstance(reply, intents.Refused):
                    raise Failure(say(reply.reason.en, reply.reason.zh))
    except (OSError, WebSocketException, TimeoutError, msgspec.DecodeError) as error:
        what = str(error) or type(error).__name__
        raise Failure(
            say(f"the hub at {socket} did not answer: {what}", f"后台 {socket} 没有回应:{what}")
        ) from error
