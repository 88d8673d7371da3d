"""Which running hub a person means, and what they are told when it is none or not the one they think."""

from __future__ import annotations

import argparse

import pytest

from stockwatch import paths
from stockwatch.commands import ps, replay, run
from stockwatch.commands.hubs import the_hub
from stockwatch.exits import Exit, Failure
from stockwatch.hub import asking
from stockwatch.room.intents import Joined
from stockwatch.room.view import Text

ROOM = '[room]\nid = "{id}"\nname = "n"\n[ledger]\npath = "shared.db"\n[[sku]]\nid = "A"\ntitle = "t"\nstock = 1\n'


def hub(room: str, folder: str = "/rooms", mode: str = "LIVE") -> paths.HubRecord:
    return paths.HubRecord(
        pid=1,
        room=room,
        ledger=f"{folder}/{room}.db",
        room_toml=f"{folder}/{room}.toml",
        socket="/s",
        mode=mode,
    )


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> list[paths.HubRecord]:
    hubs: list[paths.HubRecord] = []
    monkeypatch.setattr(paths, "running_hubs", lambda: hubs)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return hubs


def test_the_only_room_needs_no_name(running):
    running.append(hub("a"))
    assert the_hub(None).room == "a"


def test_none_and_several_are_different_failures(running):
    with pytest.raises(Failure, match="no room is running") as none:
        the_hub(None)
    assert none.value.exit_code == Exit.UNREACHABLE
    running.extend([hub("a"), hub("b")])
    with pytest.raises(Failure, match="a, b") as several:
        the_hub(None)
    assert several.value.exit_code == Exit.USAGE


def test_two_rooms_of_one_name_are_told_apart_by_their_files(running, tmp_path):
    file = tmp_path / "a.toml"
    file.write_text(ROOM.format(id="a"))
    running.extend([hub("a", str(tmp_path)), hub("a", "/elsewhere")])
    with pytest.raises(Failure, match=r"2 rooms are called a.*/elsewhere/a\.toml"):
        the_hub("a")
    assert the_hub(str(file)).room_toml == str(file)


def test_a_live_room_is_meant_before_its_replay(running):
    running.extend([hub("a", mode="REPLAY"), hub("a")])
    assert the_hub("a").mode == "LIVE"


def test_run_does_not_show_another_room_in_place_of_its_own(running, tmp_path, monkeypatch):
    file = tmp_path / "b.toml"
    file.write_text(ROOM.format(id="b"))
    monkeypatch.setattr(paths, "hub_of", lambda ledger, room=None: None if room == "b" else hub("a"))
    monkeypatch.setattr(asking, "ask", lambda *_: Joined(wrong=Text("不行", "it can't")))
    with pytest.raises(Failure, match=r"ledger of b is served with room a .*could not join: it can't"):
        run.run(argparse.Namespace(room=str(file), detach=True))


def test_ps_says_in_the_users_language_that_nothing_runs(running, monkeypatch, capsys):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert ps.run(argparse.Namespace(json=False)) == Exit.DONE
    assert "没有直播间在跑" in capsys.readouterr().err


def test_a_feed_that_is_not_there_is_what_a_replay_complains_about(running, tmp_path):
    with pytest.raises(Failure, match="no such file"):
        replay.beside(tmp_path / "gone.jsonl")
    (tmp_path / "here.jsonl").touch()
    with pytest.raises(Failure, match="no room settings beside it"):
        replay.beside(tmp_path / "here.jsonl")


@pytest.mark.parametrize(("text", "speed"), [("60", 60), ("x60", 60), ("×2.5", 2.5), ("max", 0), (None, 1)])
def test_speeds_as_people_write_them(text, speed):
    assert replay.speed_of(text) == speed


@pytest.mark.parametrize("text", ["0", "-1", "fast", "nan", "inf", "", "60\x1b[31m"])
def test_what_is_no_speed_is_said(text):
    with pytest.raises(Failure, match="--speed") as failure:
        replay.speed_of(text)
    assert "\x1b" not in str(failure.value)
