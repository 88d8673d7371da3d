"""Themes: the shipped ones whole and told apart, broken files are messages and never a crash."""

from datetime import UTC

import pytest
from dialog_stage import NOW, SLOTS, Stage, alert_rows
from textual.color import Color

from stockwatch.console import themes
from stockwatch.console.alerts_panel import AlertsPanel
from stockwatch.console.dialogs import QuitDialog
from stockwatch.console.words import words
from stockwatch.exits import Failure

TIERS = ("tier-trend", "tier-threshold", "tier-critical")
CUBE = {0x00, 0x5F, 0x87, 0xAF, 0xD7, 0xFF}
GREYS = set(range(0x08, 0xEF, 10))


def test_the_shipped_themes_load_without_a_word():
    found = themes.load_all()
    assert tuple(found.themes) == themes.SHIPPED
    assert found.problems == ()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_shipped_colours_survive_256_colours(name):
    theme = themes.load_all().themes[name]
    colours = [theme.primary, theme.background, theme.surface, theme.foreground, *theme.variables.values()]
    for value in colours:
        if value.startswith("#"):
            r, g, b = Color.parse(value).rgb
            assert {r, g, b} <= CUBE or (r == g == b and r in GREYS), value


def test_the_colour_blind_tiers_are_okabe_and_itos():
    variables = themes.load_all().themes["colour-blind"].variables
    assert [variables[tier] for tier in TIERS] == ["#56B4E9", "#E69F00", "#D55E00"]


@pytest.mark.parametrize("name", themes.SHIPPED)
def test_tiers_differ_in_every_theme(name):
    variables = {**themes.DEFAULT_VARIABLES, **themes.load_all().themes[name].variables}
    assert len({(variables[tier], variables[f"{tier}-style"]) for tier in TIERS}) == 3
    assert set(themes.DEFAULT_VARIABLES) <= set(variables)


@pytest.mark.parametrize("name", themes.SHIPPED)
async def test_every_shipped_theme_draws_dialogs_and_alerts(name):
    for shown in (AlertsPanel(words("zh")), QuitDialog(words("zh"), "room")):
        app = Stage(shown, theme=name)
        async with app.run_test(size=(60, 20)) as pilot:
            if isinstance(shown, AlertsPanel):
                shown.show(alert_rows(), now=NOW, slots=SLOTS, zone=UTC)
            await pilot.pause()
            assert app.theme == name
            assert "3" in app.text()


BROKEN = {
    "not TOML": ("name = ", "not valid TOML"),
    "no primary": ("dark = true", "primary is missing"),
    "bad primary": ("primary = '#12'", "'#12' is not a colour"),
    "wrong type": ("primary = 7", "'7' is not a colour"),
    "unknown key": ("primary = 'red'\nprimry = 'blue'", "unknown key 'primry'; did you mean primary?"),
    "bad switch": ("primary = 'red'\ndark = 'yes'", "dark = 'yes' must be true or false"),
    "bad ratio": ("primary = 'red'\ntext_alpha = 7", "text_alpha = '7' must be a number from 0 to 1"),
    "bad name": ("primary = 'red'\nname = '../x'", "name '../x' must be"),
    "variables": ("primary = 'red'\nvariables = 3", "variables must be a table"),
    "unknown variable": ("primary = 'red'\n[variables]\ntier-trnd = 'red'", "did you mean tier-trend?"),
    "bad variable": (
        "primary = 'red'\n[variables]\nstale = 'notacolour'",
        "stale = 'notacolour' is not a colour",
    ),
    "bad style": ("primary = 'red'\n[variables]\nstale-style = 'flash'", "'flash' is not a text style"),
    "style of another type": ("primary = 'red'\n[variables]\nstale-style = [1]", "is not a text style"),
    "css in a value": (
        "primary = 'red'\n[variables]\nmuted = 'red; } Screen { display: none'",
        "is not a colour",
    ),
    "escapes": ('primary = "\\u001b[31m"', "␛[31m"),
}


@pytest.mark.parametrize("case", BROKEN, ids=list(BROKEN))
def test_a_broken_file_becomes_a_message(case, tmp_path):
    text, message = BROKEN[case]
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    found = themes.load_all(tmp_path)
    assert set(themes.SHIPPED) <= set(found.themes)
    assert any(message in problem for problem in found.problems), found.problems
    assert all("mine.toml" in problem and "\x1b" not in problem for problem in found.problems)


def test_what_is_right_in_a_file_with_a_wrong_value_is_kept(tmp_path):
    (tmp_path / "mine.toml").write_text("primary = '#5fafff'\nerror = 'nope'\n[variables]\nstale = 'red'")
    mine = themes.load_all(tmp_path).themes["mine"]
    assert (mine.primary, mine.error, mine.variables) == ("#5fafff", None, {"stale": "red"})


def test_bytes_that_are_not_text_and_files_too_large_are_messages(tmp_path):
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "b.toml").write_text("#" * 70_000)
    (tmp_path / "c.toml").mkdir()
    (tmp_path / "d.toml").write_text("a = " + "[" * 5000)
    found = themes.load_all(tmp_path)
    assert tuple(found.themes) == themes.SHIPPED
    assert len(found.problems) == 4


def test_the_users_theme_replaces_the_shipped_one_of_its_name(tmp_path):
    (tmp_path / "dark.toml").write_text("primary = '#00ff00'")
    found = themes.load_all(tmp_path)
    assert found.themes["dark"].primary == "#00ff00"
    assert tuple(found.themes) == themes.SHIPPED


def test_no_folder_no_problem(tmp_path):
    assert themes.load_all(tmp_path / "missing").problems == ()


def test_without_the_shipped_folder_there_is_still_a_theme(monkeypatch):
    def missing(kind):
        raise Failure(f"{kind}: missing from this installation")

    monkeypatch.setattr(themes, "shipped", missing)
    found = themes.load_all()
    assert list(found.themes) == [themes.DEFAULT_THEME]
    assert "missing" in found.problems[0]


async def test_a_users_theme_of_terminal_colours_needs_nothing_of_textuals(tmp_path):
    (tmp_path / "mine.toml").write_text("primary = 'ansi_green'\nansi = true\ndark = false")
    theme = themes.load_all(tmp_path).themes["mine"]
    app = Stage(QuitDialog(words("en"), "room"))
    async with app.run_test(size=(80, 24)) as pilot:
        app.register_theme(theme)
        app.theme = "mine"
        await pilot.pause()
        assert "Leave" in app.text()
