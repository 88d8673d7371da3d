"""Words of the audit trail and of the work list."""

from __future__ import annotations

from stockwatch.console.lexicon.word import Word, short


class RecordWords:
    exceptions_open = Word("异常 {count}", "{count} exceptions")

    audit_title = Word("库存流水 {title}", "Audit trail of {title}")
    audit_everything = Word("库存流水 全部商品", "Audit trail of every SKU")
    audit_now = Word(
        "可用 {available} · 锁单 {reserved} · 已售 {sold} · 在途 {in_transit}",
        "available {available} · locked {reserved} · sold {sold} · on its way {in_transit}",
    )
    audit_empty = Word("没有流水。", "No movements.")
    audit_none_found = Word("没有含“{text}”的流水。", "No movement holds “{text}”.")
    records_cut = Word("与后台断开,连上后再查", "the hub is away; asked again when it is back")
    audit_waiting = Word("正在查…", "looking…")
    audit_lags = Word("流水到 #{upto},账本已到 #{seq}", "the trail is at #{upto}, the ledger at #{seq}")
    audit_missing = Word("更早的 {count} 条还在读入", "{count} earlier events are still being read in")
    audit_keys = Word(
        "上下 翻看 · / 搜索 · 左右 换规格 · a 全部商品 · Enter 看原文 · Esc 关闭",
        "Up/Down · / search · Left/Right size · a all SKUs · Enter message · Esc",
    )
    audit_search = Word("搜索(订单、单据、人、原因):", "Search (order, document, who, why): ")
    audit_left = Word("剩", "Left")
    audit_time = Word("时间", "Time")
    audit_what = Word("事", "What")
    audit_moved = Word("变动", "Moved")
    audit_of = Word("订单/单据", "Order/document")
    audit_who = Word("谁", "Who")

    shipped_units = short("已发", "Sent")

    event_placed = short("下单", "placed")
    event_requested = short("请求", "asked")
    event_paid = short("付款", "paid")
    event_shipped = short("发货", "sent")
    event_cancelled = short("取消", "cancel")
    event_expired = short("过期", "expire")
    event_refunded = short("退款", "refund")
    event_changed = short("改码", "change")
    event_ordered = short("要货", "order")
    event_received = short("到货", "in")
    event_counted = short("盘点", "count")
    event_adjusted = short("调整", "adjust")
    event_inspected = short("质检", "check")
    event_held = short("控库", "hold")
    event_unheld = short("放单", "wave")
    event_resolved = short("处理", "solved")

    outcome_rejected = short("被拒", "reject")
    outcome_short = short("缺货", "short")
    outcome_conflict = short("矛盾", "confl.")

    exceptions_title = Word("异常单 {count} 条待处理", "Exceptions: {count} to resolve")
    exceptions_shown = Word("(显示最新 {shown} 条)", " (the newest {shown} are shown)")
    exceptions_forgotten = Word(
        "更早的 {count} 条已让位,见搁置文件", "{count} earlier ones: see the dead-letter file"
    )
    exceptions_none = Word("没有异常。", "No exceptions.")
    exceptions_keys = Word(
        "上下选择 · F2 处理 · h 流水 · Enter 看原文 · Esc 关闭",
        "Up/Down · F2 resolve · h audit trail · Enter message · Esc closes",
    )
    exceptions_note = Word("怎么处理的:", "What was done: ")
    exceptions_note_keys = Word("Enter 记下 · Esc 返回", "Enter records it · Esc back")
    exceptions_do = Word("处理异常", "resolve")
    exceptions_times = Word("{count} 次", "{count} times")

    kind_short = short("缺货", "short")
    kind_conflict = short("矛盾", "confl.")
    kind_orphan = short("无主", "orphan")
    kind_late = short("迟付", "late")
    kind_unknown_sku = short("未建档", "no SKU")
    kind_money_due = short("待退款", "refund")
    kind_waiting_stock = short("等货", "waits")

    message_title = Word("原文 #{seq}", "Message #{seq}")
    message_gone = Word("这条原文没有留着。", "This message is not kept.")
    message_keys = Word("上下 翻看 · Esc 关闭", "Up/Down scroll · Esc closes")
