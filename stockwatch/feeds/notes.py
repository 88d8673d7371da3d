"""What feeds say of what is wrong with them, in both languages of the interface. Pure."""

from __future__ import annotations

from stockwatch.printable import printable
from stockwatch.room.view import Text

NOTHING = Text("", "")
NO_CONNECTION = Text("连不上对方", "it can't be reached")
"""What the HTTP library says of an outage (`_UNREACHED`), which tells nothing more than this."""
_UNREACHED = "All connection attempts failed"
NO_ANSWER = Text("对方没有按时回应", "the server did not answer in time")
NOBODY_LISTENS = Text("那里没有程序在听", "nobody listens there")
NO_SIGN = Text("对方没有动静", "no sign of life from the server")

_LENGTH = 200


def outside(said: object) -> Text:
    """Words that are not ours, or an exception's: the same in both, as one printable line."""
    line = printable(str(said).strip() or type(said).__name__, _LENGTH)
    if line == _UNREACHED:
        return NO_CONNECTION
    return Text(line, line)


def together(*notes: Text) -> Text:
    """Those that say something, one after another."""
    told = [note for note in notes if note != NOTHING]
    return Text(";".join(note.zh for note in told), "; ".join(note.en for note in told))
