"""Subscriptions: what citizens agreed to be notified of (订阅通知, 订阅消息).

A one-off subscription allows one message, any time later; a long-term one (政务民生 and a few other kinds)
allows them until it is taken back. `subscribe_msg_popup_event` brings both answers, `…_change_event` refusals
made in the settings (shared/WECHAT.md 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from messages import Channel

_WRAPPERS: Final[Mapping[str, str]] = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
}


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """One answer of a citizen about one template."""

    template_id: str
    accepted: bool


def consent_changes(event: str, fields: Mapping[str, Any]) -> tuple[ConsentChange, ...]:
    """Read the answers of an event's raw fields. `List` is an object or an array; what is odd is left out."""
    wrapper = fields.get(_WRAPPERS.get(event.lower(), ""))
    rows = wrapper.get("List") if isinstance(wrapper, Mapping) else None
    rows = [rows] if isinstance(rows, Mapping) else rows
    return tuple(
        ConsentChange(str(row["TemplateId"]), str(row.get("SubscribeStatusString", "")) == "accept")
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, Mapping) and row.get("TemplateId")
    )


class ConsentStore(Protocol):
    """Keeps subscriptions by citizen and template."""

    async def grant(self, channel: Channel, user: str, template_id: str, *, lasting: bool) -> None:
        """Note one more consent; a lasting one is not used up by messages."""

    async def take(self, channel: Channel, user: str, template_id: str) -> bool:
        """Use one consent up; False when there is none. Called before sending, so that none is used twice."""

    async def give_back(self, channel: Channel, user: str, template_id: str) -> None:
        """Undo `take`: the message did not leave."""

    async def revoke(self, channel: Channel, user: str, template_id: str) -> None:
        """Forget all consents of a template: the citizen, or the platform, says there are none."""
