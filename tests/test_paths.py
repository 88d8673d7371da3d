"""Folders, sockets and samples are where other processes will look for them, and nobody else can get in between."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stockwatch import paths
from stockwatch.exits import Failure
from stockwatch.paths import folders


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sw", dir="/tmp") as folder:  # short enough for sockets
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


def test_xdg_variables_are_obeyed_when_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable, find, default in (
        ("XDG_DATA_HOME", paths.data_dir, ".local/share"),
        ("XDG_CONFIG_HOME", paths.config_dir, ".config"),
        ("XDG_STATE_HOME", paths.state_dir, ".local/state"),
        ("XDG_CACHE_HOME", paths.cache_dir, ".cache"),
    ):
        monkeypatch.setenv(variable, str(tmp_path / "x"))
        assert find() == tmp_path / "x/stockwatch"
        monkeypatch.setenv(variable, "relative")
        assert find() == tmp_path / default / "stockwatch"
        monkeypatch.delenv(variable)
        assert find() == tmp_path / default / "stockwatch"
    assert not (tmp_path / ".local").exists()
    assert paths.default_ledger("double11") == tmp_path / ".local/share/stockwatch/ledgers/double11.db"
    assert paths.log_path("double11") == tmp_path / ".local/state/stockwatch/logs/double11.log"


def test_the_socket_is_the_same_for_every_spelling_of_the_ledger(runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    ledger = tmp_path / "books" / "账本 with a very long name indeed.db"
    (tmp_path / "link").symlink_to(tmp_path / "books")
    found = paths.socket_path(ledger, "r1")
    assert found == paths.socket_path(tmp_path / "link" / ledger.name, "r1")
    assert found == paths.socket_path(tmp_path / "books" / ".." / "books" / ledger.name, "r1")
    assert found != paths.socket_path(tmp_path / "books" / "other.db", "r1")
    assert found.parent == runtime / "stockwatch"
    assert len(os.fsencode(found)) < 107
    assert found.parent.stat().st_mode & 0o777 == 0o700


def test_a_runtime_folder_too_deep_for_sockets_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    found = paths.socket_path(tmp_path / "a.db", "r1")
    assert len(os.fsencode(found)) < 107
    assert found.parent == Path(f"/tmp/stockwatch-{os.getuid()}")


@pytest.mark.parametrize("trap", ["link", "open", "file"])
def test_a_folder_that_is_not_ours_alone_is_refused(runtime: Path, tmp_path: Path, trap: str) -> None:
    folder = runtime / "stockwatch"
    if trap == "link":
        (tmp_path / "theirs").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "theirs")
    elif trap == "open":
        folder.mkdir()
        folder.chmod(0o755)
    else:
        folder.write_text("")
    with pytest.raises(Failure, match="does not belong to you alone"):
        paths.socket_path(tmp_path / "a.db", "r1")
    assert folder not in paths.runtime_dirs()


def test_another_users_folder_is_refused(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths.runtime_dir()
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    with pytest.raises(Failure, match="does not belong to you alone"):
        paths.runtime_dir()


def test_hubs_of_a_session_and_of_a_cron_job_see_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    uid = os.getuid()
    session, shared = Path(f"/run/user/{uid}/stockwatch"), Path(f"/tmp/stockwatch-{uid}")
    monkeypatch.setattr(folders, "_is_private", lambda folder: True)
    for used in (session, shared):
        monkeypatch.setattr(folders, "_runtime_folder", lambda used=used: used)
        assert paths.runtime_dirs() == [session, shared]
    monkeypatch.setattr(folders, "_runtime_folder", lambda: Path("/elsewhere/stockwatch"))
    assert paths.runtime_dirs() == [Path("/elsewhere/stockwatch")]


def test_no_home_folder_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)

    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(Failure, match="set HOME or XDG_DATA_HOME"):
        paths.data_dir()


def test_shipped_files_of_a_checkout_and_of_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = Path(folders.__file__).parents[2]
    assert paths.shipped("themes") in (checkout / "themes", checkout / "stockwatch/_shipped/themes")
    package = tmp_path / "site/stockwatch"
    (package / "_shipped/sample_feeds").mkdir(parents=True)
    (package / "paths").mkdir()
    monkeypatch.setattr(folders, "__file__", str(package / "paths/folders.py"))
    assert paths.shipped("sample_feeds") == package / "_shipped/sample_feeds"
    with pytest.raises(Failure, match="themes: missing from this installation"):
        paths.shipped("themes")


def test_samples_are_found_by_name_and_nothing_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "stockwatch/_shipped/sample_feeds"
    folder.mkdir(parents=True)
    for name in ("double11.jsonl", "double11.toml", "alone.jsonl", "apparel.toml"):
        (folder / name).write_text("")
    (tmp_path / "secret.toml").write_text("")
    monkeypatch.setattr(folders, "__file__", str(tmp_path / "stockwatch/paths/folders.py"))
    assert paths.find_sample("double11") == folder / "double11.toml"
    assert paths.find_sample("double11", ".jsonl") == folder / "double11.jsonl"
    assert paths.find_sample("double11.jsonl") == folder / "double11.jsonl"
    for name in ("", ".", "..", "../../../secret", "../../../secret.toml", "/etc/passwd", "a\0b", "nothing"):
        assert paths.find_sample(name) is None, name
    assert paths.samples() == [("double11", folder / "double11.jsonl", folder / "double11.toml")]
