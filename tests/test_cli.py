"""What can be typed, what is answered to mistakes, and what becomes of errors."""

from __future__ import annotations

import argparse
import errno
import sys
import types
from pathlib import Path

import pytest

from stockwatch import cli, narration, parser
from stockwatch.config import ConfigError
from stockwatch.exits import Exit, Failure

NAMES = [name for name, _, _ in parser.COMMANDS]


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def wrong(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """What stderr says to wrong usage, which must leave with 2 and print nothing on stdout."""
    with pytest.raises(SystemExit) as left:
        cli.main(argv)
    assert left.value.code == Exit.USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def run_with(monkeypatch: pytest.MonkeyPatch, error: BaseException | int) -> int:
    """`stockwatch ps` when its command ends with `error`."""

    def run(args: argparse.Namespace) -> int:
        if isinstance(error, BaseException):
            raise error
        return error

    module = types.ModuleType("stockwatch.commands.ps")
    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "stockwatch.commands.ps", module)
    return cli.main(["ps"])


def test_every_command_of_the_interface_parses() -> None:
    parse = parser.parse
    args = parse(
        ["replay", "a.jsonl", "b.jsonl", "--room", "r.toml", "--speed", "60", "--from", "x", "--until", "y"]
    )
    assert (args.command, args.feeds, args.room) == ("replay", [Path("a.jsonl"), Path("b.jsonl")], "r.toml")
    assert (args.speed, args.from_, args.until, args.batch) == ("60", "x", "y", 4096)
    assert (args.headless, args.json, args.strict, args.read_only, args.ascii) == (False,) * 5
    assert (args.as_, args.lang, args.theme) == (None, None, None)
    assert parse(["replay", "a", "--headless", "--json", "--strict", "--batch", "1"]).batch == 1
    args = parse(
        [
            "run",
            "r.toml",
            "--detach",
            "--read-only",
            "--as",
            "小王",
            "--lang",
            "zh",
            "--theme",
            "mono",
            "--ascii",
        ]
    )
    assert (args.room, args.detach, args.read_only, args.as_) == ("r.toml", True, True, "小王")
    assert parse(["attach"]).room is None
    assert parse(["attach", "wss://host/x"]).room == "wss://host/x"
    assert parse(["stop"]).room is None
    assert parse(["hub", "r.toml", "--listen", "0.0.0.0:1"]).listen == "0.0.0.0:1"
    args = parse(["feed", "serve", "a", "--ws", "127.0.0.1:8765", "--speed", "10", "--keep-time"])
    assert (args.feed_command, args.feeds, args.ws, args.speed) == (
        "serve",
        [Path("a")],
        "127.0.0.1:8765",
        "10",
    )
    assert (args.keep_time, args.once) == (True, False)
    assert parse(["feed", "check", "a"]).feeds == [Path("a")]
    assert parse(["feed", "import", "a.csv", "--map", "m.toml"]).map == Path("m.toml")
    args = parse(["ledger", "apply", "x.db", "--room", "r.toml"])
    assert (args.ledger_command, args.ledger, str(args.room)) == ("apply", Path("x.db"), "r.toml")
    assert parse(["ledger", "show", "x.db", "--json"]).json
    assert not parse(["ledger", "verify", "x.db"]).json
    assert parse(["ledger", "export", "x.db", "--actions"]).actions
    assert parse(["config", "check", "r.toml"]).config_command == "check"
    assert parse(["doctor", "--json"]).json
    assert parse(["help", "feed", "serve"]).key == ["feed", "serve"]
    assert parse([]).command is None
    assert parse(["attach", "--as", "小王".encode().decode("ascii", "surrogateescape")]).as_ == "小王"


