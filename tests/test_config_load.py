"""What a room.toml means, and what is said when it can't be used."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.config import (
    AlertSettings,
    Channel,
    ConfigError,
    Item,
    Listing,
    Plays,
    RestockSource,
    RoomConfig,
    Sku,
    consistency,
    load_room,
)
from stockwatch.config.checks import TEMPLATE_NAMES
from stockwatch.config.origins import settings_of
from stockwatch.config.schema import ROOT
from stockwatch.config.tables import walk

WHOLE = """\
[room]
id = "double11"                 # ASCII letters, digits, - and _
name = "双11 联名卫衣专场"
timezone = "Asia/Shanghai"
language = "zh"

[ledger]
path = "books/double11.db"

[[channel]]
id = "douyin"
title = "抖音"
source = "douyin/room-7"
feed = "replay:sample.jsonl"
secret = "env:DOUYIN_SECRET"
deduct = "pay"

[[channel]]
id = "shop"
feed = "wss://example.org:8443/orders"

[[sku]]
id = "HOODIE-CO"
title = "联名款卫衣"
product = "HOODIE"
attrs = { 色 = "黑", 码 = "M" }
stock = 500
lead_time = "10m"
trend_sold = 100
safety_line = 50
substitutes = ["SOCK"]

  [[sku.restock]]
  source = "周边仓"
  quantity = 200
  lead_time = "2h30m"
  counts = "confirmed"
  contact = "王姐"

[[sku]]
id = "SOCK"

[[listing]]
id = "L3"
title = "联名卫衣+袜子"
slot = 3
items = [{ product = "HOODIE" }, { sku = "SOCK", qty = 2, role = "gift" }]

[alerts]
trend_false_alarm_hours = 4
trend_rule = "ratio"
reaction_time = "20m"

[playbook.threshold]
say = "最后 {sellable} 件,手慢无"
steps = ["通知仓库", "准备替代品"]
"""


def load(folder: Path, text: str) -> RoomConfig:
    path = folder / "room.toml"
    path.write_text(text, encoding="utf-8")
    return load_room(path)


def problems(folder: Path, text: str) -> list[str]:
    """The messages about `text`, without the file's folder."""
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    assert caught.value.text("zh") != str(caught.value)
    return [line.removeprefix(f"{folder}/") for line in str(caught.value).splitlines()]


ROOM = '[room]\nid = "r"\n'


def test_a_whole_room(tmp_path: Path) -> None:
    assert load(tmp_path, WHOLE) == RoomConfig(
        id="double11",
        name="双11 联名卫衣专场",
        timezone="Asia/Shanghai",
        language="zh",
        ledger_path=tmp_path / "books/double11.db",
        channels=(
            Channel(
                id="douyin",
                title="抖音",
                source="douyin/room-7",
                feed=f"replay:{tmp_path}/sample.jsonl",
                secret="env:DOUYIN_SECRET",
                deduct="pay",
            ),
            Channel(id="shop", source="shop", feed="wss://example.org:8443/orders"),
        ),
        skus=(
            Sku(
                id="HOODIE-CO",
                title="联名款卫衣",
                product="HOODIE",
                attrs={"色": "黑", "码": "M"},
                stock=500,
                lead_time=600,
                trend_sold=100,
                safety_line=50,
                substitutes=("SOCK",),
                restock=(
                    RestockSource(
                        source="周边仓", quantity=200, lead_time=9000, counts="confirmed", contact="王姐"
                    ),
                ),
            ),
            Sku(id="SOCK", title="SOCK"),
        ),
        listings=(
            Listing(
                id="L3",
                title="联名卫衣+袜子",
                slot=3,
                items=(Item(product="HOODIE"), Item(sku="SOCK", qty=2, role="gift")),
            ),
        ),
        alerts=AlertSettings(trend_false_alarm_hours=4.0, trend_rule="ratio", reaction_time=1200),
        playbook=RoomConfig(id="", name="").playbook.__class__(
            threshold=Plays(say="最后 {sellable} 件,手慢无", steps=("通知仓库", "准备替代品"))
        ),
        path=tmp_path / "room.toml",
    )


