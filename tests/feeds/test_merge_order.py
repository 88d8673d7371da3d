"""Merging recordings: by each file's own clock, ties by the command line, lines of a file never change places."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.events import Event, encode, format_time
from stockwatch.feeds.recording import Line, merge

BASE_US = 1_762_862_400_000_000


def _event(name: str, at_s: int, received_s: int | None = None) -> bytes:
    return encode(
        source="shop",
        id=name,
        type="note.added",
        time=format_time(BASE_US + at_s * 1_000_000),
        data={"text": name},
        received=None if received_s is None else format_time(BASE_US + received_s * 1_000_000),
    )


def _write(folder: Path, files: list[list[bytes]]) -> list[Path]:
    paths = []
    for index, lines in enumerate(files):
        paths.append(folder / f"{index}.jsonl")
        paths[-1].write_bytes(b"".join(line + b"\n" for line in lines))
    return paths


def _names(lines: list[Line]) -> list[str]:
    return [line.event.id if isinstance(line.event, Event) else line.raw.decode() for line in lines]


def test_files_are_merged_by_time_and_ties_go_to_the_first_file(tmp_path: Path) -> None:
    paths = _write(
        tmp_path, [[_event("a1", 1), _event("a3", 3)], [_event("b1", 1), _event("b2", 2), _event("b3", 3)]]
    )
    assert _names(list(merge(paths))) == ["a1", "b1", "b2", "a3", "b3"]
    assert _names(list(merge(paths[::-1]))) == ["b1", "a1", "b2", "b3", "a3"]


def test_received_goes_before_time(tmp_path: Path) -> None:
    paths = _write(tmp_path, [[_event("late", 1, received_s=9)], [_event("b", 5)]])
    assert _names(list(merge(paths))) == ["b", "late"]


def test_a_late_line_stays_behind_the_line_before_it(tmp_path: Path) -> None:
    paths = _write(tmp_path, [[_event("a9", 9), _event("a2", 2)], [_event("b5", 5), _event("b10", 10)]])
    assert _names(list(merge(paths))) == ["b5", "a9", "a2", "b10"]


def test_one_wild_timestamp_does_not_starve_its_file(tmp_path: Path) -> None:
    wild = _event("wild", 10_000_000)
    paths = _write(
        tmp_path,
        [[_event("a1", 1), wild, _event("a2", 2), _event("a4", 4)], [_event("b3", 3), _event("b5", 5)]],
    )
    assert _names(list(merge(paths))) == ["a1", "wild", "a2", "b3", "a4", "b5"]


def test_two_events_that_agree_move_the_clock_over_a_long_silence(tmp_path: Path) -> None:
    paths = _write(tmp_path, [[_event("a0", 0), _event("x", 7200), _event("y", 7201)], [_event("b", 600)]])
    assert _names(list(merge(paths))) == ["a0", "x", "b", "y"]


def test_a_line_that_cannot_be_read_keeps_its_place(tmp_path: Path) -> None:
    paths = _write(
        tmp_path, [[b"bad-first", _event("a2", 2), b"bad-after-2"], [_event("b1", 1), _event("b3", 3)]]
    )
    assert _names(list(merge(paths))) == ["bad-first", "b1", "a2", "bad-after-2", "b3"]


_FILES = st.lists(
    st.lists(st.one_of(st.integers(0, 400), st.integers(0, 10**6), st.none()), max_size=8), max_size=4
)


@settings(max_examples=60, deadline=None)
@given(_FILES)
def test_every_line_comes_once_and_files_keep_their_order(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[int | None]]
) -> None:
    lines = [
        [b"bad" if at is None else _event(f"{f}-{i}", at) for i, at in enumerate(file)]
        for f, file in enumerate(files)
    ]
    paths = _write(tmp_path_factory.mktemp("m"), lines)
    merged = list(merge(paths))
    for path, expected in zip(paths, lines, strict=True):
        mine = [line for line in merged if line.file == str(path)]
        assert [line.raw for line in mine] == expected
        assert [line.number for line in mine] == list(range(1, len(expected) + 1))
    assert len(merged) == sum(map(len, lines))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 500), max_size=8), min_size=2, max_size=4))
def test_orderly_files_come_out_as_one_stable_sort(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[int]]
) -> None:
    sorted_files = [sorted(file) for file in files]
    paths = _write(
        tmp_path_factory.mktemp("m"),
        [[_event(f"{f}-{i}", at) for i, at in enumerate(file)] for f, file in enumerate(sorted_files)],
    )
    expected = sorted((at, f, i) for f, file in enumerate(sorted_files) for i, at in enumerate(file))
    assert _names(list(merge(paths))) == [f"{f}-{i}" for _, f, i in expected]
