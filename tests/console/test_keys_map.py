"""Actions, keys, and their changing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from stockwatch.console.keys import ACTIONS, BY_ID, FOOTER, RESERVED, Keymap, digit_of


def test_defaults_clash_nowhere_and_use_no_reserved_key() -> None:
    keymap = Keymap()
    assert keymap.problems == []
    for action in ACTIONS:
        assert keymap.keys_of[action.id] == action.keys
        assert not set(action.keys) & set(RESERVED)
        for key in action.keys:
            assert keymap.action_for(key, key if len(key) == 1 else None) == action.id
    assert set(FOOTER) <= set(BY_ID)


@pytest.mark.parametrize(
    ("character", "action"), [("ａ", "acknowledge"), ("？", "help"), ("／", "filter"), ("　", "pause")]
)
def test_full_width_characters_work(character: str, action: str) -> None:
    assert Keymap().action_for("something_an_ime_sent", character) == action


def test_a_change_takes_the_place_of_the_actions_own_keys() -> None:
    keymap = Keymap({"acknowledge": "z, f12"})
    assert keymap.problems == []
    assert keymap.action_for("z", "z") == keymap.action_for("f12", None) == "acknowledge"
    assert keymap.action_for("a", "a") is None
    assert keymap.shown("acknowledge", zh=True) == "z"


@pytest.mark.parametrize(
    ("changes", "needle"),
    [
        ({"acknowlege": "z"}, "no action is called"),
        ({"acknowledge": "ctrl+b"}, "tmux"),
        ({"acknowledge": "5"}, "digits"),
        ({"acknowledge": "r"}, "given to acknowledge"),
        ({"acknowledge": "z", "restock": "z"}, "clashes with acknowledge"),
        ({"acknowledge": " "}, ""),
    ],
)
def test_what_is_wrong_with_a_change_is_said(changes: dict[str, str], needle: str) -> None:
    problems = Keymap(changes).problems
    assert needle in "\n".join(problems)
    assert problems


def test_an_action_given_another_ones_key_keeps_the_others_other_keys() -> None:
    keymap = Keymap({"acknowledge": "r"})
    assert keymap.action_for("r", "r") == "acknowledge"
    assert keymap.action_for("f3", None) == "restock"


@pytest.mark.parametrize(
    ("character", "digit"), [("7", "7"), ("７", "7"), ("a", None), ("②", "2"), (None, None), ("½", None)]
)
def test_digits(character: str | None, digit: str | None) -> None:
    assert digit_of(character) == digit


def test_importing_the_console_is_light() -> None:
    code = (
        "import sys, stockwatch.console; "
        "print([m for m in ('textual', 'rich', 'websockets', 'plotext', 'httpx') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_the_app_does_not_import_what_it_may_not_need() -> None:
    code = (
        "import sys, stockwatch.console.run; "
        "print([m for m in ('websockets', 'plotext', 'httpx', 'apsw') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
