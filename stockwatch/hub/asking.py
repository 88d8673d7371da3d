"""A command asks a running hub for one thing and hears the answer: no console, nothing drawn.

Raises Failure in words when the hub is gone, is of another version, or does not answer in time.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
from websockets.exceptions import WebSocketException
from websockets.sync.client import unix_connect

from stockwatch import __version__, paths
from stockwatch.exits import Failure
from stockwatch.hub.waiting import Waiting
from stockwatch.narration import say
from stockwatch.room import intents

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[intents.Reply] = msgspec.json.Decoder(intents.Reply)
_Answer = TypeVar("_Answer", bound=msgspec.Struct)


def ask(hub: paths.HubRecord, request: intents.Join | intents.Stop, answer: type[_Answer]) -> _Answer:
    """Send a request to a hub and return the first reply of the type `answer`."""
    socket = Path(hub.socket)
    waiting = Waiting(Path(hub.log or ""))
    try:
        with unix_connect(
            str(socket), "ws://hub/", max_size=None, compression=None, open_timeout=5
        ) as connection:
            for message in (intents.Hello(version=__version__), request):
                connection.send(_encode(message).decode())
            while True:
                try:
                    reply = _decoder.decode(connection.recv(timeout=1.0))
                except TimeoutError:
                    if waiting.goes_on():
                        continue
                    raise
                if isinstance(reply, answer):
                    return reply
                if isinstance(reply, intents.Refused):
                    raise Failure(say(reply.reason.en, reply.reason.zh))
    except (OSError, WebSocketException, TimeoutError, msgspec.DecodeError) as error:
        what = str(error) or type(error).__name__
        raise Failure(
            say(f"the hub at {socket} did not answer: {what}", f"后台 {socket} 没有回应:{what}")
        ) from error