def test_the_least_room_has_good_defaults(tmp_path: Path) -> None:
    room = load(tmp_path, ROOM)
    assert room == RoomConfig(id="r", name="r", path=tmp_path / "room.toml")
    assert room.ledger_path is None


def test_a_relative_path_stays_right_when_the_process_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "room.toml").write_text(ROOM + '[ledger]\npath = "../x.db"\n')
    monkeypatch.chdir(tmp_path)
    room = load_room(Path("room.toml"))
    assert room.ledger_path == tmp_path.parent / "x.db"
    assert room.path == tmp_path / "room.toml"


def test_windows_editors_are_welcome(tmp_path: Path) -> None:
    (tmp_path / "room.toml").write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())
    assert load_room(tmp_path / "room.toml").name == "双11 联名卫衣专场"


def test_all_problems_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """\
[room]
id = "dou ble"
langauge = "zh"
stock = 4

[[sku]]
id = "A"
stock = -5
lead_time = 10
substitutes = ["A", "NONE"]

[[sku]]
id = "A"

[alerts]
reaction_time = "15min"
"""
    found = problems(tmp_path, text)
    assert [line.split(": ")[0] for line in found] == [
        "room.toml:2",
        "room.toml:3",
        "room.toml:4",
        "room.toml:8",
        "room.toml:9",
        "room.toml:10",
        "room.toml:10",
        "room.toml:13",
        "room.toml:16",
    ]
    assert found[1] == "room.toml:3: room.langauge: unknown key; did you mean language?"
    assert found[2] == "room.toml:4: room.stock: unknown key here; it belongs in [[sku]]"
    assert found[3].startswith(
        "room.toml:8: sku[A].stock: -5 will not do: a whole number from 0 to 2147483647"
    )
    assert 'write "10m" for minutes or "10s" for seconds' in found[4]