def test_speed_is_real_time_on_a_screen_and_flat_out_without_one() -> None:
    assert parser.parse(["replay", "a"]).speed == "1"
    assert parser.parse(["replay", "a", "--headless"]).speed == "max"
    assert parser.parse(["replay", "a", "--headless", "--speed", "60"]).speed == "60"
    assert parser.parse(["replay", "a", "--speed", "x60"]).speed == "60"
    assert parser.parse(["replay", "a", "--speed", "×0.5"]).speed == "0.5"


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_in_both_languages(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = []
    for locale in ("en_US.UTF-8", "zh_CN.UTF-8"):
        monkeypatch.setenv("LANG", locale)
        with pytest.raises(SystemExit) as left:
            cli.main([name, "--help"])
        assert left.value.code == 0
        texts.append(capsys.readouterr().out)
    assert f"stockwatch {name}" in texts[0]
    assert texts[0] != texts[1]


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (["rnu"], "no such command: rnu; did you mean run?"),
        (["RePlay"], "did you mean replay?"),
        (["zzzz"], "known: run, attach"),
        (["ledger", "aply"], "did you mean apply?"),
        (["feed"], "required: WHAT"),
        (["replay", "a", "--sped", "3"], "unknown option --sped; did you mean --speed?"),
        (["replay", "a", "--strct=1"], "did you mean --strict?"),
        (["--versoin"], "did you mean --version?"),
        (["ps", "extra"], "unexpected: extra"),
        (["run"], "required: ROOM"),
        (["replay"], "required: FEED"),
        (["replay", "a", "--speed", "0"], "a factor above 0"),
        (["replay", "a", "--speed", "nan"], "a factor above 0"),
        (["replay", "a", "--speed", "-1"], "--speed"),
        (["replay", "a", "--batch", "0"], "a whole number from 1"),
        (["replay", "a", "--batch", "１"], "a whole number from 1"),
        (["replay", ""], "a file is needed"),
        (["run", "a", "--lang", "fr"], "no such lang: fr; known: zh, en"),
        (["ledger", "apply", "x.db"], "--room"),
        (["replay", "a", "--head"], "did you mean --headless?"),
    ],
)
def test_wrong_usage_names_the_nearest_known_word(
    argv: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = wrong(capsys, *argv)
    assert hint in said
    assert "--help" in said


def test_what_was_typed_is_shown_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (
        ["\x1b[31mrun"],
        ["ps", "\x1b]0;x\x07"],
        ["ps", "--\x1b[2J"],
        ["replay", "a", "--speed", "\x9b2J"],
    ):
        for line in wrong(capsys, *argv).splitlines():
            assert line.isprintable()


@pytest.mark.parametrize("name", ["drill", "report", "prompter"])
def test_commands_of_a_later_version_say_so(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([name, "double11", "--html", "x"]) == Exit.USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"stockwatch {name}: not in this version; the nearest thing is: stockwatch " in captured.err
    nearest = captured.err.split("stockwatch ")[-1].split()[0]
    assert nearest in NAMES


def test_a_commands_exit_code_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for code in Exit:
        assert run_with(monkeypatch, int(code)) == code


def test_settings_that_can_not_be_used_are_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from stockwatch.config import load_room

    (tmp_path / "r.toml").write_text('[room]\nid = "r"\nnmae = "x"\n')
    with pytest.raises(ConfigError) as caught:
        load_room(tmp_path / "r.toml")
    assert run_with(monkeypatch, caught.value) == Exit.USAGE
    assert capsys.readouterr().err == f"{tmp_path}/r.toml:3: room.nmae: unknown key; did you mean name?\n"
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    run_with(monkeypatch, caught.value)
    assert "是不是 name?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            FileNotFoundError(errno.ENOENT, "No such file", "x/\x1b[31m"),
            "x/\\x1b[31m: no such file or folder",
        ),
        (PermissionError(errno.EACCES, "Permission denied", b"x"), "x: not allowed"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (OSError(errno.EADDRINUSE, "in use"), "the address is in use"),
        (OSError(errno.EROFS, "Read-only file system", "/x"), "/x: the disk is read-only"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "nobody listens there"),
        (TimeoutError("took too long"), "took too long"),
        (Failure("a.db is in use by pid 7: attach to it, or stop it"), "a.db is in use by pid 7"),
    ],
)
def test_what_a_person_can_put_right_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    error: Exception,
    says: str,
) -> None:
    assert run_with(monkeypatch, error) == Exit.UNREACHABLE
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert not (tmp_path / "state").exists()


def test_exceptions_choose_their_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_with(monkeypatch, Failure("x", Exit.USAGE)) == Exit.USAGE

    class Own(Exception):
        exit_code = Exit.CHECK_FAILED

    assert run_with(monkeypatch, Own("x")) == Exit.CHECK_FAILED


def test_a_fault_of_ours_is_logged_without_the_values_of_variables(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fail() -> None:
        password = "hunter2"
        raise KeyError(f"\x1b[31mgone{len(password)}")

    with pytest.raises(KeyError) as caught:
        fail()
    assert run_with(monkeypatch, caught.value) == Exit.UNREACHABLE
    said = capsys.readouterr().err
    log = tmp_path / "state/stockwatch/logs/stockwatch.log"
    assert said.count("\n") == 1
    assert str(log) in said
    assert "\x1b" not in said
    trace = log.read_text()
    assert "in fail" in trace
    assert "hunter2" not in trace.replace('password = "hunter2"', "")
    assert log.stat().st_mode & 0o077 == 0


def test_a_broken_invariant_is_a_fault_of_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class LedgerBroken(AssertionError):
        pass

    LedgerBroken.__module__ = "stockwatch.ledger"
    assert run_with(monkeypatch, LedgerBroken("sums differ")) == Exit.UNREACHABLE
    assert (tmp_path / "state/stockwatch/logs/stockwatch.log").exists()


def test_a_log_that_can_not_be_written_hides_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    assert run_with(monkeypatch, ZeroDivisionError("x")) == Exit.UNREACHABLE
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "the log can't be written" in said


def test_a_large_log_begins_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log = tmp_path / "state/stockwatch/logs/stockwatch.log"
    log.parent.mkdir(parents=True)
    with log.open("wb") as file:
        file.truncate(4 * 1024 * 1024 + 1)
    run_with(monkeypatch, ZeroDivisionError("x"))
    assert log.stat().st_size < 10_000
    assert (log.parent / "stockwatch.log.1").stat().st_size > 4 * 1024 * 1024


def test_ctrl_c_leaves_with_130_and_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_with(monkeypatch, KeyboardInterrupt()) == Exit.INTERRUPTED
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""


def test_the_language_is_the_locales(monkeypatch: pytest.MonkeyPatch) -> None:
    assert narration.language() == "en"
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert narration.language() == "zh"
    monkeypatch.setenv("LC_ALL", "C")
    assert narration.language() == "en"
    monkeypatch.setenv("LC_ALL", "")
    assert narration.language() == "zh"


def test_exit_codes_are_those_of_the_interface() -> None:
    assert (parser.USAGE, cli.UNREACHABLE, cli.INTERRUPTED) == (2, 3, 130)
    assert {code.value for code in Exit} == {0, 1, 2, 3, 130}
