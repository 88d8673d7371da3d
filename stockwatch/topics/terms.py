"""Topics of tiers, words and outcomes, and one sentence for each event type: what no registry tells.

Tests hold the names here to the registries: every tier, outcome and known event type has its sentence.
"""

from __future__ import annotations

from collections.abc import Iterator

from stockwatch.config.problems import Words
from stockwatch.console.words import words
from stockwatch.topics.topic import Topic

TIERS: dict[str, Words] = {
    "TREND": Words(
        "Demand has begun to rise: orders come faster than usual, by more than chance, or `trend_sold` units are "
        "taken. There is time: look for more stock now.",
        "起量:下单比平时快,快得不像是碰巧;或被拍走的件数到了 trend_sold。还有时间,现在就找货。",
    ),
    "THRESHOLD": Words(
        "Stock is under the safety line: what sells, three times in four at most, during the restock's lead time, the "
        "reaction time and five minutes to decide, or the line set by hand when that is higher. Restock now. "
        "That long before a source closes, the lead time is that of what can come after the closing: the last call.",
        "库存低于安全线:补货期、反应时间再加 5 分钟决定时间内会卖掉的件数(四次里三次不超过);手设的线更高时用手设的。"
        "现在补货。货源截单前同样长的时间里,补货期按截单之后才能到的算:最后补货机会。",
    ),
    "CRITICAL": Words(
        "With a chance of a third or more it runs out before a restock that is ordered within five minutes could be "
        "sold, or it has run out. Switch the host to a substitute.",
        "有三成以上的可能,5 分钟内下单补货也赶不上,或已经没了。让主播换品。",
    ),
}
OUTCOMES: dict[str, Words] = {
    "accepted": Words("Booked.", "已入账。"),
    "duplicate": Words(
        "The same source, id and content came before: nothing is booked twice. `original` is what the first got.",
        "同一 source、id、内容来过:不会记两次。original 是第一次的结果。",
    ),
    "rejected": Words("A request that stock cannot meet: nothing was taken.", "询问单,库存不够:没有占库存。"),
    "short": Words(
        "A fact that stock cannot meet in full: it took what there was, the rest is shortfall.",
        "平台已收的单,库存不够:有多少占多少,其余记缺货。",
    ),
    "noop": Words(
        "It changes no figure and nothing that a later event will do.", "不改变任何数字,也不影响之后的消息。"
    ),
    "conflict": Words(
        "The same source and id with other content, or facts that contradict: the first stands, this is set aside.",
        "同一 source 和 id 但内容不同,或事实互相矛盾:以第一次为准,这条搁置。",
    ),
    "invalid": Words(
        "It can't be read as an event: set aside with the reason, nothing else stops.",
        "读不成一条消息:连同原因搁置,其余照常。",
    ),
}
EVENTS: dict[str, Words] = {
    "order.requested": Words(
        "A storefront of ours asks for units: accepted or rejected.", "自家店铺询问:接受或拒绝。"
    ),
    "order.placed": Words("A platform has taken an order: a fact.", "平台收了一单:既成事实。"),
    "order.paid": Words("It was paid; implies that it was placed.", "已付款;等于也已下单。"),
    "order.shipped": Words("It has left; implies that it was paid.", "已发货;等于也已付款。"),
    "order.cancelled": Words("Releases what is not shipped.", "释放还没发货的。"),
    "order.expired": Words("Releases what is not paid.", "释放还没付款的。"),
    "order.refunded": Words(
        "To quarantine, or to available when it never shipped and `restock` is true.",
        "进待检;没发过货且 restock 为真时回可用。",
    ),
    "order.changed": Words("Moves a line to another SKU.", "改码:换成另一个 SKU。"),
    "stock.ordered": Words("More was ordered; in transit once confirmed.", "要了货;对方确认后算在途。"),
    "stock.received": Words("Goods are here.", "到货。"),
    "stock.counted": Words("Somebody counted what is on hand.", "盘点实物。"),
    "stock.adjusted": Words("On hand corrected by so many.", "库存增减更正。"),
    "stock.inspected": Words("Out of quarantine: good, or written off.", "待检处理:良品或报废。"),
    "stock.held": Words("Held back from sale.", "控库:留着不放。"),
    "stock.unheld": Words("Released for sale.", "放单。"),
    "channel.stock": Words("What a platform says it has.", "平台说它有多少。"),
    "lease.granted": Words(
        "A channel is lent stock; journaled, moves nothing yet.", "给渠道配额;只记录,暂不动库存。"
    ),
    "lease.returned": Words(
        "A channel gives it back; journaled, moves nothing yet.", "渠道还配额;只记录,暂不动库存。"
    ),
    "product.listed": Words("A link is on, with its number.", "链接上架及其号。"),
    "product.pinned": Words("The link is being presented.", "开始讲解这个链接。"),
    "product.unpinned": Words("The link is no longer presented.", "不再讲解这个链接。"),
    "chat.message": Words("A viewer wrote; moves nothing.", "弹幕;不动数字。"),
    "room.viewers": Words("How many watch; moves nothing.", "在线人数;不动数字。"),
    "note.added": Words("A note of the team.", "团队备注。"),
    "shift.changed": Words("One operator hands over to another.", "交接班。"),
    "room.learned": Words("A stream begins with what earlier ones taught.", "开播时用上以前直播学到的。"),
    "feed.gap": Words("Events of this time are missing, or come late.", "这段时间的消息缺失或迟到。"),
    "feed.heartbeat": Words("The feed lives.", "消息源还活着。"),
    "action.webhook": Words(
        "What came of a try to tell a restock by webhook.", "用 webhook 通知补货的结果。"
    ),
    "alert.raised": Words("An alert began.", "预警开始。"),
    "alert.escalated": Words("It rose to a higher tier.", "预警升级。"),
    "alert.acknowledged": Words("Somebody took it.", "有人认领。"),
    "alert.resolved": Words("It ended.", "预警解除。"),
    "alert.overwritten": Words(
        "Somebody else changed a platform's figure; printed by replays, never journaled.",
        "平台库存被外部改了;回放时输出,不入账本。",
    ),
}
_FIGURES: dict[str, tuple[Words, Words]] = {
    "available": (
        Words("available", "可用"),
        Words("On hand, neither locked, held, nor in quarantine.", "实物里没被锁单、没控库、不待检的。"),
    ),
    "sellable": (
        Words("sellable", "可卖"),
        Words(
            "Available less what channels may have sold unseen: the figure for the host.",
            "可用减去渠道可能已卖而我们还没看到的:报给主播的数。",
        ),
    ),
    "held": (Words("held", "未放"), Words("Owned, not released for sale yet.", "有货,还没放出来卖。")),
    "reserved": (Words("reserved", "锁单"), Words("Locked by orders not paid yet.", "拍了还没付款的。")),
    "sold": (Words("sold", "已售"), Words("Paid and not refunded.", "已付款且没退的。")),
    "shipped": (Words("shipped", "已发"), Words("The part of sold that has left.", "已售中发走的。")),
    "quarantined": (
        Words("quarantined", "待检"),
        Words("Came back and is not inspected yet.", "退回来还没检查的。"),
    ),
    "on_hand": (
        Words("on_hand", "实物"),
        Words(
            "What a count would find: available + held + reserved + sold not shipped + quarantined.",
            "盘点能数到的:可用+未放+锁单+已售未发+待检。",
        ),
    ),
    "in_transit": (
        Words("in_transit", "在途"),
        Words("Ordered and confirmed, not here yet.", "已锁货,还没到。"),
    ),
    "shortfall": (
        Words("shortfall", "缺货"),
        Words(
            "Units owed to orders that stock could not meet: open now.", "平台收了单而没货的件数,现在还欠着。"
        ),
    ),
    "oversold": (Words("oversold", "超卖"), Words("Units that were ever short.", "曾经缺过的件数。")),
    "velocity": (
        Words("velocity", "件/分"),
        Words("Units taken a minute, by the orders' own times.", "每分钟拍走的件数,按订单时间。"),
    ),
    "lead_time": (
        Words("lead time", "补货期"),
        Words(
            "Until more can be sold. For alerts at most twelve times as long as the pace has been seen: "
            "1 h for a fresh burst, 6 h for a steady one.",
            "多久之后有货可卖。预警时最多按当前速度已持续时间的 12 倍算:刚起量 1 小时,稳定后 6 小时。",
        ),
    ),
    "safety_line": (
        Words("safety line", "安全线"),
        Words("Under it THRESHOLD is raised.", "低于它就报阈值预警。"),
    ),
    "bell": (
        Words("bell", "响铃"),
        Words(
            "What must be looked at now: THRESHOLD, CRITICAL, and a TREND that may sell out within the lead time and "
            "an hour. Once for one link, once for many that speed up together, again while nobody takes it.",
            "现在就要看的:阈值、紧急,以及可能在补货期加一小时内售罄的趋势。一个链接响一次,一起起量只响一次,没人认领再响。",
        ),
    ),
    "lessons": (
        Words("lessons", "经验"),
        Words(
            "What the streams of a room have taught, in a file that is written as the room closes and begins the next "
            "stream (`stockwatch room lessons ROOM`). usual_per_hour: orders an hour by channel; varies: how far "
            "streams differ, as a standard deviation of the logarithm; clustering: variance over mean of the orders in "
            "15, 45, 135, 405 s; peaks: how high chance drives them; surges: how they went on; presented: what sold "
            "while the host presented it. Beliefs, no figures: a few orders of the new stream outweigh them.",
            "以前的直播学到的东西,直播间关闭时写成文件,下一场开播时用(stockwatch room lessons 直播间)。usual_per_hour:"
            "各渠道平时每小时单数;varies:场次间差多少(对数标准差);clustering:15、45、135、405 秒内单数的方差除以均值;"
            "peaks:碰巧能冲多高;surges:起量后来怎样;presented:讲解时卖了多少。只是起点,不是数字:新一场几单就盖过。",
        ),
    ),
    "gap": (
        Words("gap", "断流"),
        Words("A time in which a feed was not heard.", "消息源没有声音的一段时间。"),
    ),
    "ledger": (
        Words("ledger", "账本"),
        Words("The one owner of stock: a file, with one writer.", "库存唯一的账:一个文件,一个写手。"),
    ),
    "hub": (
        Words("hub", "后台"),
        Words(
            "The process that follows the rooms of one ledger; it outlives every console.",
            "跟着同一账本的直播间跑的程序;看板关了它还在。",
        ),
    ),
    "listing": (
        Words("link", "链接"),
        Words("What viewers buy: a number and its items.", "观众买的东西:一个号和它的内容。"),
    ),
    "tick": (
        Words("tick", "节拍"),
        Words(
            "A whole second of the decision clock: decisions fall only there.",
            "决策时钟的整秒:决定只在这时作出。",
        ),
    ),
}


def topics() -> Iterator[Topic]:
    chinese = words("zh")
    tiers = {
        "TREND": chinese.tier_trend,
        "THRESHOLD": chinese.tier_threshold,
        "CRITICAL": chinese.tier_critical,
    }
    for name, about in TIERS.items():
        yield Topic("tiers", (name, tiers[name], f"{tiers[name]}预警"), about)
    for name, (spoken, about) in _FIGURES.items():
        yield Topic(
            "words",
            (spoken.en, spoken.zh, name),
            Words(f"({spoken.zh}) {about.en}", f"({spoken.zh}){about.zh}"),
        )
    for name, about in OUTCOMES.items():
        yield Topic("outcomes", (name,), about)