# (what stands in the file beside a good [room], the line of the problem, words that its message must have)
BAD = {
    "negative stock": ('[[sku]]\nid = "A"\nstock = -1\n', 5, "sku[A].stock: -1"),
    "a float for stock": ('[[sku]]\nid = "A"\nstock = 5.0\n', 5, "sku[A].stock: 5.0"),
    "text for stock": ('[[sku]]\nid = "A"\nstock = "5"\n', 5, 'sku[A].stock: "5"'),
    "true for stock": ('[[sku]]\nid = "A"\nstock = true\n', 5, "sku[A].stock: true"),
    "stock beyond all figures": ('[[sku]]\nid = "A"\nstock = 2147483648\n', 5, "sku[A].stock: 2147483648"),
    "no id": ('[[sku]]\ntitle = "x"\n', 3, "sku[#1]: id is missing"),
    "an empty id": ('[[sku]]\nid = ""\n', 4, 'sku[#1].id: ""'),
    "an id of 257 characters": (f'[[sku]]\nid = "{"x" * 257}"\n', 4, "1-256 characters"),
    "the same sku twice": ('[[sku]]\nid = "A"\n[[sku]]\nid = "A"\n', 6, "already that of [[sku]] number 1"),
    "the same channel twice": ('[[channel]]\nid = "A"\n[[channel]]\nid = "A"\nsource = "b"\n', 6, "number 1"),
    "two channels of one source": (
        '[[channel]]\nid = "A"\n[[channel]]\nid = "B"\nsource = "A"\n',
        7,
        "every source is different",
    ),
    "a slot taken twice": (
        '[[sku]]\nid="A"\n[[listing]]\nid="x"\nslot=1\nitems=[{sku="A"}]\n[[listing]]\nid="y"\nslot=1\nitems=[{sku="A"}]\n',
        11,
        "every slot is different",
    ),
    "slot 0": ('[[sku]]\nid="A"\n[[listing]]\nid="x"\nslot=0\nitems=[{sku="A"}]\n', 7, "from 1 to"),
    "an unknown substitute": (
        '[[sku]]\nid = "HOODIE"\nsubstitutes = ["HODIE"]\n',
        5,
        'did you mean "HOODIE"?',
    ),
    "itself as a substitute": ('[[sku]]\nid = "A"\nsubstitutes = ["A"]\n', 5, "stand in for itself"),
    "a substitute twice": (
        '[[sku]]\nid = "A"\nsubstitutes = [\n"B",\n"B"]\n[[sku]]\nid = "B"\n',
        7,
        "stands here twice",
    ),
    "an unknown sku in a link": (
        '[[listing]]\nid = "x"\nitems = [{ sku = "A" }]\n',
        5,
        "is no sku of this room",
    ),
    "an unknown product": (
        '[[listing]]\nid = "x"\nitems = [{ product = "A" }]\n',
        5,
        "no product of this room",
    ),
    "sku and product": (
        '[[sku]]\nid="A"\nproduct="P"\n[[listing]]\nid="x"\nitems=[{sku="A",product="P"}]\n',
        8,
        "either a sku or a product",
    ),
    "an item of nothing": ('[[listing]]\nid = "x"\nitems = [{ qty = 1 }]\n', 5, "either a sku or a product"),
    "quantity 0": ('[[sku]]\nid="A"\n[[listing]]\nid="x"\nitems=[{sku="A",qty=0}]\n', 7, "from 1 to"),
    "a link that sells nothing": ('[[listing]]\nid = "x"\n', 3, "items is missing"),
    "only gifts": (
        '[[sku]]\nid="A"\n[[listing]]\nid="x"\nitems=[{sku="A",role="gift"}]\n',
        7,
        "at least one item that is no gift",
    ),
    "a link under a stranger's name": (
        '[[sku]]\nid="A"\n[[sku]]\nid="B"\n[[listing]]\nid="A"\nitems=[{sku="B"}]\n',
        8,
        "give this link another id",
    ),
    "items that are no tables": ('[[listing]]\nid = "x"\nitems = ["A"]\n', 5, "items = [{ sku ="),
    "one bracket": ('[sku]\nid = "A"\n', 3, "write [[sku]] with two brackets"),
    "two brackets": ('[[alerts]]\nreaction_time = "1m"\n', 3, "write [alerts]"),
    "a restock of 0": (
        '[[sku]]\nid="A"\n[[sku.restock]]\nsource="w"\nquantity=0\nlead_time="1m"\n',
        7,
        "from 1",
    ),
    "a restock at once": (
        '[[sku]]\nid="A"\n[[sku.restock]]\nsource="w"\nquantity=1\nlead_time="0s"\n',
        8,
        "the shortest is 1s",
    ),
    "half a restock": (
        '[[sku]]\nid="A"\n[[sku.restock]]\nsource="w"\nquantity=1\n',
        5,
        "lead_time is missing",
    ),
    "counts when it likes": (
        '[[sku]]\nid="A"\n[[sku.restock]]\nsource="w"\nquantity=1\nlead_time="1m"\ncounts="recieved"\n',
        9,
        'did you mean "received"?',
    ),
    "a number as a size": ('[[sku]]\nid = "A"\nattrs = { 码 = 38 }\n', 5, 'write 码 = "38"'),
    "a feed of no kind": ('[[channel]]\nid = "A"\nfeed = "wsss://x"\n', 5, 'did you mean "wss:"?'),
    "a bare file as a feed": ('[[channel]]\nid = "A"\nfeed = "x.jsonl"\n', 5, '"replay:x.jsonl"'),
    "a feed without a host": ('[[channel]]\nid = "A"\nfeed = "ws://"\n', 5, "a URL with a host"),
    "a feed with a bad port": ('[[channel]]\nid = "A"\nfeed = "ws://h:99999"\n', 5, "a URL with a host"),
    "replay of nothing": ('[[channel]]\nid = "A"\nfeed = "replay:"\n', 5, "a file is needed after replay:"),
    "deduct whenever": ('[[channel]]\nid = "A"\ndeduct = "Pay"\n', 5, 'did you mean "pay"?'),
    "a source open at no time": (
        '[[sku]]\nid = "A"\n[[sku.restock]]\nsource = "b"\nquantity = 1\nlead_time = "1m"\nhours = "9-23"\n',
        9,
        '"09:00-23:00"',
    ),
    "hours of never": ("[alerts]\ntrend_false_alarm_hours = 0\n", 4, "above 0"),
    "endless hours": ("[alerts]\ntrend_false_alarm_hours = inf\n", 4, "above 0"),
    "an unknown rule": ('[alerts]\ntrend_rule = "magic"\n', 4, 'one of "sequential" | "ratio"'),
    "an unknown tier": ('[playbook.trends]\nsay = "x"\n', 3, "did you mean trend?"),
    "a placeholder we do not fill": ('[playbook.trend]\nsay = "{sellble}"\n', 4, "did you mean {sellable}?"),
    "a placeholder that reaches inside": (
        '[playbook.trend]\nsay = "{sellable.__class__}"\n',
        4,
        "not filled in",
    ),
    "steps that are one text": ('[playbook.trend]\nsteps = "call"\n', 4, "a list of texts"),
    "a folder as a ledger": ('[ledger]\npath = "books/"\n', 4, "this is a folder"),
    "an unknown table": ("[chanel]\n", 3, "did you mean channel?"),
}


