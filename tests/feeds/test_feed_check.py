"""Checking recordings: each bad line once, identity over all files, and how far times are out of order."""

from __future__ import annotations

import json
from pathlib import Path

from stockwatch.events import parse_time
from stockwatch.feeds.check import Account, check
from stockwatch.feeds.check_report import account_json, account_text


def _file(folder: Path, name: str, *lines: bytes) -> Path:
    path = folder / name
    path.write_bytes(b"\n".join(lines))
    return path


def test_a_good_recording_has_no_problems(tmp_path: Path, event) -> None:
    account = Account()
    assert list(check([_file(tmp_path, "a", event(0), event(1), b"", event(1))], account)) == []
    assert (account.events, account.duplicate, account.dead, account.late) == (3, 1, 0, 0)


def test_bad_lines_and_conflicts_are_named_and_the_first_delivery_stands(tmp_path: Path, event) -> None:
    other = event(1).replace(b'"qty":1', b'"qty":2')
    one = _file(tmp_path, "1", event(1), b"", b"nonsense", other, event(1).replace(b'"qty":1', b'"qty":1.0'))
    two = _file(tmp_path, "2", event(1), other, event(1, source="elsewhere"))
    account = Account()
    problems = list(check([one, two], account))
    assert [(Path(p.file).name, p.line, p.outcome) for p in problems] == [
        ("1", 3, "invalid"),
        ("1", 4, "conflict"),
        ("1", 5, "invalid"),
        ("2", 2, "conflict"),
    ]
    assert "line 1 of" in problems[1].reason
    assert "qty" in problems[2].reason
    assert (account.events, account.invalid, account.conflict, account.duplicate) == (7, 2, 2, 1)
    assert account.sources == {"shop": 2, "elsewhere": 1} or account.sources["elsewhere"] == 1


def test_identity_keeps_source_and_id_apart(tmp_path: Path, event) -> None:
    line = event(1, source="shope").replace(b'"id":"e1"', b'"id":"1"')
    account = Account()
    assert list(check([_file(tmp_path, "a", event(1), line)], account)) == []
    assert account.duplicate == 0


def test_disorder_and_wild_timestamps_are_counted_and_a_silence_is_neither(tmp_path: Path, event) -> None:
    wild = event(900, at_us=parse_time("2099-01-01T00:00:00Z"))
    path = _file(
        tmp_path,
        "a",
        event(0),
        event(10),
        event(7),
        wild,
        event(11),
        event(7200),
        event(7201),
        wild[:-1] + b" }",
    )
    account = Account()
    assert list(check([path], account)) == []
    assert (account.late, account.latest_us) == (1, 3_000_000)
    assert account.ahead == 2


def test_the_account_reads_well_and_is_safe_to_print(tmp_path: Path, event) -> None:
    hostile = (
        event(3)
        .replace(b"order.placed", b"x.[red]\xe2\x80\xae")
        .replace(b'"source":"shop"', b'"source":"s[b]"')
    )
    account = Account()
    list(check([_file(tmp_path, "a", event(1), event(0), hostile)], account))
    lines = list(account_text(account))
    assert all(en.isprintable() and zh.isprintable() for en, zh in lines)
    data = json.loads(account_json(account))["data"]
    assert data["events"] == 3
    assert data["late"] == 1
    assert data["late_max_s"] == 1.0
    assert data["types"]["order.placed"] == 2
    assert [en for en, _ in account_text(Account())] == ["0 events: 0 invalid, 0 conflicts, 0 duplicates"]
