"""An example run-down sheet to start from: what the reader understands, with goods that hang together.

Writes to the stream it is given; imports openpyxl when it is called. Ids and codes are text cells, as they should be.
"""

from __future__ import annotations

from typing import BinaryIO, Final

HEADER: Final = (
    *(
        "链接号",
        "商品名称",
        "商家编码",
        "颜色",
        "尺码",
        "库存",
        "直播价",
        "福利/主推/备播",
        "上播时间",
        "替代款",
        "赠品",
        "组合装",
    ),
    *("补货天数", "抖店商品ID", "抖店SKU ID", "淘宝商品ID", "备注"),
)
TITLE: Final = "直播排品表(样表):把下面的商品换成你的,列可以多、可以少、可以换顺序"
_SIZES: Final = ("S", "M", "L", "XL")
ROWS: Final = (
    *(
        (
            *(3, "联名连帽卫衣", f"WY01-BK-{size}", "黑", size, stock, 199, "主推", "20:30", "5号", "SOCK-01", None, 2),
            *("3561200000000000017", f"356120000000000{20 + nth}", "612300000011", None),
        )
        for nth, (size, stock) in enumerate(zip(_SIZES, (60, 180, 160, 80), strict=True))
    ),
    *(
        (
            *(5, "基础圆领卫衣", f"WY02-BK-{size}", "黑", size, stock, 129, "备播", "21:00", None, None, None, 1),
            *("3561200000000000031", f"356120000000000{40 + nth}", "612300000012", None),
        )
        for nth, (size, stock) in enumerate(zip(_SIZES, (50, 120, 120, 60), strict=True))
    ),
    (7, "棉袜单双", "SOCK-01", "白", "均码", 500, 9.9, "福利", "20:10", None, None, None, 3,
     "3561200000000000058", None, "612300000013", "也作 3 号的赠品"),
    (8, "棉袜五双装", "SOCK-5", None, None, None, 39, "福利", "20:12", None, None, "SOCK-01*5", None,
     "3561200000000000069", None, None, "组合装不写库存,卖的是单双的库存"),
    (9, "帆布托特包", "00123", "本白", None, 90, 59, "主推", "21:30", None, None, None, 5,
     "3561200000000000074", None, "612300000014", None),
)  # fmt: skip
NOTES: Final = (
    ("列", "怎么写"),
    ("链接号", "小黄车里的号。同一个号的几行是一个链接的各个规格。"),
    ("商家编码", "每个规格一个,和平台后台的商家编码一致;先把整列设为“文本”,00123 才不会变成 123。"),
    ("库存", "开播时实有的件数,每个规格各写各的,不要合并单元格。"),
    ("替代款", "编码、商品名称或链接号(如 5号);几个用、隔开,最好的在前。"),
    ("赠品 / 组合装", "写编码,如 SOCK-01;几件写 SOCK-01*5;几样用 + 连接。"),
    ("补货天数", "最快几天能再有货;也可以写 4小时、30分。"),
    ("商品ID / SKU ID", "前面加平台名:抖店商品ID、淘宝商品ID。整列设为“文本”,否则末几位会变成 0。"),
    ("说明行、合计行", "可以有:没有编码、规格、库存的行不会当商品。"),
)


def write_example(file: BinaryIO) -> None:
    """Write the workbook. Raises OSError."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    sheet.title = "排品表"
    sheet.append([TITLE])
    sheet.append(list(HEADER))
    for row in ROWS:
        sheet.append(list(row))
    for column, name in enumerate(HEADER, 1):
        sheet.cell(2, column).font = Font(bold=True)
        if name.endswith("ID") or name == "商家编码":
            for line in range(3, 300):
                sheet.cell(line, column).number_format = "@"
        sheet.column_dimensions[get_column_letter(column)].width = 22 if name.endswith("ID") else 14
    for first, last in ((3, 6), (7, 10)):
        for column in (1, 2, 4, 7, 8, 9):
            sheet.merge_cells(start_row=first, end_row=last, start_column=column, end_column=column)
            sheet.cell(first, column).alignment = Alignment(vertical="center")
    sheet.freeze_panes = "C3"
    notes = book.create_sheet("填写说明")
    for note in NOTES:
        notes.append(list(note))
    notes.column_dimensions["B"].width = 80
    book.save(file)
