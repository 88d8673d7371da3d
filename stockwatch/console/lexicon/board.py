"""Words of the board, its header and footer, and of what the console says about itself."""

from __future__ import annotations

from stockwatch.console.lexicon.word import Word


class BoardWords:
    lines_short = Word("缺货 {count} 件", "{count} short")
    details_pending = Word("待查明细 {count}", "{count} to look up")
    goods_unmapped = Word("{count} 件未对上", "{count} unmapped")
    pushes_refused = Word("拒收推送 {count}", "{count} pushes refused")
    comments_taken = Word("弹幕 {count}", "{count} comments")
    comments_lost = Word("弹幕太多,丢 {count}", "{count} comments too many")
    overwritten = Word("改库 {count}", "{count} changed outside")
    dead_letters = Word("{count} 条搁置", "{count} set aside")
    no_links = Word("还没有链接。", "No links yet.")
    no_match = Word(
        "没有符合“{text}”的链接;Esc 清除筛选。", "No link matches “{text}”; Esc clears the filter."
    )
    filter_prompt = Word("筛选:", "Filter: ")
    filter_active = Word("筛选 {text}", "filter {text}")
    jump_prompt = Word("到第几号:", "Link number: ")
    no_such_number = Word("没有 {number} 号链接。", "There is no link {number}.")
    sort_urgency = Word("按紧急", "by urgency")
    sort_number = Word("按号", "by number")
    sort_velocity = Word("按流速", "by velocity")
    sort_sellable = Word("按可卖", "by sellable")
    picture_paused = Word(
        "画面已暂停(数据照收),按 {key} 继续", "Picture paused (intake goes on), {key} resumes"
    )
    hub_lost = Word(
        "与后台断开,画面停在 {clock};正在重连…", "Lost the hub; picture as of {clock}; reconnecting…"
    )
    hub_back = Word("已重新连上。", "Connected again.")
    hub_stopped = Word("直播间已停止:{reason}", "The room has stopped: {reason}")
    hub_refused = Word("后台拒绝连接:{reason}", "The hub refused this console: {reason}")
    attaching = Word("正在连接…", "Attaching…")
    replay_held = Word("回放已暂停,按 {key} 继续", "Replay paused, {key} goes on")
    replay_goes_on = Word("回放继续", "Replay goes on")
    replay_at = Word("回放 {speed}", "Replay {speed}")
    picture_stopped = Word("画面暂停", "PICTURE PAUSED")
    more_problems = Word(" (还有 {count} 个;见 stockwatch doctor)", " ({count} more; see stockwatch doctor)")
    replay_ended = Word("回放结束", "replay ended")
    done = Word("已完成,{what}", "Done, {what}")
    failed = Word("没有成功:{what}", "Failed: {what}")
    unanswered = Word("还没有回应:{what}", "No answer yet: {what}")
    read_only_refused = Word("只读,不能操作。", "Read-only: nothing can be changed.")
    no_selection = Word("先选一个链接。", "Select a link first.")
    nothing_to_acknowledge = Word("这个链接没有待认领的预警。", "This link has no open alert to take.")
    no_alerts_ahead = Word("没有别的预警。", "No other alert.")
    theme_now = Word("主题:{name}", "Theme: {name}")
    no_such_theme = Word(
        "没有主题 {name},先用 {worn};可用:{known}", "No theme {name}: wearing {worn}; there are {known}"
    )
