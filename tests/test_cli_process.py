"""The command as a process: what it imports, what it prints under any locale, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

HEAVY = (
    "textual",
    "rich",
    "msgspec",
    "apsw",
    "httpx",
    "websockets",
    "plotext",
    "tomli_w",
    "tomllib",
    "asyncio",
    "json",
)

ROOM = """\
[room]
id = "r"
name = "双11 [bold]\\u001b[31m"
[[sku]]
id = "A"
title = "联名款卫衣 🧥"
stock = 5
"""


@pytest.fixture
def home() -> Iterator[dict[str, str]]:
    """An environment and a home of its own, of a short name (sockets), without the caller's locale."""
    with tempfile.TemporaryDirectory(prefix="sw", dir="/tmp") as folder:
        yield environment(Path(folder))


def environment(tmp_path: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LC_", "LANG", "XDG_", "PYTHON"))
    }
    (tmp_path / "run").mkdir(mode=0o700)
    (tmp_path / "room.toml").write_text(ROOM, encoding="utf-8")
    return {**kept, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run"), "TERM": "xterm-256color"}


def stockwatch(home: dict[str, str], *argv: str, **changes: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "stockwatch", *argv],
        env={**home, **changes},
        cwd=home["HOME"],
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("argv", [["--version"], ["--help"], ["replay", "--help"], ["rnu"]])
def test_nothing_heavy_is_imported_before_a_command_runs(home: dict[str, str], argv: list[str]) -> None:
    code = (
        "import sys\nfrom stockwatch.cli import main\n"
        f"try: main({argv!r})\nexcept SystemExit: pass\n"
        "sys.stderr.write('\\nMODULES ' + ' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=home, capture_output=True, timeout=60, check=True)
    loaded = set(done.stderr.decode().rpartition("MODULES ")[2].split())
    assert "stockwatch.cli" in loaded
    assert not loaded & set(HEAVY)
    own = {name for name in loaded if name.startswith("stockwatch")}
    light = ("", ".arguments", ".cli", ".narration", ".parser", ".printable")
    assert own <= {f"stockwatch{name}" for name in light}


@pytest.mark.parametrize(
    "argv", [["ps", "--json"], ["config", "check", "room.toml"], ["doctor"], ["help"], []]
)
def test_commands_without_a_screen_load_no_screen(home: dict[str, str], argv: list[str]) -> None:
    if argv[:1] == ["ps"]:
        pytest.importorskip("stockwatch.commands.ps")
    code = (
        "import sys\nfrom stockwatch.cli import main\n"
        f"main({argv!r})\nsys.stdout.flush()\nsys.stderr.write('\\nMODULES ' + ' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=home, cwd=home["HOME"], capture_output=True, timeout=60, check=True
    )
    loaded = set(done.stderr.decode().rpartition("MODULES ")[2].split())
    assert not loaded & {"textual", "rich", "plotext", "httpx", "websockets"}


def test_the_version(home: dict[str, str]) -> None:
    from stockwatch import __version__

    done = stockwatch(home, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"stockwatch {__version__}\n".encode(), b"")


LOCALES = [
    {"LC_ALL": "C"},
    {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LC_ALL": "C", "PYTHONIOENCODING": "ascii:strict"},
    {"LC_ALL": "C", "PYTHONIOENCODING": "gbk"},
    {"LANG": "zh_CN.UTF-8"},
    {},
]


@pytest.mark.parametrize("locale", LOCALES, ids=str)
@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["config", "show", "room.toml"], 0),
        (["config", "check", "room.toml"], 0),
        (["config", "check", "直播.toml"], 1),
        (["help"], 0),
        (["help", "紧急"], 0),
        (["config", "path", "room.toml"], 0),
        (["没有"], 2),
        (["help", "没有"], 2),
        ([], 0),
    ],
    ids=str,
)
def test_no_locale_stops_a_command(
    home: dict[str, str], argv: list[str], code: int, locale: dict[str, str]
) -> None:
    done = stockwatch(home, *argv, **locale)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"\x1b" not in done.stdout + done.stderr
    done.stdout.decode("utf-8")


def test_data_is_utf8_whatever_the_locale(home: dict[str, str]) -> None:
    answers = {
        stockwatch(home, "config", "show", "room.toml", "--json", **locale).stdout for locale in LOCALES
    }
    (answer,) = answers
    settings = {row["key"]: row for row in json.loads(answer)["settings"]}
    assert settings["sku[A].title"] == {
        "key": "sku[A].title",
        "value": "联名款卫衣 🧥",
        "from": "file",
        "line": 6,
    }
    assert settings["sku[A].safety_line"] == {
        "key": "sku[A].safety_line",
        "value": None,
        "from": "default",
        "line": None,
    }
    assert settings["alerts.reaction_time"]["value"] == "15m"


