"""The console's dialogs: each a modal screen that gets plain values and returns what the person chose,
or None.

They never talk to the hub. Where one needs something worked out again it posts a message to the app,
which hands the answer back through a method of the dialog.
"""

from stockwatch.console.dialogs.base import Dialog
from stockwatch.console.dialogs.choices import (
    QuitChoice,
    QuitDialog,
    ThemeDialog,
)
from stockwatch.console.dialogs.count import CountChoice, CountDialog
from stockwatch.console.dialogs.follow import FollowDialog, RestockUpdate
from stockwatch.console.dialogs.release import ReleaseChoice, ReleaseDialog
from stockwatch.console.dialogs.restock import RestockChoice, RestockDialog
from stockwatch.console.dialogs.sizes import Sizes, Wants
from stockwatch.console.dialogs.substitute import SubstituteChoice, SubstituteDialog
from stockwatch.console.dialogs.who import WhoDialog

__all__ = [
    "CountChoice",
    "CountDialog",
    "Dialog",
    "FollowDialog",
    "QuitChoice",
    "QuitDialog",
    "ReleaseChoice",
    "ReleaseDialog",
    "RestockChoice",
    "RestockDialog",
    "RestockUpdate",
    "Sizes",
    "SubstituteChoice",
    "SubstituteDialog",
    "ThemeDialog",
    "Wants",
    "WhoDialog",
]
