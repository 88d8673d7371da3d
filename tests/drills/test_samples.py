"""The committed samples are what the generators write, and can be read by the program."""

import json
from pathlib import Path

import pytest

from stockwatch.config import load_room
from stockwatch.drills import apparel, double11, samples
from stockwatch.events import Event, decode

FOLDER = Path(__file__).resolve().parents[2] / "sample_feeds"


@pytest.fixture(scope="module")
def made():
    return samples.samples()


def test_committed_files_are_what_the_generators_write():
    assert samples.differing(FOLDER) == []


def test_check_names_what_differs_and_writes_nothing(tmp_path, capsys):
    samples.write(tmp_path)
    feed = tmp_path / "double11.jsonl"
    feed.write_bytes(feed.read_bytes().replace(b"HOODIE-CO", b"HOODIE-KO", 1))
    (tmp_path / "apparel.toml").unlink()
    changed = feed.read_bytes()
    assert samples.main(["--out", str(tmp_path), "--check"]) == 1
    told = capsys.readouterr().err
    assert "double11.jsonl" in told
    assert "apparel.toml" in told
    assert "double11.toml" not in told
    assert feed.read_bytes() == changed
    assert samples.main(["--out", str(tmp_path)]) == 0
    assert samples.main(["--out", str(tmp_path), "--check"]) == 0


def test_a_folder_that_cannot_be_made_is_a_clear_message(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert samples.main(["--out", str(tmp_path / "file")]) == 3
    assert "--out" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["double11", "apparel"])
def test_every_line_is_a_valid_event(name):
    lines = (FOLDER / f"{name}.jsonl").read_bytes().splitlines()
    assert len(lines) > 5000
    assert [line for line in lines if not isinstance(decode(line), Event)] == []


@pytest.mark.parametrize("name", ["double11", "apparel"])
def test_the_settings_read_back_as_they_were_made(name):
    wanted = double11.room() if name == "double11" else apparel.Apparel().room()
    read = load_room(FOLDER / f"{name}.toml")
    assert (read.id, read.name, read.timezone, read.language) == (
        wanted.id,
        wanted.name,
        wanted.timezone,
        wanted.language,
    )
    assert read.skus == wanted.skus
    assert read.listings == wanted.listings
    assert read.playbook == wanted.playbook
    assert [(c.id, c.source, c.title) for c in read.channels] == [
        (c.id, c.source, c.title) for c in wanted.channels
    ]


def test_samples_stay_small(made):
    assert sum(len(content) for content in made.values()) < 4_000_000


def test_named_surges_name_links_and_skus_of_the_room():
    room = load_room(FOLDER / "apparel.toml")
    named = json.loads((FOLDER / "apparel.surges.json").read_text(encoding="utf-8"))
    assert len(named["surges"]) == 5
    listings, skus = {listing.id for listing in room.listings}, {sku.id for sku in room.skus}
    for entry in (*named["surges"], *named["presentations"]):
        assert entry["listing"] in listings
        assert set(entry["skus"]) <= skus
        assert entry["begin"] < entry["end"]
