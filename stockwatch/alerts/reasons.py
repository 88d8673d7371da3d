"""Why an alert rings and why it has ended: one sentence with its numbers (R12), in Chinese and English. Pure.

Every sentence is true of the figures it is made of: what is left is named with what it consists of, a line is
said to be crossed or cleared only by the units named beside it, a restock in time only where the forecast
named bears it out, and units that should have come are called overdue.
"""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from stockwatch.alerts.facts import Closing
from stockwatch.alerts.lines import NO_SOURCE_S
from stockwatch.alerts.tiers import THRESHOLD, TREND, Assessment, Pace
from stockwatch.demand.outlook import HORIZON_S, Forecast
from stockwatch.instants import in_zone
from stockwatch.printable import printable

_SECOND_US = 1_000_000
LATE_S = 30
"""Where orders come later than this, a tenth of five minutes, the last five can't be compared with those before."""


class Words(msgspec.Struct, frozen=True):
    """One text in both languages."""

    zh: str
    en: str


def clock_text(now_us: int, after_s: float, zone: tzinfo) -> Words:
    """The clock time `after_s` from now, `HH:MM`, and that it is on another day where it is."""
    now = in_zone(now_us, zone)
    then = in_zone((now_us // _SECOND_US + round(after_s)) * _SECOND_US, zone)
    days = (then.date() - now.date()).days
    at = f"{then:%H:%M}"
    if not days:
        return Words(at, at)
    day = {1: "次日", -1: "昨日"}.get(days, f"{abs(days)} 天{'后' if days > 0 else '前'}")
    return Words(f"{day} {at}", f"{at} ({days:+d} d)")


def reason(what: Assessment, now_us: int, zone: tzinfo) -> Words:
    """Why the tier holds. `what.cause` says which sentence: any other than those of the tiers tells the pace."""
    head = _HEADS.get(what.cause, _pace)(what)
    if what.closing is not None and what.tier > TREND and what.cause != "gone":
        closing = _closing(what.closing, now_us, zone)
        head = _joined(closing, head) if what.cause == "last_call" else _joined(head, closing)
    supply = _supply(what, now_us, zone)
    if what.cause == "gone":
        return _joined(head, supply)
    out = _sell_out(what.eta, now_us, zone)
    if what.silent_s is not None:
        out = _before_silence(out, what.silent_s)
    return _joined(head, Words(f"{out.zh},{supply.zh}", f"{out.en}, {supply.en}") if supply.zh else out)


def resolved_reason(tier: int, what: Assessment, now_us: int, zone: tzinfo) -> Words:
    """Why an alert of `tier` has ended."""
    if tier == TREND:
        recent = _recent(what)
        return Words(
            f"10 分钟没有再测到加速:{recent.zh},前 5 分钟 {what.before} 单",
            f"no acceleration measured for 10 min: {recent.en}, {what.before} in the 5 before",
        )
    left = _left(what)
    if tier == THRESHOLD:
        return _joined(left, _clear_of_the_line(what))
    out = _sell_out(what.eta, now_us, zone)
    if not _later_than(what.eta, NO_SOURCE_S if what.lead_s is None else what.lead_s):
        return _joined(left, out)
    if what.lead_s is None:
        if what.eta.p10_s is None:
            return _joined(left, out)
        claim = Words("15 分钟内不像会售罄", "not likely within 15 min")
    else:
        claim = Words("来得及补货", "a restock can come in time")
    return _joined(left, Words(f"{out.zh},{claim.zh}", f"{out.en}, {claim.en}"))


# --- what is left ----------


def _left(what: Assessment) -> Words:
    """Everything that can be sold or released, and what makes it differ from what is on the shelf."""
    zh, en = [], []
    if what.held:
        zh.append(f"未放 {what.held}")
        en.append(f"{what.held} held back")
    if what.promised:
        zh.append(f"含在途先卖 {what.promised}")
        en.append(f"{what.promised} of them still on their way")
    if what.shortfall:
        open_units = max(0, what.shortfall - what.available - what.promised)
        zh.append(f"缺口 {open_units} 未补" if open_units else f"已扣缺口 {what.shortfall}")
        en.append(f"{open_units} owed" if open_units else f"{what.shortfall} owed taken off")
    total = what.free + what.held
    return Words(
        f"剩 {total} 件" + (f"({','.join(zh)})" if zh else ""),
        f"{total} left" + (f" ({', '.join(en)})" if en else ""),
    )


def _clear_of_the_line(what: Assessment) -> Words:
    line = what.safety_line
    if what.free + what.held + what.soon <= line:
        return Words(
            f"在途 {what.doubtful} 件多半来得及,补货期内卖完的可能只剩 {_percent(what.short)}%",
            f"the {what.doubtful} on their way are likely in time, sold out within a restock's time with only "
            f"{_percent(what.short)} %",
        )
    if what.free + what.held <= line:
        return Words(
            f"加上来得及到的 {what.soon} 件,稳定高于安全线 {line} 件",
            f"with {what.soon} due in time steadily above the safety line {line}",
        )
    if line == 0:
        return Words(
            f"{_recent(what).zh},安全线已降到 0 件",
            f"{_recent(what).en}, the safety line has fallen to 0",
        )
    return Words(f"稳定高于安全线 {line} 件", f"steadily above the safety line {line}")


# --- heads ----------


def _pace(what: Assessment) -> Words:
    if what.pace is not None:
        return _faster(what.pace)
    if what.presented_per_min:
        sold = (
            f"{what.presented_per_min:.2g}"
            if what.presented_per_min < 10
            else f"{what.presented_per_min:.0f}"
        )
        return Words(
            f"正在讲解,以前讲解时每分钟 {sold} 单",
            f"being presented, which has sold {sold} orders a minute before",
        )
    recent = _recent(what)
    ratio = f"×{what.recent / what.before:.1f}" if what.before and what.late_s < LATE_S else ""
    return Words(
        f"{recent.zh},前 5 分钟 {what.before} 单" + (f"({ratio})" if ratio else ""),
        f"{recent.en}, {what.before} in the 5 before" + (f" ({ratio})" if ratio else ""),
    )


def _recent(what: Assessment) -> Words:
    """Orders in the last five minutes, and that some of them are still to come."""
    zh, en = f"近 5 分钟 {what.recent} 单", f"{_orders(what.recent)} in the last 5 min"
    if what.late_s < LATE_S:
        return Words(zh, en)
    late_zh, late_en = _duration(what.late_s)
    return Words(f"{zh}(有渠道晚到 {late_zh},没到齐)", f"{en} (not all in: a channel is {late_en} late)")


def _faster(pace: Pace) -> Words:
    """Orders since the surge began, and what is usual in as long."""
    minutes, seconds = divmod(pace.seconds, 60)
    usual = f"{pace.usual:.0f}" if pace.usual >= 10 else f"{pace.usual:.1f}"
    compared = Words(f"平时 {usual} 单", f"{usual} as usual")
    if pace.usual < 0.05:
        compared = Words("平时几乎没有", "next to none as usual")
    ratio = f"(×{pace.orders / pace.usual:.1f})" if pace.usual >= 0.05 else ""
    while_zh = (f"{minutes}分" if minutes else "") + (f"{seconds}秒" if seconds or not minutes else "")
    while_en = " ".join(
        part
        for part in (f"{minutes} min" if minutes else "", f"{seconds} s" if seconds or not minutes else "")
        if part
    )
    return Words(
        f"近 {while_zh} {pace.orders} 单,{compared.zh}{ratio}",
        f"{_orders(pace.orders)} in the last {while_en}, {compared.en}" + (f" {ratio}" if ratio else ""),
    )


def _gone(what: Assessment) -> Words:
    if not what.taken:
        return Words("已无货:可卖 0 件,一件没卖", "nothing left: 0 to sell, none taken")
    return Words(f"已售罄:可卖 0 件,已拍 {what.taken} 件", f"sold out: 0 left to sell, {what.taken} taken")


def _near(what: Assessment) -> Words:
    pace = _pace(what)
    if what.free == what.available:
        return Words(f"可用 {what.available} 件,{pace.zh}", f"{what.available} available, {pace.en}")
    left = _left(what)
    return Words(f"{left.zh},{pace.zh}", f"{left.en}, {pace.en}")


def _low(what: Assessment) -> Words:
    left = _left(what)
    line = what.safety_line
    by_hand = line == what.floor
    line_zh = f"{'人工' if by_hand else ''}安全线 {line} 件"
    line_en = f"the {'hand-set ' if by_hand else ''}safety line {line}"
    if what.soon:
        zh = f"{left.zh},加上来得及到的 {what.soon} 件,仍不高于{line_zh}"
        en = f"{left.en}, with {what.soon} due in time still not above {line_en}"
    else:
        zh, en = f"{left.zh},已到{line_zh}", f"{left.en}, at or under {line_en}"
    if what.recent:
        zh += f";{_recent(what).zh}"
        en += f"; {_recent(what).en}"
    return Words(zh, en)


def _doubtful(what: Assessment) -> Words:
    left = _left(what)
    more = Words(
        f"加上来得及到的 {what.soon} 件," if what.soon else "",
        f"with {what.soon} due in time " if what.soon else "",
    )
    late, short = _percent(what.doubt), _percent(what.short)
    return Words(
        f"{left.zh},{more.zh}在途 {what.doubtful} 件有 {late}% 可能赶不上:补货期内卖完的可能 {short}%",
        f"{left.en}, {more.en}{what.doubtful} on their way come too late with a chance of {late} %: "
        f"sold out within a restock's time with {short} %",
    )


def _percent(chance: float) -> int:
    """Never 0 or 100: what is in doubt is neither."""
    return min(99, max(1, round(100 * chance)))


def _taken(what: Assessment) -> Words:
    head = Words(f"已拍 {what.taken} 件,到达起量线", f"{what.taken} taken, the trend line is reached")
    return _joined(head, _pace(what)) if what.recent else head


_HEADS = {
    "gone": _gone,
    "sellout": _near,
    "line": _low,
    "late": _doubtful,
    "last_call": _near,
    "sold": _taken,
}


def _joined(head: Words, tail: Words) -> Words:
    if not tail.zh:
        return head
    return Words(f"{head.zh};{tail.zh}", f"{head.en}; {tail.en}")


def _orders(count: int) -> str:
    return f"{count} order" if count == 1 else f"{count} orders"


# --- when it is gone, and what can come ----------


def _later_than(eta: Forecast, seconds: int) -> bool:
    """Nine times in ten the sell-out is later than in so many seconds."""
    return seconds <= HORIZON_S if eta.p10_s is None else eta.p10_s > seconds


def _sell_out(eta: Forecast, now_us: int, zone: tzinfo) -> Words:
    if eta.p10_s is None:
        return Words("按此 24 小时内不会售罄", "at this pace not sold out within 24 h")
    early = clock_text(now_us, eta.p10_s, zone)
    if eta.p50_s is None:
        return Words(
            f"按此最早 {early.zh} 售罄,多半在 24 小时后",
            f"at this pace sold out at {early.en} at the earliest, most likely after 24 h",
        )
    middle = clock_text(now_us, eta.p50_s, zone)
    late = Words("24 小时后", "after 24 h") if eta.p90_s is None else clock_text(now_us, eta.p90_s, zone)
    if early == middle == late:
        return Words(f"按此 {middle.zh} 售罄", f"at this pace sold out at {middle.en}")
    return Words(
        f"按此 {middle.zh} 售罄({early.zh}–{late.zh})",
        f"at this pace sold out at {middle.en} ({early.en}–{late.en})",
    )


def _before_silence(out: Words, silent_s: int) -> Words:
    """A forecast that rests on what was heard before a feed fell silent."""
    zh, en = _duration(silent_s)
    return Words(
        f"{out.zh}(断流 {zh},按断流前的销量)", f"{out.en} (feed silent for {en}: by the sales before it)"
    )


def _duration(seconds: int) -> tuple[str, str]:
    """In Chinese and English, whole minutes from one on."""
    minutes = seconds // 60
    return (f"{minutes} 分钟", f"{minutes} min") if minutes else (f"{seconds} 秒", f"{seconds} s")


def _closing(closing: Closing, now_us: int, zone: tzinfo) -> Words:
    """Until when a source takes requests, and what can come after that."""
    source = printable(closing.source, 32)
    until = clock_text(now_us, closing.in_s, zone)
    at = clock_text(now_us, closing.soonest_s, zone)
    late = clock_text(now_us, closing.surely_s, zone)
    known = late.zh == at.zh
    return Words(
        f"最后补货机会:{source} {until.zh} 截单,之后最快 {at.zh} 到" + ("" if known else f"(最迟 {late.zh})"),
        f"last call: {source} takes orders until {until.en}, after that by {at.en} at the earliest"
        + ("" if known else f" ({late.en} at the latest)"),
    )


def _supply(what: Assessment, now_us: int, zone: tzinfo) -> Words:
    """What should have come, and what can come next; empty when only the overdue is known of."""
    zh, en = [], []
    if what.overdue_us is not None:
        at = clock_text(now_us, (what.overdue_us - now_us) / _SECOND_US, zone)
        zh.append(f"补货 {what.overdue} 件已过点({at.zh})未到")
        en.append(f"{what.overdue} overdue since {at.en}")
    if what.arrival_us is not None:
        at = clock_text(now_us, (what.arrival_us - now_us) / _SECOND_US, zone)
        part = what.arrival_qty < what.coming
        zh.append(
            f"在途 {what.coming} 件" + (f",其中 {what.arrival_qty} 件" if part else "") + f" {at.zh} 到"
        )
        en.append(
            f"{what.coming} on their way" + (f", {what.arrival_qty} of them" if part else "") + f" by {at.en}"
        )
    elif what.lead_s is not None:
        at = clock_text(now_us, what.lead_s if what.soonest_s is None else what.soonest_s, zone)
        late = clock_text(now_us, what.lead_s, zone)
        known = late.zh == at.zh
        zh.append(f"{'再补' if zh else '补货'}最快 {at.zh} 到" + ("" if known else f"(最迟 {late.zh})"))
        en.append(
            f"{'another' if en else 'a'} restock by {at.en} at the earliest"
            + ("" if known else f" ({late.en} at the latest)")
        )
    elif not zh:
        return Words("没有补货来源", "no restock source")
    return Words(",".join(zh), ", ".join(en))
