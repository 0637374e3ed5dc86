"""The outbox: replies that leave after the platform's request was answered. Stored first, then sent.

    waiting ──▶ sending ──▶ sent
       ▲           ├──▶ waiting     a passing fault: again later, with back-off
       │           ├──▶ uncertain   it may have arrived: never sent again by itself
       │           ├──▶ failed      a dead letter: the reason says what staff can do
       └── held ◀──┤                nothing may be sent until the citizen writes again
             │     └──▶ call        this person can't be reached by WeChat: phone them
             └──▶ call              … or they have not written for a day

A notice that the platform took (`sent`) and could not deliver after all goes to `held`, too; one whose answer
was lost (`uncertain`) becomes `sent` when the platform says that it arrived.

`held` and `call` go back to `waiting` when the citizen does something; the command line (`outbox retry`) can
put anything that is not sent back there, and `outbox drop` settles an item as `dropped`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from messages import Channel, Part
from wechat.receipts import NoticeResult, Receipt

OutboxStatus = Literal["waiting", "sending", "sent", "held", "call", "failed", "uncertain", "dropped"]
Route = Literal["", "custom", "notice"]
"""How an item left: as a custom message, or as the notice that the citizen subscribed to."""


@dataclass(frozen=True, slots=True)
class NoticeField:
    """One field of a template and what stands in it, such as `thing1` and 医保参保登记."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """The same news as a subscribed message, for when no custom message may be sent."""

    template_id: str
    fields: tuple[NoticeField, ...]
    page: str = ""


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One reply on its way to one citizen."""

    id: str
    """The key of the turn (or of whatever caused it), so that storing twice is storing once."""
    channel: Channel
    user: str
    parts: tuple[Part, ...]
    created_at: datetime
    status: OutboxStatus = "waiting"
    attempts: int = 0
    next_at: datetime | None = None
    """Not before this time."""
    reason: str = ""
    """Why it is not sent, or how it left, in one sentence for staff."""
    sent_parts: int = 0
    """How many messages of it have left already; a retry goes on from there."""
    sent_at: datetime | None = None
    sent_times: tuple[datetime, ...] = ()
    """When messages of it left, or may have left: what counts in the citizen's send window."""
    held_at: datetime | None = None
    """Since when it waits for the citizen; kept when it goes to the list for phone calls."""
    requeued_at: datetime | None = None
    """When it was put back to `waiting` by the citizen's return or by staff."""
    route: Route = ""
    notice: Notice | None = None
    job: str = ""
    """The platform's number of the notice that was sent for this item; result events name it."""
    receipt: Receipt = ""
    """What the platform said of that notice later."""


class OutboxStore(Protocol):
    """Keeps outbox items. Claiming is atomic: any number of processes may run the sender."""

    async def put(self, item: OutboxItem) -> bool:
        """Store a new item; False when the id is known already."""

    async def take(self, *, owner: str, now: datetime, lease_seconds: float) -> OutboxItem | None:
        """Claim the oldest item that is due; never one of a citizen who has an older unsent item.

        Items left in `sending` past their lease lost their sender in the middle: they are settled as
        `uncertain`, with a reason, and not sent again by themselves. Items that wait for their citizen
        (`held`, `call`) hold nothing up.
        """

    async def progress(self, item_id: str, *, owner: str, sent_parts: int, now: datetime) -> None:
        """Note that one more message of the item has left."""

    async def settle(
        self,
        item_id: str,
        *,
        owner: str,
        status: OutboxStatus,
        reason: str,
        now: datetime,
        next_at: datetime | None,
        route: Route = "",
        job: str = "",
    ) -> None:
        """Write the result of an attempt and give the item back. A result that came before counts."""

    async def note_result(self, channel: Channel, user: str, result: NoticeResult, *, now: datetime) -> None:
        """Note what became of a notice; safe to repeat, and before the item knows its number too.

        A notice that did not arrive puts its item back to those that wait for the citizen.
        """

    async def of_user(self, channel: Channel, user: str, *, after: datetime) -> tuple[OutboxItem, ...]:
        """Items of one citizen made after a time, oldest first (the simulator shows them)."""

    async def find(self, statuses: Collection[OutboxStatus], *, limit: int) -> tuple[OutboxItem, ...]:
        """Items of some statuses, oldest first (for staff)."""

    async def requeue(self, ids: Collection[str], *, now: datetime) -> int:
        """Put items that are neither sent nor being sent back to `waiting`; returns how many."""

    async def drop(self, ids: Collection[str], *, reason: str) -> int:
        """Settle items that are neither sent nor being sent as `dropped`; returns how many."""

    async def counts(self) -> dict[OutboxStatus, int]:
        """How many items there are of each status."""

    async def forget(self, channel: Channel, user: str) -> None:
        """Delete the citizen's items, and what they had subscribed to."""
