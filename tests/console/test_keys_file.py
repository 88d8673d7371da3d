"""The user's own keys: a file that helps when it is right and says what is wrong when it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from stockwatch.console.keyfile import MAX_BYTES, load_keys, user_keymap
from stockwatch.doctor.keys import keys as examined


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    keymap = user_keymap(tmp_path / "keys.toml")
    assert keymap.problems == []
    assert keymap.action_for("a", "a") == "acknowledge"


def test_a_line_gives_an_action_its_keys(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text('\ufeffacknowledge = "x, f12"\n', encoding="utf-8")
    keymap = user_keymap(file)
    assert keymap.problems == []
    assert keymap.action_for("x", "x") == keymap.action_for("f12", None) == "acknowledge"


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("acknowledge = ", "not valid TOML"),
        ("acknowledge = 5", "write the keys as text"),
        ('[keys]\nacknowledge = "x"', "write the keys as text"),
        ('acknowlege = "x"', "no action is called"),
        ('acknowledge = "x"\nrestock = "x"', "clashes"),
        ('"\x1b[31m" = 1'.replace("\x1b", "\\u001b"), "write the keys as text"),
        ("#" * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_what_is_wrong_is_said_and_the_other_keys_stay(tmp_path: Path, text: str, needle: str) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text, encoding="utf-8")
    keymap = user_keymap(file)
    assert needle in "\n".join(keymap.problems)
    assert "\x1b" not in "\n".join(keymap.problems)
    assert keymap.action_for("f2", None) in ("acknowledge", None)
    assert keymap.action_for("q", "q") == "quit"


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in load_keys(file)[1][0]
    file.unlink()
    file.mkdir()
    assert "can't be read" in load_keys(file)[1][0]


def test_an_action_whose_keys_can_not_be_used_keeps_its_own() -> None:
    from stockwatch.console.keys import Keymap

    keymap = Keymap({"quit": "5"})
    assert keymap.problems
    assert keymap.action_for("q", "q") == "quit"


def test_the_doctor_names_each_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert list(examined()) == []
    folder = tmp_path / "stockwatch"
    folder.mkdir()
    (folder / "keys.toml").write_text('acknowlege = "x"\n')
    (finding,) = examined()
    assert finding.state == "note"
    assert "acknowlege" in finding.says.en
    (folder / "keys.toml").write_text('acknowledge = "x"\n')
    (finding,) = examined()
    assert finding.state == "ok"
