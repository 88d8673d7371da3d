"""The domain's words: figures, tiers, states, what can be done. Names carrying `_short` (or made by
`short`) fit 6 cells.
"""

from __future__ import annotations

from stockwatch.console.lexicon.word import Word, short


class Terms:
    # Figures: column heads and table rows.
    sellable = short("可卖", "Sell")
    available = short("可用", "Avail")
    reserved = short("锁单", "Locked")
    sold = short("已售", "Sold")
    in_transit = short("在途", "OnWay")
    quarantined = short("待检", "Quar.")
    shortfall = short("缺货", "Short")
    held = short("未放", "Held")
    on_hand = short("实物", "OnHand")
    shipped = short("已发", "Shippd")
    oversold = short("超卖", "Over")
    velocity = short("件/分", "U/min")
    eta = short("约售罄", "Out~")
    trend_30 = short("近30分", "30 min")
    channels = short("渠道", "Chans")
    link = short("链接", "Link")
    number = short("号", "No.")
    title = short("标题", "Title")
    size = short("规格", "Size")
    state = short("状态", "State")
    total = short("合计", "Total")

    sellable_full = Word("还能卖", "Sellable now")
    available_full = Word("可用库存", "Available (whole pool)")
    reserved_full = Word("未付锁单", "Locked by unpaid orders")
    sold_full = Word("已售", "Sold (paid)")
    in_transit_full = Word("调货在途", "In transit")
    quarantined_full = Word("退货待检", "Returns in quarantine")
    shortfall_full = Word("超卖缺货", "Shortfall (oversold)")
    held_full = Word("未放库存", "Held back, not released")
    on_hand_full = Word("实物库存", "On hand")
    velocity_full = Word("每分钟件数", "Units a minute")
    eta_full = Word("预计售罄", "Expected sell-out")
    safety_line = Word("安全线", "Safety line")
    lead_time = Word("最快补货", "Fastest restock")

    # Tiers.
    tier_none = short("正常", "OK")
    tier_trend = short("趋势", "TREND")
    tier_threshold = short("阈值", "THRESH")
    tier_critical = short("紧急", "CRIT")
    tier_none_full = Word("无预警", "no alert")
    tier_trend_full = Word("趋势预警(起量)", "TREND (demand rising)")
    tier_threshold_full = Word("阈值预警(库存低)", "THRESHOLD (stock low)")
    tier_critical_full = Word("紧急预警(要断货)", "CRITICAL (about to run out)")

    # States of a link and of an alert.
    presenting = short("讲解", "Live")
    presenting_full = Word("讲解中", "presenting")
    broken = short("断码", "Gone")
    broken_of = Word("断{sizes}", "out {sizes}")
    left_of = Word("剩{sizes}", "left {sizes}")
    sold_out = short("售罄", "Out")
    acknowledged = short("认领", "Taken")
    acknowledged_by = Word("{who} 认领", "taken by {who}")
    open_alert = short("待认领", "Open")
    resolved = short("已处理", "Done")
    escalated = short("升级", "Escal.")
    new = short("新", "New")

    # Feeds and the room.
    live = short("直播", "LIVE")
    live_full = Word("直播中", "LIVE")
    replay = short("回放", "REPLAY")
    drill = short("演练", "DRILL")
    read_only = short("只读", "R/O")
    read_only_full = Word("只读", "read-only")
    stale = short("滞后", "STALE")
    stale_full = Word("数据滞后", "STALE DATA")
    down = short("断流", "DOWN")
    connecting = short("连接中", "conn.")
    gap = short("缺口", "GAP")
    ended = short("已结束", "ended")
    no_feed = short("无", "none")
    feed_ok = short("正常", "ok")
    lag = short("延迟", "lag")
    paused = short("暂停", "PAUSED")
    max_speed = short("全速", "max")

    # What can be done.
    do_acknowledge = short("认领", "Take")
    do_restock = short("补货", "Stock+")
    do_substitute = short("换品", "Switch")
    do_present = short("讲解", "Pin")
    do_count = short("盘点", "Count")
    do_release = short("放单", "Wave")
    do_hold = short("控库", "Hold")
    do_confirm = short("锁货", "Confm")
    do_receive = short("收货", "Recv")

    # States of a restock.
    restock_asked = short("已询", "asked")
    restock_confirmed = short("已锁货", "confd")
    restock_shipped = short("在路上", "sent")
    restock_refused = short("被拒", "refusd")
    restock_received = short("已到仓", "in")
