"""`stockwatch room new`, from the sheet to a room that runs: what it writes, says, asks and leaves alone."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from stockwatch import cli
from stockwatch.config import load_room
from stockwatch.exits import Exit
from stockwatch.sheets.numbers import read_numbers
from tests.sheets.making import workbook

ROWS = [
    ["双11联名专场"],
    ["链接号", "商品名称", "商家编码", "颜色", "尺码", "库存", "直播价", "抖店商品ID", "补货天数"],
    [3, "联名卫衣", "00123", "黑", "M", 40, 199, "3561200000000000017", 2],
    [3, "联名卫衣", "00124", "黑", "L", 60, 199, "3561200000000000017", 2],
    [5, "棉袜", "SOCK", None, None, None, 9.9, None, None],
]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    for variable in (
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
        "XDG_RUNTIME_DIR",
    ):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def sheet(home: Path) -> Path:
    return workbook(home / "双11.xlsx", ROWS)


Ran = tuple[int, str, str]


@pytest.fixture
def new(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def call(*argv: str) -> Ran:
        code = cli.main(["room", "new", *argv])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_a_sheet_becomes_a_room_that_the_program_runs_on(
    sheet: Path, home: Path, new: Callable[..., Ran], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = new("双11.xlsx", "-o", "double11.toml")
    assert (code, out) == (Exit.DONE, "")
    assert "C  商家编码    → SKU code         by its name" in err
    assert "Sheet1!F5: no stock: it opens at 0 until you write it" in err
    assert (
        "double11.toml, double11.map.toml: 3 SKUs, 100 units, 2 links, 1 channels; 1 cell to correct" in err
    )
    assert err.endswith("next: stockwatch config check double11.toml\n")
    room = load_room(home / "double11.toml")
    assert (room.id, room.name, [channel.id for channel in room.channels]) == ("double11", "双11", ["douyin"])
    assert [(sku.id, sku.stock, sku.lead_time) for sku in room.skus] == [
        ("00123", 40, 172_800),
        ("00124", 60, 172_800),
        ("SOCK", 0, None),
    ]
    assert cli.main(["config", "check", "double11.toml"]) == Exit.DONE
    assert "3 SKUs, 2 links" in capsys.readouterr().err
    # The ledger opens with it, and orders for the codes of the sheet find their goods.
    order = {
        "specversion": "1.0",
        "id": "1",
        "source": "douyin",
        "type": "order.placed",
        "subject": "00124",
        "time": "2025-11-11T20:30:00+08:00",
        "data": {"order": "o1", "line": 1, "qty": 4},
    }
    (home / "feed.jsonl").write_text(json.dumps(order) + "\n")
    assert cli.main(["replay", "feed.jsonl", "--room", "double11.toml", "--headless", "--json"]) == Exit.DONE
    said = capsys.readouterr().out
    final = json.loads(said.splitlines()[-1])
    assert '"00124"' in said, final
    assert '"available":56' in said.replace(" ", "")


def test_the_file_tells_a_person_where_each_thing_is_from(
    sheet: Path, home: Path, new: Callable[..., Ran]
) -> None:
    new("双11.xlsx")
    text = (home / "room.toml").read_text(encoding="utf-8")
    assert text.startswith("# room-")
    assert "[[sku]]  # Sheet1!3\n" in text
    assert "stock = 0  # not in the sheet: fill it in\n" in text
    assert "[[listing]]  # ¥199\n" in text
    assert '# feed = "douyin:"' in text
    numbers = read_numbers((home / "room.map.toml").read_text(encoding="utf-8"))
    assert {(number.sku, number.product_id) for number in numbers} == {
        ("00123", "3561200000000000017"),
        ("00124", "3561200000000000017"),
    }


def test_the_same_sheet_gives_the_same_file(sheet: Path, home: Path, new: Callable[..., Ran]) -> None:
    new("双11.xlsx", "-o", "a.toml", "--id", "r")
    new("双11.xlsx", "-o", "b.toml", "--id", "r")
    assert (home / "a.map.toml").read_text().replace("a.toml", "b.toml") == (home / "b.map.toml").read_text()
    assert (home / "a.toml").read_text().replace("a.map", "b.map") == (home / "b.toml").read_text()


def test_what_is_there_is_never_overwritten_without_force(
    sheet: Path, home: Path, new: Callable[..., Ran]
) -> None:
    (home / "room.map.toml").write_text("mine")
    code, _, err = new("双11.xlsx")
    assert (code, "room.map.toml: is there already" in err) == (Exit.USAGE, True)
    assert sorted(path.name for path in home.iterdir()) == ["room.map.toml", "双11.xlsx"]
    assert new("双11.xlsx", "--force")[0] == Exit.DONE
    assert (home / "room.map.toml.bak").read_text() == "mine"
    assert load_room(home / "room.toml").skus


def test_a_link_in_the_way_is_not_followed(sheet: Path, home: Path, new: Callable[..., Ran]) -> None:
    (home / "room.toml").symlink_to(home / "nowhere.toml")
    assert new("双11.xlsx")[0] == Exit.USAGE
    assert not (home / "nowhere.toml").exists()


def test_a_dry_run_prints_the_file_and_writes_nothing(
    sheet: Path, home: Path, new: Callable[..., Ran]
) -> None:
    code, out, err = new("双11.xlsx", "--dry-run")
    assert code == Exit.DONE
    assert [sku["id"] for sku in tomllib.loads(out)["sku"]] == ["00123", "00124", "SOCK"]
    assert "nothing was written" in err
    assert [path.name for path in home.iterdir()] == ["双11.xlsx"]


def test_strict_writes_nothing_when_a_cell_can_not_be_used(
    sheet: Path, home: Path, new: Callable[..., Ran]
) -> None:
    code, out, err = new("双11.xlsx", "--strict")
    assert (code, out) == (Exit.CHECK_FAILED, "")
    assert "not written (--strict)" in err
    assert [path.name for path in home.iterdir()] == ["双11.xlsx"]


def test_json_is_one_object_with_everything(sheet: Path, new: Callable[..., Ran]) -> None:
    code, out, err = new("双11.xlsx", "--json")
    assert (code, err) == (Exit.DONE, "")
    found = json.loads(out)
    assert (found["sheet"], found["header_row"], found["skus"], found["units"], found["links"]) == (
        "Sheet1",
        2,
        3,
        100,
        2,
    )
    assert [column["role"] for column in found["columns"]][:3] == ["slot", "name", "code"]
    assert [(each["where"], each["serious"]) for each in found["problems"]] == [("Sheet1!F5", True)]
    assert (found["unstocked"], found["written"]) == (["SOCK"], ["room.toml", "room.map.toml"])


def test_a_question_writes_nothing_and_says_what_to_type(home: Path, new: Callable[..., Ran]) -> None:
    workbook(home / "a.xlsx", [["商品名称", "商家编码", "库存", "现货"], ["卫衣", "A1", 5, 3]])
    code, out, err = new("a.xlsx")
    assert (code, out) == (Exit.USAGE, "")
    assert "  --column 库存=现货\n" in err
    assert [path.name for path in home.iterdir()] == ["a.xlsx"]
    code, out, _ = new("a.xlsx", "--json")
    assert (code, json.loads(out)["questions"][0]["flags"]) == (
        Exit.USAGE,
        ["--column 库存=库存", "--column 库存=现货"],
    )
    assert new("a.xlsx", "--column", "库存=现货")[0] == Exit.DONE
    assert load_room(home / "room.toml").skus[0].stock == 3


def test_channels_are_named_as_people_name_them(sheet: Path, home: Path, new: Callable[..., Ran]) -> None:
    assert new("双11.xlsx", "--channel", "淘宝,快手小店", "--channel", "douyin")[0] == Exit.DONE
    assert [channel.id for channel in load_room(home / "room.toml").channels] == [
        "taobao",
        "kuaishou",
        "douyin",
    ]
    assert new("--force", "--channel", "抖店", "淘宝", "双11.xlsx")[0] == Exit.DONE
    assert [channel.id for channel in load_room(home / "room.toml").channels] == ["douyin", "taobao"]
    code, _, err = new("双11.xlsx", "--channel", "拼夕夕")
    assert (code, "--channel 拼夕夕: known: douyin" in err) == (Exit.USAGE, True)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ([], "name the sheet"),
        (["none.xlsx"], "no such file"),
        (["."], "folder"),
        (["双11.xlsx", "--id", "双11"], "--id 双11: a room id is"),
        (["双11.xlsx", "--sheet", "x"], "no such worksheet"),
        (["双11.xlsx", "-o", "no/such/room.toml"], "no such file or folder"),
    ],
)
def test_mistakes_are_said_in_one_line(
    sheet: Path, new: Callable[..., Ran], argv: list[str], says: str
) -> None:
    code, out, err = new(*argv)
    assert code in (Exit.USAGE, Exit.UNREACHABLE)
    assert out == ""
    assert says in err.splitlines()[-1]
    assert "Traceback" not in err


def test_the_example_reads_without_a_word_of_complaint(home: Path, new: Callable[..., Ran]) -> None:
    code, _, err = new("--example", "-o", "example.xlsx")
    assert (code, "stockwatch room new example.xlsx" in err) == (Exit.DONE, True)
    assert new("--example", "-o", "example.xlsx")[0] == Exit.USAGE
    code, out, _ = new("example.xlsx", "--json", "--strict")
    found = json.loads(out)
    assert (code, found["problems"], found["unstocked"], found["made_up"]) == (Exit.DONE, [], [], [])
    room = load_room(home / "room.toml")
    assert {"00123", "SOCK-01", "WY01-BK-M"} <= {sku.id for sku in room.skus}
    assert next(sku for sku in room.skus if sku.id == "WY01-BK-M").substitutes == ("WY02-BK-M",)
    assert {link.slot for link in room.listings} == {3, 5, 7, 8, 9}
    assert [item.role for link in room.listings for item in link.items if link.slot == 3] == ["item", "gift"]


def test_chinese_is_spoken_where_the_locale_does(
    sheet: Path, home: Path, new: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    _, _, err = new("双11.xlsx")
    assert "Sheet1!F5: 没有库存:写上之前按 0 开账" in err
    assert err.endswith("下一步:stockwatch config check room.toml\n")
    assert "stock = 0  # 表里没有可用的库存" in (home / "room.toml").read_text(encoding="utf-8")


def test_nothing_from_a_sheet_acts_on_a_terminal_or_breaks_the_file(
    home: Path, new: Callable[..., Ran]
) -> None:
    evil = 'a"]]\x1b[31m\u202e\n[[sku]]\nid="x"'
    (home / "a.csv").write_text(
        '商品名称,商家编码,库存,类型,商品图\n"'
        + evil.replace('"', '""')
        + '","C\u200b1",5,"'
        + evil.replace('"', '""')
        + '",\x1b[2J\n',
        encoding="utf-8",
    )
    code, out, err = new("a.csv", "--dry-run")
    assert code == Exit.DONE
    (sku,) = tomllib.loads(out)["sku"]
    assert (sku["id"], sku["stock"]) == ("C1", 5)
    assert "\x1b" not in out + err
    assert "\u202e" not in out + err


def test_a_room_whose_ledger_is_there_is_warned_of(sheet: Path, home: Path, new: Callable[..., Ran]) -> None:
    from stockwatch import paths

    ledger = paths.default_ledger("r")
    ledger.parent.mkdir(parents=True, exist_ok=True)
    ledger.write_bytes(b"")
    assert "a ledger of room r is there already" in new("双11.xlsx", "--id", "r")[2]


def test_a_column_of_zeros_said_is_not_a_column_of_zeros_unsaid(home: Path, new: Callable[..., Ran]) -> None:
    workbook(home / "a.xlsx", [["商品名称", "商家编码", "库存"], ["卫衣", "A1", 0], ["裤子", "A2", 1]])
    new("a.xlsx")
    assert "stock = 0\n" in (home / "room.toml").read_text()


def test_the_workbook_itself_is_left_as_it_was(sheet: Path, new: Callable[..., Ran]) -> None:
    before = sheet.read_bytes()
    new("双11.xlsx")
    assert sheet.read_bytes() == before
    assert load_workbook(sheet).sheetnames == ["Sheet1"]