@pytest.mark.parametrize(("text", "line", "says"), BAD.values(), ids=BAD.keys())
def test_each_problem_names_its_line_its_value_and_the_fix(
    tmp_path: Path, text: str, line: int, says: str
) -> None:
    found = problems(tmp_path, ROOM + text)
    assert len(found) == 1, found
    assert found[0].startswith(f"room.toml:{line}: ")
    assert says in found[0]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", None, "[room] is missing; add it with id ="),
        ('[room]\nname = "x"\n', 1, "room: id is missing"),
        ('[room]\nid = "x/../y"\n', 2, "ASCII letters"),
        ('[room]\nid = "直播"\n', 2, "ASCII letters"),
        ('[room]\nid = "x"\nlanguage = "ZH"\n', 3, 'did you mean "zh"?'),
        ('[room]\nid = "x"\nlanguage = "fr"\n', 3, 'one of "zh" | "en"'),
        ('[room]\nid = "x"\ntimezone = "Asia/Shangai"\n', 3, 'did you mean "Asia/Shanghai"?'),
        ('[room]\nid = "x"\ntimezone = "Asia"\n', 3, "IANA"),
        ('[room]\nid = "x"\ntimezone = "/etc/passwd"\n', 3, "IANA"),
        ('[room]\nid = "x"\ntimezone = "../../etc/passwd"\n', 3, "IANA"),
        ('id = "x"\n[room]\nid = "x"\n', 1, "it belongs in [room]"),
        ('room = "x"\n', 1, "write [room]"),
    ],
)
def test_problems_of_the_room_itself(tmp_path: Path, text: str, line: int | None, says: str) -> None:
    found = problems(tmp_path, text)
    where = "room.toml: " if line is None else f"room.toml:{line}: "
    assert any(message.startswith(where) and says in message for message in found), found


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (ROOM + "name = 卫衣\n", 3, "text stands in quotes"),
        (ROOM + "name = “卫衣”\n", 3, "straight quotes"),
        (ROOM + "[[sku]\n", 3, "not TOML"),
        (ROOM + 'id = "again"\n', 3, "not TOML"),
        (ROOM + 'name = "open\n', 3, "not TOML"),
        (ROOM + 'steps = ["a",\n', 3, "not TOML"),
        (ROOM + "stock = " + "9" * 5000 + "\n", None, "not TOML"),
        (ROOM + "x = " + "[" * 50_000 + "]" * 50_000, None, "nested too deeply"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(
    tmp_path: Path, text: str, line: int | None, says: str
) -> None:
    (message,) = problems(tmp_path, text)
    assert message.startswith("room.toml: " if line is None else f"room.toml:{line}: ")
    assert says in message
    assert len(message) < 300


def test_bytes_that_are_not_utf8_are_told_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "room.toml").write_bytes(ROOM.encode() + 'name = "卫衣"\n'.encode("gbk"))
    with pytest.raises(ConfigError, match=r"room\.toml:3: byte 24 is not UTF-8; save the file as UTF-8"):
        load_room(tmp_path / "room.toml")


def test_files_that_are_not_there_or_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_room(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="this is a folder"):
        load_room(tmp_path)
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(ConfigError, match="no ordinary file"):
        load_room(tmp_path / "pipe.toml")
    (tmp_path / "big.toml").write_bytes(b"#" * (8 * 1024 * 1024 + 1))
    with pytest.raises(ConfigError, match="larger than 8 MiB"):
        load_room(tmp_path / "big.toml")
    with pytest.raises(ConfigError):
        load_room(Path("a\0b"))


