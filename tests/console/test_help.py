"""The help screen: every action with the keys in force, every column, in both languages, scrolling at 80x24."""

import pytest
from dialog_stage import Stage

from stockwatch.console.escape import cells
from stockwatch.console.help import HelpScreen, help_lines
from stockwatch.console.keys import ACTIONS, Action, Keymap
from stockwatch.console.words import words
from stockwatch.room.view import Text


def screen(language="zh", keymap=None, ascii=False):
    return HelpScreen(words(language), ACTIONS, (keymap or Keymap()).keys_of, ascii=ascii)


def told(language="zh", width=74, keymap=None, ascii=False):
    made = help_lines(ACTIONS, (keymap or Keymap()).keys_of, width, words(language), ascii=ascii)
    return ["".join(text for text, _ in line) for line in made]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_action_is_told(language):
    text = " ".join(told(language, width=200))
    for action in ACTIONS:
        assert (action.about.zh if language == "zh" else action.about.en) in text


def test_the_keys_in_force_are_told():
    changed = Keymap({"restock": "b"})
    line = next(line for line in told(keymap=changed) if "先看方案" in line)
    assert line.split()[0] == "b"


@pytest.mark.parametrize("width", [20, 40, 74, 120])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_line_is_too_wide(width, language):
    assert all(cells(line) <= max(width, 40) for line in told(language, width))


def test_an_actions_own_text_is_not_markup():
    odd = Action("x", Text("[b]x", "[b]x"), Text("\x1b[31m[red]", "\x1b[31m[red]"), ("x",))
    made = help_lines([odd], {}, 74, words("en"), ascii=False)
    text = "".join(text for line in made for text, _ in line)
    assert "␛[31m[red]" in text
    assert "[b]x" in text


def test_ascii_help_is_ascii():
    assert all(line.isascii() or "？" in line for line in told("en", ascii=True))


@pytest.mark.parametrize("key", ["escape", "f1", "question_mark", "？", "q", "enter"])
async def test_it_closes(key):
    app = Stage(screen())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press(key)
        await pilot.pause()
    assert app.result is None


async def test_all_of_it_can_be_reached():
    app = Stage(screen("en"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Keys" in app.text()
        assert "Marks on the chart" not in app.text()
        await pilot.press("end")
        await pilot.wait_for_animation()
        await pilot.pause()
        assert "Marks on the chart" in app.text()


async def test_it_fits_a_new_size():
    app = Stage(screen("en"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.resize_terminal(50, 15)
        await pilot.pause()
        assert all(cells(line) <= 50 for line in app.text().split("\n"))
        assert "Esc closes" in app.text()


@pytest.mark.parametrize(("language", "ascii"), [("zh", False), ("en", False)])
def test_snapshot_help(snap_compare, language, ascii):
    assert snap_compare(Stage(screen(language, ascii=ascii)), terminal_size=(80, 24))
