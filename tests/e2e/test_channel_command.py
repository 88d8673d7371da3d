"""`stockwatch channel`: what works, what does not, and which goods are which SKU, against the lab."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from e2e_world import World, wait_until
from test_lab_room import free_ports


@pytest.fixture
def toml(world: World) -> Path:
    """The room of a running lab."""
    answers, pushes = free_ports(2)
    listen, push = f"127.0.0.1:{answers}", f"127.0.0.1:{pushes}"
    world.start("lab", "labroom", "--rate", "20", "--listen", listen, "--push", push)
    toml = world.folder / "labroom" / "lab.toml"
    wait_until(toml.exists, 10, "the lab has written its room")
    wait_until(
        lambda: b"  ok    orders" in world.cli("channel", "test", toml, "taobao").stdout, 15, "it answers"
    )
    return toml


def test_a_room_that_is_ready_and_what_is_missing(world: World, toml: Path) -> None:
    told = json.loads(world.done("channel", "preflight", toml, "--json"))
    assert told["ok"]
    states = {(row["channel"], row["step"]): row["state"] for row in told["steps"]}
    assert {channel for channel, _ in states} == {"douyin", "kuaishou", "taobao"}
    assert states["taobao", "push"] == "ok"
    assert states["douyin", "push"] == "note", "nobody listens before the room runs"

    keys = toml.parent / "douyin.keys.toml"
    right = keys.read_text()
    keys.write_text(right.replace("lab-douyin-secret", "lab-wrong-s3cret"))
    wrong = world.cli("channel", "test", toml, "douyin", env={"LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8"})
    assert wrong.returncode == 1
    assert "检查 app_key" in wrong.stdout.decode()
    assert b"s3cret" not in wrong.stdout + wrong.stderr

    keys.write_text(re.sub(r"access_token = .*", "", right))
    missing = world.cli("channel", "test", toml, "douyin")
    assert b"missing: access_token" in missing.stdout
    keys.write_text(right)
    keys.chmod(0o644)
    readable = world.cli("channel", "test", toml, "douyin")
    assert readable.returncode != 0
    assert b"chmod 600" in readable.stdout + readable.stderr
    keys.chmod(0o600)

    other = toml.read_text("utf-8").replace('shop = "77001"', 'shop = "77002"')
    toml.write_text(other, "utf-8")
    assert b"another shop" in world.cli("channel", "test", toml, "douyin").stdout
    nobody = world.cli("channel", "test", toml, "weibo")
    assert nobody.returncode == 2
    assert b"douyin, kuaishou, taobao" in nobody.stderr


def test_goods_are_matched_by_code_and_written_once(world: World, toml: Path) -> None:
    numbers = toml.parent / "lab.map.toml"
    before = numbers.read_text("utf-8")
    assert world.done("channel", "map", toml) == b"", "all are mapped"
    assert "0 that --write would add" in world.cli("channel", "map", toml).stderr.decode()
    numbers.unlink()
    proposed = world.done("channel", "map", toml, "kuaishou").decode()
    assert proposed.count("[[map]]") == 5
    assert not numbers.exists()
    world.done("channel", "map", toml, "--write")
    assert sorted(re.findall(r'sku_id = "(\d+)"', numbers.read_text())) == sorted(
        re.findall(r'sku_id = "(\d+)"', before)
    )
    text = numbers.read_text()
    world.done("channel", "map", toml, "--write")
    assert numbers.read_text() == text


def test_a_room_without_its_keys_does_not_start_and_says_what_to_do(world: World) -> None:
    toml = world.write(
        "room.toml",
        '[room]\nid = "r"\nname = "r"\n[ledger]\npath = "r.db"\n[[sku]]\nid = "A"\ntitle = "A"\n'
        '[[channel]]\nid = "douyin"\nfeed = "douyin:"\nsecret = "file:none.toml"\n',
    )
    refused = world.cli("run", toml, "--detach")
    assert refused.returncode != 0
    assert b"name the file with the keys" in refused.stderr
    assert b"fault of ours" not in refused.stderr
    assert not (world.folder / "r.db").exists()
