"""A hub that reads a long journal back is waited for as long as it gets on."""

import logging

from stockwatch.hub import waiting
from stockwatch.hub.waiting import Waiting, telling, told


def test_progress_is_told_in_the_log_and_to_who_waits(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(waiting, "TOLD_EVERY", 100)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    file = tmp_path / "hub.log"
    file.write_text("read back: 999 of 999 events\n")
    waits = Waiting(file, patience_s=1000)
    log = logging.getLogger("stockwatch.test_waiting")
    log.setLevel(logging.INFO)
    log.addHandler(handler := logging.FileHandler(file))
    assert list(told(range(250), log, 1000, 1500)) == list(range(250))
    log.removeHandler(handler)
    handler.close()
    assert waits.goes_on()
    assert capsys.readouterr().err == "stockwatch: the hub reads the ledger back: 80 % of 1,500 events\n"
    assert waits.goes_on()
    assert capsys.readouterr().err == ""


def test_one_that_does_not_get_on_is_given_up(tmp_path):
    waits = Waiting(tmp_path / "none.log", patience_s=0.0)
    assert not waits.goes_on()
    (tmp_path / "none.log").write_text("read back: 1 of 2 events\n")
    assert not Waiting(tmp_path / "none.log", patience_s=0.0).goes_on(), "news of an earlier start"


def test_a_ledger_that_is_settled_tells_how_far_it_is(monkeypatch, caplog):
    monkeypatch.setattr(waiting, "TOLD_EVERY", 100)
    log = logging.getLogger("stockwatch.test_waiting")
    with caplog.at_level(logging.INFO, log.name):
        tell = telling(log, 250)
        for done in range(0, 251, 30):
            tell(done)
    assert caplog.messages == ["read back: 120 of 250 events", "read back: 240 of 250 events"]
