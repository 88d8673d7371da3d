"""What a room sounds like besides orders: heartbeats, viewer counts and chat.

Chat mixes stock questions with messages that only look like them, so that whoever counts questions has
something to get wrong. Owns no stock. No I/O.
"""

from __future__ import annotations

from collections.abc import Sequence

from stockwatch.drills.simulator import Draft, Platform, Profile, Stage, arrivals

QUESTIONS = (
    "{n}号还有吗",
    "{n}号链接还能拍不",
    "{title}还有货没",
    "{n}号 m码还有吗??",
    "L码是不是没了呀",
    "黑色还有木有",
    "怎么点进去拍不了 没货了?",
    "这款还会补货吗",
    "{n}号大概还剩几件啊",
    "一直显示库存不足 再上点呗",
    "{n}号是断码了吗",
    "拍了还没付 会帮我留吗",
    "刚刷新又没了 还加不加单",
)
LOOK_ALIKES = (
    "160 105斤拿什么码合适",
    "券还有没有呀",
    "今天播到几点",
    "我上周买的啥时候发货啊",
    "补拍的运费能退吗",
    "有厂家货源吗 想代发",
    "这批是不是往年库存",
    "抢到L码啦 开心",
)
SMALL_TALK = (
    "主播今天好美",
    "来啦来啦",
    "这个颜色好看",
    "会不会起球呀",
    "{n}号试穿一下呗",
    "666",
    "什么面料的",
    "已拍 求优先发",
    "关注了关注了",
    "第一次来 支持一下",
    "身高170穿着会短吗",
    "声音有点小",
)


def heartbeats(stage: Stage, platforms: Sequence[Platform], begin: int, end: int, every: int) -> None:
    """Each feed says that it lives, the feeds in turn; silent in an outage."""
    for number, platform in enumerate(platforms):
        for at in range(begin + every * (number + 1) // (len(platforms) + 1), end, every):
            if any(outage.begin <= at < outage.end for outage in platform.outages):
                continue
            draft = Draft("feed.heartbeat", platform.source, stage.number("hb"), at, {})
            stage.say(draft, at + stage.rng.randint(20, 300))


def viewers(stage: Stage, platforms: Sequence[Platform], crowd: Profile, every: int) -> None:
    """Viewer counts: `crowd` over all platforms, split among them, with a little noise."""
    shares = [0.5, 0.3, 0.2][: len(platforms)]
    for at in range(crowd.begin, crowd.end, every):
        for platform, share in zip(platforms, shares, strict=True):
            count = int(crowd.rate(at) * share * (0.97 + 0.06 * stage.rng.random()))
            received = platform.receipt(stage.rng, at)
            if received is not None:
                draft = Draft("room.viewers", platform.source, stage.number("vw"), at, {"count": count})
                stage.say(draft, received)


def chat(
    stage: Stage,
    platforms: Sequence[Platform],
    pace: Profile,
    links: Sequence[tuple[int, str]],
    curious: Profile,
) -> None:
    """Messages at `pace`; `curious` is the share of stock questions in percent; `links` are (slot, title)."""
    rng = stage.rng
    for at in arrivals(rng, pace):
        slot, title = rng.choice(links)
        share = curious.rate(at) / 100
        part = rng.random()
        if part < share:
            text = rng.choice(QUESTIONS)
        elif part < share + (1 - share) / 4:
            text = rng.choice(LOOK_ALIKES)
        else:
            text = rng.choice(SMALL_TALK)
        platform = rng.choice(platforms)
        received = platform.receipt(rng, at)
        if received is not None:
            data = {"user": f"用户{rng.randint(1000, 9999)}", "text": text.format(n=slot, title=title)}
            stage.say(Draft("chat.message", platform.source, stage.number("ch"), at, data), received)
