"""Reading recordings: every line once, as it is, whatever the file looks like."""

from __future__ import annotations

import os
import threading
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.events import MAX_EVENT_BYTES, Event, Invalid
from stockwatch.feeds import recording
from stockwatch.feeds.recording import RecordingError, merge, read


def test_bom_crlf_blank_lines_and_a_missing_last_line_end_are_no_matter(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"a":1}\r\n\r\n  \t\n{"b":2}\n\n{"c":3}')
    assert [(line.raw, line.number) for line in read(file)] == [
        (b'{"a":1}', 1),
        (b'{"b":2}', 4),
        (b'{"c":3}', 6),
    ]
    assert {line.file for line in read(file)} == {str(file)}


def test_an_empty_file_and_one_of_blank_lines_have_no_lines(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    for content in (b"", b"\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n\n \n"):
        file.write_bytes(content)
        assert list(read(file)) == []


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(
        st.binary(max_size=30).map(lambda raw: b"x" + raw.replace(b"\n", b".").replace(b"\r", b","))
    ),
    chunk=st.integers(1, 40),
    ends=st.sampled_from([b"\n", b"\r\n"]),
)
def test_lines_come_out_whole_wherever_the_reads_fall(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], chunk: int, ends: bytes
) -> None:
    file = tmp_path_factory.mktemp("r") / "r.jsonl"
    file.write_bytes(ends.join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording, "_CHUNK_BYTES", chunk)
        assert [line.raw for line in read(file)] == lines


def test_a_line_at_the_limit_is_whole_and_one_over_it_is_one_invalid(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    whole = b"x" * MAX_EVENT_BYTES
    # Cut at the limit this would be a valid-looking line followed by a line end that is none.
    sly = whole + b"\r\r" + b"y" * 10
    file.write_bytes(whole + b"\r\n" + sly + b"\n" + b'{"a":1}\n')
    first, second, third = read(file)
    assert first.raw == whole
    assert first.size == MAX_EVENT_BYTES
    assert isinstance(second.event, Invalid)
    assert "longer than 1 MiB" in second.event.reason
    assert second.size == len(sly)
    assert len(second.raw) == MAX_EVENT_BYTES + 1
    assert (third.raw, third.number) == (b'{"a":1}', 3)


def test_a_huge_line_is_delivered_once_without_being_held(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    size = 64 * MAX_EVENT_BYTES
    with file.open("wb") as out:
        out.truncate(size)  # one line of NULs, no disk used
        out.seek(size)
        out.write(b'\n{"a":1}\n')
    tracemalloc.start()
    huge, after = read(file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert huge.size == size
    assert isinstance(huge.event, Invalid)
    assert after.raw == b'{"a":1}'
    assert peak < 16 * MAX_EVENT_BYTES


def test_a_pipe_is_read_as_a_file_is(tmp_path: Path, event) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(event(1) + b"\n" + event(2)))
    writer.start()
    assert [line.raw for line in read(pipe)] == [event(1), event(2)]
    writer.join()


@pytest.mark.parametrize("kind", ["missing", "folder", "forbidden"])
def test_what_cannot_be_read_is_said_with_its_name(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "night\x1b[31m.jsonl"
    if kind == "folder":
        file.mkdir()
    if kind == "forbidden":
        file.write_bytes(b"{}\n")
        file.chmod(0)
        if os.access(file, os.R_OK):
            pytest.skip("this user may read everything")
    for lines in (read(file), merge([file]), merge([file, file])):
        with pytest.raises(RecordingError) as caught:
            list(lines)
        assert "night\\x1b[31m.jsonl" in str(caught.value)
        assert "\x1b" not in str(caught.value)


def test_one_file_is_not_decoded_and_several_are_decoded_once(tmp_path: Path, event) -> None:
    file = tmp_path / "r.jsonl"
    file.write_bytes(event(1) + b"\nnonsense\n")
    assert [line.decoded for line in merge([file])] == [None, None]
    one, bad = merge([file])
    assert isinstance(one.event, Event)
    assert isinstance(bad.event, Invalid)
    twice = list(merge([file, file]))
    assert len(twice) == 4
    assert all(line.decoded is not None and line.event is line.decoded for line in twice)