def test_config_show_says_where_each_value_comes_from_and_no_secret(home: dict[str, str]) -> None:
    with (Path(home["HOME"]) / "room.toml").open("a") as file:
        file.write('[[channel]]\nid = "shop"\nsecret = "env:SHOP_SECRET"\n')
    for flags in ((), ("--json",)):
        done = stockwatch(home, "config", "show", "room.toml", *flags, SHOP_SECRET="hunter2")
        assert done.returncode == 0
        assert b"hunter2" not in done.stdout
        assert b"SHOP_SECRET" not in done.stdout
    text = stockwatch(home, "config", "show", "room.toml").stdout.decode()
    assert "sku[A].stock = 5  # room.toml:7\n" in text
    assert 'alerts.reaction_time = "15m"  # default\n' in text
    assert 'room.name = "双11 [bold]\\x1b[31m"' in text
    assert 'channel[shop].secret = "(not shown)"  # room.toml:10\n' in text


def test_config_check_exits_1_with_every_problem_on_stdout(home: dict[str, str]) -> None:
    (Path(home["HOME"]) / "room.toml").write_text(
        '[room]\nid = "r"\nnmae = "x"\n[[sku]]\nid = "A"\nstock = -1\n'
    )
    done = stockwatch(home, "config", "check", "room.toml")
    assert done.returncode == 1
    first, second = done.stdout.decode().splitlines()
    assert first == "room.toml:3: room.nmae: unknown key; did you mean name?"
    assert second.startswith("room.toml:6: sku[A].stock: -1 will not do")
    assert done.stderr == b"2 problems\n"


def test_config_check_tells_what_may_surprise(home: dict[str, str]) -> None:
    with (Path(home["HOME"]) / "room.toml").open("a") as file:
        file.write(
            '[[channel]]\nid = "a"\nfeed = "replay:none.jsonl"\n[[channel]]\nid = "b"\nfeed = "douyin:"\n'
            '[[channel]]\nid = "c"\nfeed = "taobao:"\n'
        )
        file.write('secret = "env:NOT_SET_ANYWHERE"\n')
    done = stockwatch(home, "config", "check", "room.toml")
    assert (done.returncode, done.stdout) == (0, b"")
    said = done.stderr.decode()
    assert f"channel a: no such file now: {home['HOME']}/none.jsonl" in said
    assert "channel b: douyin: needs credentials" in said
    assert "channel c: NOT_SET_ANYWHERE_APP_KEY is not set here" in said
    assert "room.toml: good: 3 channels, 1 SKUs, 0 links" in said


def test_config_path_can_be_used_by_scripts(home: dict[str, str]) -> None:
    found = json.loads(stockwatch(home, "config", "path", "room.toml", "--json").stdout)
    assert found["ledger"] == f"{home['HOME']}/.local/share/stockwatch/ledgers/r.db"
    assert found["runtime"] == f"{home['HOME']}/run/stockwatch"
    assert found["socket"].startswith(found["runtime"])
    assert Path(found["sample_feeds"]).is_dir()
    assert not (Path(home["HOME"]) / ".local").exists()


def test_a_room_that_can_not_be_used_is_wrong_usage(home: dict[str, str]) -> None:
    (Path(home["HOME"]) / "room.toml").write_text("[room]\n")
    done = stockwatch(home, "config", "show", "room.toml")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b'room.toml:1: room: id is missing; write id = "double11"\n'


@pytest.mark.parametrize("argv", [["help"], ["--help"], ["config", "show", "room.toml"]])
def test_a_reader_that_goes_away_is_no_error_to_talk_about(home: dict[str, str], argv: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "stockwatch", *argv],
        env=home,
        cwd=home["HOME"],
        stdout=write,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(write)
    assert done.stderr == b""
    assert done.returncode == 3


def test_a_full_disk_is_said_in_one_line(home: dict[str, str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "stockwatch", "help"],
            env=home,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr == b"stockwatch: the disk is full; make room and try again\n"


def test_closed_streams_stop_nothing(home: dict[str, str]) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m stockwatch help >&- 2>&-'], env=home, timeout=60, check=False
    )
    assert done.returncode == 0


def test_ctrl_c_ends_with_130(home: dict[str, str]) -> None:
    code = (
        # A shell's background jobs ignore the signal, and so would this child.
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import sys, types, time\nfrom stockwatch import cli\n"
        "def run(args):\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "module = types.ModuleType('stockwatch.commands.ps'); module.run = run\n"
        "sys.modules['stockwatch.commands.ps'] = module\nsys.exit(cli.main(['ps']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], env=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=30) == 130
        assert child.stderr is not None
        assert child.stderr.read() == b""


def test_alone_it_says_what_to_type(home: dict[str, str]) -> None:
    done = stockwatch(home)
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "Running rooms\n  none\n" in text
    assert "stockwatch run ROOM.toml" in text
    assert "stockwatch help" in text
