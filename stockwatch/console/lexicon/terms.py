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
    velocity = short("件/分", "U/min")
    eta = short("约售罄", "Out~")
    trend_30 = short("近30分", "30min")
    link = short("链接", "Link")
    number = short("号", "No.")
    size = short("规格", "Size")
    total = short("合计", "Total")

    quarantined_full = Word("退货待检", "Returns in quarantine")

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
    broken = short("断码", "Gone")
    broken_of = Word("断{sizes}", "no {sizes}")
    left_of = Word("剩{sizes}", "left {sizes}")
    sold_out = short("售罄", "Out")
    acknowledged = short("认领", "Taken")
    acknowledged_by = Word("{who} 认领", "taken by {who}")
    open_alert = short("待认领", "Open")
    resolved = short("已处理", "Done")

    # Feeds and the room.
    live = short("直播", "LIVE")
    replay = short("回放", "REPLAY")
    read_only = short("只读", "R/O")
    stale = short("滞后", "STALE")
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
    do_restock = short("补货", "Stock+")

    # States of a restock.
    restock_asked = short("已询", "asked")
    restock_confirmed = short("已锁货", "confd")
    restock_shipped = short("在路上", "sent")
    restock_refused = short("被拒", "refusd")
    restock_received = short("已到仓", "in")
