"""Every key of a room.toml: its name, its check, an example, and what it means.

The one list that reading, writing, `config show` and `help` go by. No I/O.
"""

from __future__ import annotations

from stockwatch.config import checks
from stockwatch.config.channel_keys import CHANNEL, PUSH, WEBHOOK
from stockwatch.config.goods_keys import LISTING, SKU
from stockwatch.config.problems import Words
from stockwatch.config.settings import AlertSettings, Playbook, Plays, RoomConfig
from stockwatch.config.tables import Key, Table

_ROOM = Table(
    "room",
    RoomConfig,
    Words("Which room this is.", "这是哪个直播间。"),
    required=True,
    merge=True,
    keys=(
        Key(
            "id",
            checks.room_id,
            '"double11"',
            Words(
                "The room's id: ASCII letters, digits, - and _. It names the room's files.",
                "直播间编号:英文字母、数字、- 和 _;文件以它命名。",
            ),
            required=True,
        ),
        Key(
            "name",
            checks.text,
            '"双11 联名卫衣专场"',
            Words("The name on the screen; default: the id.", "屏幕上的名字;默认同编号。"),
            like="id",
        ),
        Key(
            "timezone",
            checks.zone,
            '"Asia/Shanghai"',
            Words(
                "Time zone of clock times; default: the offset of the first event.",
                "显示时间所用时区;默认按第一条消息的时差。",
            ),
        ),
        Key(
            "language",
            checks.choice(RoomConfig, "language"),
            '"zh"',
            Words(
                "Language of the interface, zh or en; default: from the locale.",
                "界面语言 zh 或 en;默认随系统。",
            ),
        ),
    ),
)

_LEDGER = Table(
    "ledger",
    RoomConfig,
    Words("Where the room's stock is kept.", "库存账放在哪里。"),
    merge=True,
    keys=(
        Key(
            "path",
            checks.path,
            '"double11.db"',
            Words(
                "The ledger's file, relative to this file; rooms that name the same file share their stock. "
                "Default: in the user's data directory.",
                "账本文件,相对于本文件;写同一个文件的直播间共用库存。默认在用户数据目录。",
            ),
            to="ledger_path",
        ),
    ),
)

_ALERTS = Table(
    "alerts",
    AlertSettings,
    Words("When to warn; the defaults are good.", "何时预警;默认值就好用。"),
    keys=(
        Key(
            "trend_false_alarm_hours",
            checks.hours,
            "60",
            Words(
                "One false TREND a SKU in this many hours: more is quieter and later.",
                "每个 SKU 这么多小时误报一次趋势;越大越安静,也越晚。",
            ),
        ),
        Key(
            "trend_rule",
            checks.choice(AlertSettings, "trend_rule"),
            '"sequential"',
            Words(
                "The rule that raises TREND; sequential: every order is weighed against what is usual; ratio: five "
                "minutes sold twice the five before.",
                "趋势预警的规则;sequential:每一单都与平时比;ratio:近五分钟卖出前五分钟的两倍。",
            ),
        ),
        Key(
            "reaction_time",
            checks.duration(0),
            '"15m"',
            Words(
                "Time a team needs from the warning to the order for more.",
                "团队从看到预警到下补货单需要多久。",
            ),
        ),
    ),
)


def _plays(name: str, about: Words) -> Table:
    return Table(
        name,
        Plays,
        about,
        keys=(
            Key(
                "say",
                checks.template,
                '"最后 {sellable} 件,手慢无"',
                Words(
                    "What the host says; {sellable}, {title}, {velocity}, {substitute} are filled in.",
                    "主播话术;{sellable}、{title}、{velocity}、{substitute} 会代入。",
                ),
            ),
            Key(
                "steps",
                checks.templates,
                '["通知仓库", "准备替代品"]',
                Words("What to do, in order.", "依次做什么。"),
            ),
        ),
    )


_PLAYBOOK = Table(
    "playbook",
    Playbook,
    Words("What to say and do at each tier.", "每级预警说什么、做什么。"),
    tables=(
        _plays("trend", Words("At TREND.", "趋势预警时。")),
        _plays("threshold", Words("At THRESHOLD.", "阈值预警时。")),
        _plays("critical", Words("At CRITICAL.", "紧急预警时。")),
    ),
)

ROOT = Table(
    "",
    RoomConfig,
    Words("All settings of one room.", "一个直播间的全部设置。"),
    tables=(_ROOM, _LEDGER, PUSH, WEBHOOK, CHANNEL, SKU, LISTING, _ALERTS, _PLAYBOOK),
)
