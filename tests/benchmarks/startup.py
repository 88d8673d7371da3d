"""How soon it is there: `--version`, `--help`, and the console's first paint beside a bare Textual app's.

First paint: from the start of the process to the first text of the console at the terminal; the bare app's likewise.
Runs alternate, so that a busy machine slows both.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from bench import Report, arguments, cpu_of_children, median
from e2e_server import ChannelServer, room_toml
from e2e_terminal import Terminal
from e2e_world import World, stockwatch

BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("READY")
Bare().run()
"""


def first(terminal: Terminal, texts: Sequence[str]) -> list[float]:
    """Seconds from the start until each text was first sent."""
    found: dict[str, float] = {}
    with terminal:
        until = time.monotonic() + 15
        while len(found) < len(texts):
            assert time.monotonic() < until, f"{texts} did not come:\n{terminal.text()}"
            time.sleep(0.01)
            sent, seen = b"", list(terminal.pieces)
            for at, data in seen:
                sent += data
                for text in texts:
                    if text not in found and text.encode() in sent:
                        found[text] = at - terminal.started
    return [found[text] for text in texts]


def main() -> int:
    args = arguments(__doc__)
    report = Report()
    with World() as world, ChannelServer() as server:
        for option in ("--version", "--help"):
            walls, cpu = [], cpu_of_children()
            count = 31 if args.full else 15
            for _ in range(count):
                began = time.monotonic()
                world.done(option)
                walls.append(time.monotonic() - began)
            each = (cpu_of_children() - cpu) / count
            report.at_most(
                f"startup {option}", median(walls), 0.15, "s", f"CPU {each:.3f} s, fastest {min(walls):.3f} s"
            )
        world.done("run", world.write("live.toml", room_toml(server.url)), "--detach")
        bare, paint, picture = [], [], []
        for _ in range(21 if args.full else 9):
            bare += first(Terminal([sys.executable, "-c", BARE], env=world.env), ["READY"])
            command = [*stockwatch(), "attach", "live", "--lang", "zh", "--as", "a"]
            painted, shown = first(Terminal(command, env=world.env), ["正在连接", "商品"])
            paint.append(painted)
            picture.append(shown)
        ratio = median(paint) / median(bare)
        beside = (
            f"console {median(paint):.3f} s, bare app {median(bare):.3f} s; the room itself {median(picture):.3f} s, "
            f"{median(picture) / median(bare):.2f} x"
        )
        report.at_most("first paint", ratio, 1.3, "x a bare Textual app", beside)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
