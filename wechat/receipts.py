"""Receipts: what the platform says, later, of a notice that it took (result events).

`subscribe_msg_sent_event` and `TEMPLATESENDJOBFINISH` name the number that the platform gave when it took the
notice; where it gave none, or its answer was lost, the citizen and the template have to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from messages import Inbound
from wechat.notice_events import SENT, SUCCESS, TEMPLATE_SENT

Receipt = Literal["", "delivered", "refused", "failed"]
"""Empty: nothing was said yet. `refused`: by the citizen. `failed`: the platform could not."""


@dataclass(frozen=True, slots=True)
class NoticeResult:
    """What became of one notice."""

    receipt: Receipt
    job: str = ""
    template_id: str = ""


def notice_results(inbound: Inbound) -> tuple[NoticeResult, ...]:
    """The results that an event brings; none when it is not about sent notices."""
    if inbound.event not in {SENT, TEMPLATE_SENT}:
        return ()
    return tuple(
        NoticeResult(read_receipt(row.word), row.job, row.template_id)
        for row in inbound.rows
        if row.job or row.template_id
    )


def read_receipt(word: str) -> Receipt:
    """Understand the platform's word: `success`, `failed:user block`, `failed: system failed`, others."""
    said = word.lower()
    if said == SUCCESS:
        return "delivered"
    return "refused" if "block" in said or "refuse" in said or "reject" in said else "failed"
