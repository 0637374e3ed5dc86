"""Why a turn went as it did, in words for the simulator's side panel. Pure."""

from __future__ import annotations

from typing import Any, Final

from handlers.turns import Turn
from knowledge.snapshot import Snapshot
from rendering.templating import page_url

NEAREST: Final = 5

RULES: Final = {
    "unfollow": "取消关注",
    "danger": "紧急情况",
    "flood": "发得太快",
    "follow": "关注欢迎",
    "scan": "扫码",
    "menu": "菜单",
    "notice": "订阅通知的授权和送达",
    "event": "其他事件",
    "not_text": "不是文字的消息",
    "guided": "情景问答",
    "choice": "选编号",
    "more": "看更多",
    "human": "转人工",
    "rating": "评价",
    "small_talk": "寒暄",
    "sensitive": "敏感话题",
    "question": "提问",
    "desk": "正和人工说话",
    "desk_rating": "评价人工服务",
    "desk_reason": "说评价的原因",
    "phone": "留回电号码",
    "replayed": "接着送出已有的答复",
    "preparing": "知识库还没准备好",
    "trouble": "规则出错",
    "none": "没有规则管这条消息",
}
"""The rules of `handlers.table` (and what stands for one) in a clerk's words."""

OUTCOMES: Final = {
    "answered": "直接回答",
    "asked_back": "拿不准，反问",
    "not_answered": "没答上来",
    "handed_over": "转人工",
    "command": "按指令答复",
    "event": "按事件答复",
    "ignored": "不答复",
    "refused": "暂不答复",
    "danger": "紧急提示",
}


def why(turn: Turn, snapshot: Snapshot | None) -> dict[str, Any]:
    """Everything that explains one stored turn, as JSON values."""
    trace = turn.trace
    running = turn.status == "running"
    return {
        "rule_name": "还在处理" if running else _named(RULES, trace.rule),
        "outcome_name": "还在处理" if running else _named(OUTCOMES, trace.outcome),
        "confidence": trace.confidence,
        "entry": _entry(trace.entry, snapshot) if trace.entry else None,
        "lines": list(trace.lines),
        "nearest": _nearest(turn, snapshot),
        "delivery_name": _delivery(turn),
    }


def _named(names: dict[str, str], name: str) -> str:
    """Without a name the turn was wiped: the citizen unfollowed."""
    if not name:
        return "记录已删除"
    known = names.get(name)
    return f"{known}（{name}）" if known else name


def _delivery(turn: Turn) -> str:
    if turn.delivery == "outbox":
        return "先回执 success，答复经发件箱另送"
    if turn.delivery is None:
        return "还没定"
    return "随应答直接送出" if turn.parts else "回执 success，不说话"


def _entry(entry_id: str, snapshot: Snapshot | None) -> dict[str, str]:
    return {"title": snapshot.title(entry_id) if snapshot else entry_id, "url": page_url("/qa", entry_id)}


def _nearest(turn: Turn, snapshot: Snapshot | None) -> list[dict[str, Any]]:
    """The ranking of a question, asked once more without its context."""
    if snapshot is None or turn.trace.rule != "question" or not turn.inbound.text:
        return []
    ranked = snapshot.decide(turn.inbound.text).evidence.ranked[:NEAREST]
    return [
        {**_entry(each.id, snapshot), "score": round(each.score, 3), "phrasing": each.phrasing}
        for each in ranked
    ]