def test_hostile_text_is_shown_escaped(tmp_path: Path) -> None:
    text = (
        ROOM
        + '[[sku]]\nid = "A\\u001b]0;owned\\u0007"\nstock = "\\u001b[31m\\u202e"\n"\\u001b[2J" = 1\n'
        + 'substitutes = ["[red]\\u009b2J"]\nattrs = { "\\u001b[H" = 1 }\n'
    )
    found = problems(tmp_path, text)
    assert len(found) == 5
    for message in found:
        assert message.isprintable(), message
    assert any("\\x1b[31m\\u202e" in message for message in found)


def test_a_secret_that_was_pasted_is_never_repeated(tmp_path: Path) -> None:
    for pasted in ("hunter2", "env:hunter 2", "sk-hunter2", "file:"):
        (message,) = problems(tmp_path, ROOM + f'[[channel]]\nid = "A"\nsecret = "{pasted}"\n')
        assert message.startswith("room.toml:5: channel[A].secret: its value will not do")
        assert "hunter" not in message
    (message,) = problems(tmp_path, ROOM + '[[channel]]\nid = "A"\nfeed = "wss://me:pw@host/x"\n')
    assert "a password must not stand in this file" in message
    assert "pw@" not in message


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('webhook = "https://erp.example.com/r"', "has no secret"),
        ('webhook = "http://erp.example.com/r?token=hush"\nsecret = "env:S"', "local = true"),
        ('webhook = "https://127.0.0.1/r?token=hush"\nsecret = "env:S"', "local = true"),
        ('webhook = "https://localhost/r?token=hush"\nsecret = "env:S"', "local = true"),
        ('webhook = "https://hush@erp.example.com/r"\nsecret = "env:S"', "no user"),
        ('webhook = "ftp://erp.example.com/hush"\nsecret = "env:S"', "https:// URL"),
        ('webhook = "https://erp.example.com/hush\\u202e"\nsecret = "env:S"', "https:// URL"),
        ('webhook = "https://erp.example.com/r"\nsecret = "hush"', "never stand in this file"),
        ('webhook = "https://erp.example.com/r"\nsecret = "env:S"\nlocal = "yes"', "true or false"),
    ],
)
def test_a_webhook_that_would_leak_or_could_not_be_signed_is_refused(
    tmp_path: Path, lines: str, says: str
) -> None:
    file = tmp_path / "room.toml"
    file.write_text(f'[room]\nid = "a"\n[restock]\n{lines}\n')
    with pytest.raises(ConfigError) as error:
        load_room(file)
    assert says in error.value.text("en")
    assert "hush" not in error.value.text("en") + error.value.text("zh")


def test_a_webhook_on_this_machine_is_taken_when_allowed_and_its_address_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text(
        '[room]\nid = "a"\n[restock]\nwebhook = "http://127.0.0.1:1/?t=hush"\nsecret = "env:S"\nlocal = true\n'
    )
    assert load_room(file).restock_webhook == "http://127.0.0.1:1/?t=hush"
    assert "hush" not in repr(settings_of(file))


def test_a_secret_file_is_nobody_elses(tmp_path: Path) -> None:
    text = ROOM + '[[channel]]\nid = "A"\nsecret = "file:key"\n'
    assert load(tmp_path, text).channels[0].secret == f"file:{tmp_path}/key"  # a replay elsewhere needs none
    (tmp_path / "key").write_text("x")
    (tmp_path / "key").chmod(0o640)
    (message,) = problems(tmp_path, text)
    assert f"run chmod 600 {tmp_path}/key" in message
    (tmp_path / "key").chmod(0o600)
    assert load(tmp_path, text).channels[0].secret == f"file:{tmp_path}/key"


def test_a_link_may_bear_the_name_of_a_sku_that_other_links_sell(tmp_path: Path) -> None:
    """Numbers as ids on both sides: nothing is mixed up as long as each SKU has its link."""
    text = '[[sku]]\nid="1"\n[[sku]]\nid="2"\n'
    text += '[[listing]]\nid="1"\nitems=[{sku="2"}]\n[[listing]]\nid="2"\nitems=[{sku="1"}]\n'
    assert [listing.id for listing in load(tmp_path, ROOM + text).listings] == ["1", "2"]


