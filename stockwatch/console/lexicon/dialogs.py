"""Words of the dialogs."""

from __future__ import annotations

from stockwatch.console.lexicon.word import Word


class DialogWords:
    only_close = Word("Esc 关闭", "Esc closes")

    restock_title = Word("补货 {title}", "Restock {title}")
    restock_now = Word(
        "现在:可用 {available} · {velocity} 件/分 · 约售罄 {eta}",
        "Now: {available} available · {velocity}/min · sells out {eta}",
    )
    restock_effect = Word(
        "效果:{before} → {after},约售罄 {eta_before} → {eta_after}",
        "Effect: {before} → {after}, sells out {eta_before} → {eta_after}",
    )
    no_tier = Word("无", "none")
    restock_recomputing = Word("正在重新计算…", "working out the effect…")
    restock_none = Word(
        "没有设置补货来源;可在 room.toml 的 [[sku.restock]] 里加。",
        "No restock source is configured; add one under [[sku.restock]] in room.toml.",
    )
    restock_quantity = Word("数量", "Quantity")
    restock_state = Word("状态", "State")
    restock_state_asked = Word("先询问(等对方答应)", "asked (they still have to promise)")
    restock_state_confirmed = Word("已锁货(对方已答应)", "confirmed (they have promised)")
    restock_closed = Word("现在关门,{clock} 开门接单", "Closed now, takes requests from {clock}")
    restock_phone = Word("打电话确认:{contact}", "Confirm by phone: {contact}")
    restock_counts_received = Word("到仓才算可卖", "once received")
    restock_counts_confirmed = Word("锁货就算可卖", "once confirmed")
    restock_ready = Word("{clock} 可卖({age})", "{clock} ({age})")
    restock_units = Word("{quantity} 件", "{quantity} units")
    restock_best = Word("推荐", "best")
    restock_keys = Word(
        "上下/F1–F5 来源 · 数字 数量 · Tab 状态 · Enter 发送 · Esc 取消",
        "Up/Down/F1-F5 source · digits · Tab state · Enter sends · Esc cancels",
    )
    quantity_bad = Word("数量要是 1 到 {most} 的整数", "The quantity must be a whole number from 1 to {most}")

    follow_title = Word("补货跟进", "Follow up restocks")
    follow_none = Word("没有在等的补货。", "No restock is waiting.")
    follow_quantity = Word("数量", "Quantity")
    follow_all = Word("留空 = 全部({qty})", "empty = all ({qty})")
    follow_confirm = Word("F2 已锁货", "F2 confirmed")
    follow_ship = Word("F3 已发出", "F3 shipped")
    follow_refuse = Word("F4 被拒", "F4 refused")
    follow_receive = Word("F5 到仓收货", "F5 received")
    follow_refuse_sure = Word("再按一次 F4 记为被拒", "Press F4 again to mark it refused")
    follow_keys = Word("上下选择 · 数字 数量 · Esc 关闭", "Up/Down select · digits quantity · Esc closes")
    follow_line = Word("{title} ← {source} {qty} 件", "{title} <- {source}, {qty} units")

    substitute_title = Word("换品:{title}", "Switch from {title}")
    substitute_none = Word("没有现在能卖的替代品。", "Nothing that could stand in can be sold now.")
    substitute_stock = Word("可卖 {sellable} · {velocity} 件/分", "{sellable} sellable · {velocity}/min")
    substitute_configured = Word("已设定", "configured")
    substitute_same_product = Word("同款", "same product")
    substitute_changes = Word(
        "会改变:讲解切到 {number} 号,话术跟着换;记下你的名字。",
        "What changes: link {number} is presented, the talk track follows; your name is recorded.",
    )
    substitute_changes_no_number = Word(
        "会改变:讲解切到这个链接,话术跟着换;记下你的名字。",
        "What changes: that link is presented, the talk track follows; your name is recorded.",
    )
    substitute_keys = Word(
        "上下/F1–F5 选择 · Enter 换品 · Esc 取消", "Up/Down/F1-F5 select · Enter switches · Esc cancels"
    )

    count_title = Word("盘点 {title}", "Count {title}")
    count_now = Word(
        "账面实物 {on_hand} = 可用 {available} 未放 {held} 锁单 {reserved} "
        "未发 {unshipped} 待检 {quarantined}",
        "Booked {on_hand} = {available} avail. {held} held {reserved} locked "
        "{unshipped} unshipped {quarantined} quar.",
    )
    count_quantity = Word("实际数到", "Counted")
    count_as_of = Word("截至几点", "As of")
    count_as_of_hint = Word("时:分,留空 = 现在", "hh:mm, empty = now")
    count_reason = Word("原因(必填)", "Reason (required)")
    count_effect = Word(
        "相差 {difference} 件:实物 {before} → {after},可用 {available_before} → {available_after}",
        "Difference {difference}: on hand {before} → {after}, "
        "available {available_before} → {available_after}",
    )
    count_short = Word(
        "可用和未放不够扣,最新的 {units} 件锁单会变成缺货!",
        "Available and held units can't give that: the newest {units} locked units become a shortfall!",
    )
    count_as_of_note = Word("之后的订单会再算进去。", "Orders after that moment are counted on top.")
    count_same = Word("与账面一致。", "Agrees with the books.")
    count_reason_missing = Word("请写原因。", "Give a reason.")
    count_quantity_missing = Word("请填数到的件数(0 或以上)。", "Give what was counted (0 or more).")
    count_as_of_bad = Word(
        "时间要写成 20:05 这样,且不晚于现在。", "Write the time like 20:05, not later than now."
    )
    count_keys = Word(
        "Tab 换格 · Enter 下一格/提交 · Esc 取消", "Tab next field · Enter next/submit · Esc cancels"
    )

    release_title = Word("放单 / 控库 {title}", "Release or hold {title}")
    release_now = Word("未放 {held} · 可用 {available}", "{held} held · {available} available")
    release_do = Word("放单(从未放放出)", "release a wave from held units")
    release_hold = Word("控库(从可用收回)", "hold units back from available")
    release_effect = Word(
        "未放 {held_before} → {held_after},可用 {available_before} → {available_after}",
        "held {held_before} → {held_after}, available {available_before} → {available_after}",
    )
    release_too_many = Word("最多 {most} 件", "At most {most} units")
    release_reason = Word("原因(可不填)", "Reason (optional)")
    release_keys = Word(
        "数字 件数 · F2 放/控 · Enter 执行 · Esc 取消",
        "digits units · F2 release/hold · Enter does it · Esc cancels",
    )
    count_short_sure = Word("再按一次 Enter 才改。", "Press Enter again to do it.")
    release_quantity = Word("件数", "Units")
    release_missing = Word("请填件数。", "Give the number of units.")
    release_what = Word("做什么", "What")
    size_keys = Word("F6/F7 换规格", "F6/F7 other size")

    quit_title = Word("退出控制台", "Quit the console")
    quit_live_text = Word("直播间 {room} 还在运行。", "Room {room} is still running.")
    quit_replay_text = Word("回放 {room} 还在运行。", "Replay {room} is still running.")
    quit_leave = Word("离开,直播间继续运行", "Leave, keep the room running")
    quit_leave_replay = Word("离开,回放继续运行", "Leave, keep the replay running")
    quit_stop = Word("停止直播间(不再收单)", "Stop the room (no more orders are taken in)")
    quit_stop_replay = Word("结束回放", "End the replay")
    quit_cancel = Word("取消,不退出", "Cancel, stay here")
    choice_keys = Word(
        "上下/数字 选择 · Enter 确定 · Esc 取消", "Up/Down/digits choose · Enter does it · Esc cancels"
    )

    who_title = Word("谁在操作?", "Who is acting?")
    who_text = Word("你的名字会记在每个操作旁边。", "Your name is written beside each action.")
    who_name = Word("名字", "Name")
    who_keys = Word("Enter 确定 · Esc 只看不动手", "Enter takes it · Esc: only watch")
    who_missing = Word("请写名字。", "Give a name.")
    who_too_long = Word("名字最多 {most} 个字。", "A name has at most {most} characters.")

    theme_title = Word("主题", "Theme")
