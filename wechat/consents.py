"""Subscriptions: what citizens agreed to be notified of (订阅通知, 订阅消息).

A one-off subscription allows one message, any time later; a long-term one (政务民生 and a few other kinds)
allows them until it is taken back. `subscribe_msg_popup_event` brings both answers, `…_change_event` refusals
made in the settings (shared/WECHAT.md 3). No event says of which kind a template is: the hall's settings do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from messages import Channel, Inbound
from wechat.notice_events import CHANGE, POPUP

_ACCEPTED: Final = "accept"


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """One answer of a citizen about one template."""

    template_id: str
    accepted: bool


def consent_changes(inbound: Inbound) -> tuple[ConsentChange, ...]:
    """What a citizen's event says about templates. Whatever is not a plain yes counts as a no."""
    if inbound.event not in {POPUP, CHANGE}:
        return ()
    return tuple(
        ConsentChange(row.template_id, row.word == _ACCEPTED) for row in inbound.rows if row.template_id
    )


class ConsentStore(Protocol):
    """Keeps subscriptions by citizen and template."""

    async def grant(
        self, channel: Channel, user: str, template_id: str, *, lasting: bool, key: str, now: datetime
    ) -> None:
        """Note one more consent; a lasting one is not used up by messages. The same `key` counts once."""

    async def take(self, channel: Channel, user: str, template_id: str) -> bool:
        """Use one consent up; False when there is none. Called before sending, so that none is used twice."""

    async def give_back(self, channel: Channel, user: str, template_id: str) -> None:
        """Undo `take`: the message did not leave."""

    async def revoke(self, channel: Channel, user: str, template_id: str) -> None:
        """Forget all consents of a template: the citizen, or the platform, says there are none."""
