"""Words of the detail pane, the alerts panel and the help screen."""

from __future__ import annotations

from stockwatch.console.lexicon.word import Word


class PaneWords:
    detail_none = Word("没有选中的链接", "No link selected")
    detail_waiting = Word("正在取走势…", "Fetching the chart…")
    detail_no_data = Word("还没有走势数据", "No chart data yet")
    chart_remaining = Word("可用(件)", "Available (units)")
    chart_velocity = Word("件/分", "Units/min")
    chart_safety = Word("安全线 {units}", "safety line {units}")
    chart_lead_time = Word("最快补货 {age}", "fastest restock {age}")
    by_channel = Word("各渠道下单", "Ordered by channel")
    taught = Word(
        "以前 {streams} 场:平时每小时 {usual} 单", "{streams} streams before: {usual} orders an hour as usual"
    )
    taught_presented = Word(",讲解时每分钟 {presented} 单", ", {presented} a minute while presented")
    by_platform = Word("平台库存", "Platforms' stock")
    read_ago = Word("{age}前", "{age} ago")
    due_at = Word("预计 {clock}", "due {clock}")
    received_of = Word("已收 {received}/{qty}", "in {received}/{qty}")
    parts_of = Word("组合", "Bundle")
    gift = Word("赠品", "gift")
    more_rows = Word("…还有 {count} 行", "…{count} more rows")

    alerts_title = Word("预警", "Alerts")
    alert_overwrite = Word("改库", "STOCK")
    alerts_none = Word("没有预警", "No alerts")
    alerts_more = Word("…还有 {count} 条", "…{count} more")
    deeds_title = Word("最近操作", "Done lately")
    steps = Word("下一步", "Next")
    say = Word("话术", "Say")

    mark_trend = Word("趋势", "trend")
    mark_threshold = Word("阈值", "threshold")
    mark_critical = Word("紧急", "critical")
    mark_resolved = Word("解除", "resolved")
    restock_told = Word("补货 {title} +{qty}:{told}", "Restock {title} +{qty}: {told}")
    mark_restock = Word("补货", "restock")
    mark_substitute = Word("换品", "substitute")
    mark_count = Word("盘点", "count")
    mark_present = Word("讲解", "presented")
    mark_surge = Word("起量", "surge")
    mark_gap = Word("断流", "gap")

    help_title = Word("帮助", "Help")
    help_keys = Word("按键", "Keys")
    help_ime = Word(
        "中文输入法开着也能用:数字、功能键、全角 ？／。",
        "With a Chinese IME on: digits, F-keys and full-width ？／。 work too.",
    )
    help_own_keys = Word(
        '自定按键:配置目录里的 keys.toml,一行一个,如 acknowledge = "x, f2";有错 doctor 会指出。',
        'Keys of your own: keys.toml in the config folder, a line each, like acknowledge = "x, f2"; '
        "`doctor` names what is wrong with it.",
    )
    help_marks = Word("图上的记号", "Marks on the chart")
    help_tiers = Word("预警等级", "Tiers")
    help_columns = Word("列与用词", "Columns and words")
    help_close = Word("上下翻页 · Esc 关闭", "Up/Down scroll · Esc closes")
    help_trend = Word(
        "卖得越来越快,或已卖到设定的件数", "demand has begun to rise, or a set number has been taken"
    )
    help_threshold = Word(
        "余量低于安全线:补货还来得及", "stock fell under the safety line: a restock still comes in time"
    )
    help_critical = Word(
        "补货赶不上售罄,或已经没货", "it runs out before any restock can be sold, or has run out"
    )
    help_sellable = Word("现在还能接多少单", "orders that can still be taken")
    help_available = Word("整个库存池里没被占用的件数", "units nobody has claimed, over the whole pool")
    help_reserved = Word(
        "拍下未付,占着库存,可能回流", "ordered but unpaid: they hold stock and may come back"
    )
    help_in_transit = Word("已确认、还没到仓的补货", "restocks promised but not arrived")
    help_held = Word("压着没放的库存(憋单)", "owned, but not released yet")
    help_shortfall = Word("卖出却没货的件数,要处理", "units sold that are not there: needs a person")
    help_velocity = Word("每分钟卖出的件数与快慢", "units taken a minute, and whether it speeds up")
    help_eta = Word("预计卖完的时刻", "when it is expected to sell out")
    help_broken = Word("断了的码", "sizes that are gone")
    help_stale = Word("数据太旧,数字可能不准", "the feed is silent: figures may be old")
