"""Events about notices (订阅通知, 订阅消息, 模板消息): their lists, read out of raw fields.

XML has the list in `SubscribeMsgPopupEvent`, `…ChangeEvent` or `…SentEvent` (the platform's example of a
change stands in the popup's element, so the name is not relied on); the mini-program's JSON has `List` at the
top; a list of one is an object, not an array (订阅消息事件推送; observed in the platform's forum, 2021-2024).
What is odd is left out: a list is never a reason to refuse a push.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from messages import NoticeRow
from wechat.markup import clean_text

POPUP, CHANGE, SENT = "subscribe_msg_popup_event", "subscribe_msg_change_event", "subscribe_msg_sent_event"
TEMPLATE_SENT: Final = "templatesendjobfinish"
SUCCESS: Final = "success"
_WRAPPERS: Final = ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent")
_MOST_ROWS: Final = 20
"""One popup asks for up to three templates; a person has no more than the account's 25."""
_LONGEST: Final = 128


def notice_rows(event: str, fields: Mapping[str, Any], *, job: str = "") -> tuple[NoticeRow, ...]:
    """Read the rows of an event; none when it is not about notices. `job` is the number in its own fields."""
    if event == TEMPLATE_SENT:
        return (NoticeRow(word=_word(fields, "Status"), job=job),) if job else ()
    if event not in {POPUP, CHANGE, SENT}:
        return ()
    read = (_row(each, event) for each in _listed(fields))
    return tuple(row for row in read if row.template_id or row.job)[:_MOST_ROWS]


def _listed(fields: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    for holder in (fields, *(fields.get(name) for name in _WRAPPERS)):
        rows = holder.get("List") if isinstance(holder, Mapping) else None
        for row in rows if isinstance(rows, list) else [rows]:
            if isinstance(row, Mapping):
                yield row


def _row(row: Mapping[str, Any], event: str) -> NoticeRow:
    if event != SENT:
        return NoticeRow(_word(row, "TemplateId"), _word(row, "SubscribeStatusString"))
    done = _word(row, "ErrorCode") == "0"
    word = SUCCESS if done else _word(row, "ErrorStatus") or "failed"
    return NoticeRow(_word(row, "TemplateId"), word, _word(row, "MsgID") or _word(row, "MsgId"))


def _word(row: Mapping[str, Any], name: str) -> str:
    """A short text or number of a row; empty for anything else."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return clean_text(str(value)).strip()[:_LONGEST]
