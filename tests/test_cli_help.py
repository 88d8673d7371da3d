"""The offline help knows everything that the program knows, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from stockwatch import cli, parser
from stockwatch.console.keys import ACTIONS
from stockwatch.exits import Exit
from stockwatch.ledger.figures import OUTCOMES
from stockwatch.room.view import TIERS
from stockwatch.topics import GROUPS, all_topics, find, near
from stockwatch.topics.terms import EVENTS
from stockwatch.vocabulary import known_types


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)


def test_every_topic_can_be_found_and_read_in_both_languages() -> None:
    topics = list(all_topics())
    for topic in topics:
        assert topic.group in GROUPS
        assert topic.about.en
        assert topic.about.zh
        for name in topic.names:
            assert topic in find(name, topics), name
        for language in ("en", "zh"):
            text = topic.text(language)
            assert text.startswith(f"{topic.names[0]}\n")
            assert text.endswith("\n")
            assert not text.endswith("\n\n"), "a body with nothing in it"


def test_nothing_that_the_program_knows_is_left_out() -> None:
    names = {name for topic in all_topics() for name in topic.names}
    assert {name for name, _, _ in parser.COMMANDS} <= names
    assert set(TIERS) - {""} <= names
    assert set(OUTCOMES) <= names
    assert set(known_types()) <= set(EVENTS) <= names
    assert {action.id for action in ACTIONS} <= names
    assert {code.name for code in Exit} <= names


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("replay", "usage: stockwatch replay"),
        ("feed serve", "--ws HOST:PORT"),
        ("sku.lead_time", 'lead_time = "10m"'),
        ("LEAD_TIME", "sku.restock.lead_time"),
        ("[[sku]]", "Opening count"),
        ("sku", "Opening count"),
        ("sku", "[[sku.restock]]"),
        ("playbook", "[playbook.trend]\n      At TREND."),
        ("room.toml", "[[sku.restock]]"),
        ("critical", "runs out before a restock that is ordered"),
        ("紧急", "runs out before a restock that is ordered"),
        ("可卖", "the figure for the host"),
        ("noop", "changes no figure"),
        ("order.placed", "[atomic_of]"),
        ("events", "order.refunded"),
        ("restock", "keys: r, f3"),
        ("exit 3", "Could not reach"),
    ],
)
def test_help_on(key: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["help", *key.split()]) == 0
    assert says in capsys.readouterr().out


def test_an_unknown_key_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["help", "reply"]) == Exit.USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "replay" in captured.err
    assert cli.main(["help", "\x1b[31m"]) == Exit.USAGE
    assert "\x1b" not in capsys.readouterr().err
    assert "CRITICAL" in near("criticl")


def test_the_list_of_topics_fits_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["help"]) == 0
    text = capsys.readouterr().out
    assert "[[sku.restock]]" in text
    assert "feed serve" in text
    assert max(map(len, text.splitlines())) <= 80


def test_chinese(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert cli.main(["help", "TREND"]) == 0
    assert "起量" in capsys.readouterr().out


def test_the_overview_names_running_rooms(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from stockwatch import paths

    hub = paths.HubRecord(
        pid=7, room="double11", name="双11\x1b[31m", ledger="/x.db", started=0, mode="LIVE", socket="/x.sock"
    )
    monkeypatch.setattr(paths, "running_hubs", lambda: [hub])
    monkeypatch.setattr(
        paths, "samples", lambda: [("apparel", tmp_path / "apparel.jsonl", tmp_path / "apparel.toml")]
    )
    assert cli.main([]) == 0
    text = capsys.readouterr().out
    assert "double11  双11\\x1b[31m  LIVE" in text
    assert "stockwatch attach double11" in text
    assert "stockwatch replay apparel.jsonl" in text
    for command in [line.split("  ")[1] for line in text.splitlines() if line.startswith("  stockwatch ")]:
        parser.parse(command.split()[1:])