def test_what_a_playbook_may_say_is_what_the_alerts_fill_in(tmp_path: Path) -> None:
    from stockwatch.alerts import playbook

    figures = playbook._figures(MagicMock(per_min=1.0), "t", None, zh=True)
    assert set(figures) == set(TEMPLATE_NAMES)
    said = "".join(f"{{{name}}}" for name in TEMPLATE_NAMES)
    room = load(tmp_path, ROOM + f'[playbook.trend]\nsay = "{said}"\nsteps = ["{said}"]\n')
    assert room.playbook.trend == Plays(say=said, steps=(said,))
    (message,) = problems(tmp_path, ROOM + '[playbook.trend]\nsteps = ["ok", "call {nobody}"]\n')
    assert message.startswith("room.toml:4: playbook.trend.steps: ")
    assert "{nobody} is not filled in" in message


def test_a_link_may_bear_the_name_of_the_sku_that_it_sells(tmp_path: Path) -> None:
    room = load(tmp_path, ROOM + '[[sku]]\nid="A"\nproduct="P"\n[[listing]]\nid="A"\nitems=[{product="P"}]\n')
    assert room.listings[0].title == "A"


def test_one_mistake_is_told_once(tmp_path: Path) -> None:
    """A SKU with a bad figure is still a SKU: what names it is not wrong as well."""
    text = ROOM + '[[sku]]\nid="A"\nstock=-1\n[[listing]]\nid="x"\nitems=[{sku="A"}]\n'
    assert len(problems(tmp_path, text)) == 1


def test_every_example_of_the_schema_will_do(tmp_path: Path) -> None:
    """The examples stand in messages and in the help: they must be right."""
    count = 0
    for _, table in walk(ROOT):
        for key in table.keys:
            import tomllib

            from stockwatch.config.lines import quote_keys

            key.check(tomllib.loads(quote_keys(f"x = {key.example}"))["x"], tmp_path)
            assert key.about.en
            assert key.about.zh
            count += 1
    assert count > 30


def test_every_field_of_the_settings_has_its_key() -> None:
    for _, table in walk(ROOT):
        inner = {part.field for part in (*table.keys, *table.tables)}
        for merged in table.tables:
            if merged.merge:
                inner = (inner - {merged.field}) | {key.field for key in merged.keys}
        if not table.merge:
            assert inner == set(table.make.__struct_fields__) - {"path"}, table.name


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_to_a_file_brings_anything_but_messages(data: st.DataObject) -> None:
    """Cut, doubled and foreign pieces: either it reads, or every problem is said on one printable line."""
    text = WHOLE.encode()
    for _ in range(data.draw(st.integers(1, 3))):
        start, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 40))
        piece = data.draw(
            st.binary(max_size=6)
            | st.sampled_from(
                [b"[[sku]]\n", b"[sku]\n", b'"""', b"'", b"[", b"]", b"{", b"}", b"=", b"\x1b[31m", b"#"]
            )
        )
        text = text[:start] + piece + text[start + length :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "room.toml"
        path.write_bytes(text)
        error = refusal(path)
        if error is not None:
            assert error.problems
            for message in [*str(error).splitlines(), *error.text("zh").splitlines()]:
                assert message.isprintable()
                assert message.startswith(str(path))


def refusal(path: Path) -> ConfigError | None:
    """What is said about a file, None when it reads."""
    try:
        load_room(path)
    except ConfigError as error:
        return error
    return None


def test_a_thousand_typos_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every one is told, and the nearest name, which is dear to find among many, for the first of them."""
    asked = []

    def nearest(name: str, known: object) -> str:
        asked.append(name)
        return "NEAR"

    monkeypatch.setattr(consistency, "nearest", nearest)
    entries = (f'[[sku]]\nid="SKU-{n}"\nsubstitutes=["SKV-{n}"]\n' for n in range(1000))
    found = problems(tmp_path, ROOM + "".join(entries))
    assert len(found) == 1000
    assert 'did you mean "NEAR"?' in found[0]
    assert len(asked) <= 50
