"""A turn: one message of a citizen, the reply to it, and how the reply leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from knowledge.gaps import Missed
from messages import Channel, Inbound, Part

TurnStatus = Literal["running", "done"]
Delivery = Literal["passive", "outbox"]
"""`passive`: in the answer to WeChat's request. `outbox`: WeChat got `success`, the reply leaves later."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Why the turn went as it did: for the simulator, the console and the gap report."""

    rule: str = ""
    """Name of the rule of `handlers.table` that answered."""
    outcome: str = ""
    """`answered`, `asked_back`, `not_answered`, `handed_over`, `command`, `event`, `ignored` or `refused`."""
    entry: str = ""
    confidence: float | None = None
    lines: tuple[str, ...] = ()
    """The evidence in Chinese sentences."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One stored turn."""

    inbound: Inbound
    status: TurnStatus
    owner: str
    received_at: datetime
    lease_until: datetime
    """After this a running turn counts as abandoned and may be taken over."""
    delivery: Delivery | None = None
    """None while nobody has decided; decided once."""
    parts: tuple[Part, ...] = ()
    trace: Trace = Trace()
    handled_at: datetime | None = None
    useful: bool | None = None
    late_lead: tuple[Part, ...] = ()
    """Said before `parts` when the reply leaves late, to remind of the question."""


class TurnStore(Protocol):
    """Keeps turns; the key of the message is unique, whatever process claims it."""

    async def claim(
        self, inbound: Inbound, *, owner: str, now: datetime, lease_seconds: float
    ) -> Turn | None:
        """Store the message as a new running turn of `owner`; the existing turn when the key is known.

        None: the turn is new and ours. When this returns, the message is on disk of a majority.
        """

    async def get(self, key: str) -> Turn | None:
        """Read one turn."""

    async def earlier_running(self, inbound: Inbound, *, owner: str) -> bool:
        """Whether another owner still handles an older message of the same citizen (by `at`, then `order`).

        The order among the messages of one owner is its own affair: it may have got them in another order.
        """

    async def finish(
        self,
        key: str,
        *,
        owner: str,
        parts: Sequence[Part],
        trace: Trace,
        now: datetime,
        late_lead: Sequence[Part] = (),
    ) -> Delivery | None:
        """Mark the turn done with its reply and settle how it leaves.

        `passive` when nobody said otherwise; `outbox` when `answer_late` came first: the outbox item is then
        stored in the same step, both or neither; None when the turn is not `owner`'s any more.
        """

    async def answer_late(self, key: str) -> bool:
        """Settle a running turn to leave through the outbox, because `success` goes out now.

        False when it is done already, or unknown: its stored reply can be given instead.
        """

    async def mark_unclaimed(self, key: str, *, now: datetime) -> None:
        """Note that the passive reply could not be written to WeChat's connection."""

    async def take_unclaimed(self, *, before: datetime) -> Turn | None:
        """Move one turn whose passive reply was lost before `before` to the outbox, both or neither."""

    async def mark_claimed(self, key: str) -> None:
        """A later delivery of the same message took the reply after all."""

    async def take_abandoned(self, *, owner: str, now: datetime, lease_seconds: float) -> Turn | None:
        """Take over one running turn whose lease has run out; it leaves through the outbox from now on."""

    async def rate(self, key: str, *, useful: bool, now: datetime) -> bool:
        """Note what the citizen said of the answer; False when the turn is unknown or was rated before."""

    async def unanswered(self, *, since: datetime, limit: int) -> tuple[str, ...]:
        """Give what found no answer or was rated 没用, the newest `limit`, oldest first."""

    async def missed(self, *, since: datetime, limit: int) -> tuple[Missed, ...]:
        """Give the same with the time, and with the entry whose answer was rated 没用."""

    async def confirmed(self, *, since: datetime, limit: int) -> tuple[tuple[str, str], ...]:
        """Give (question, entry) of answers that were rated 有用, the newest `limit`: labels for `fit`."""

    async def of_user(self, channel: Channel, user: str, *, limit: int) -> tuple[Turn, ...]:
        """Give the newest turns of one citizen that are done, oldest first: for the person who takes over."""

    async def asked(self, *, since: datetime, limit: int) -> tuple[str, ...]:
        """Give the texts of questions, whatever came of them, the newest `limit`, newest first."""

    async def forget(self, channel: Channel, user: str) -> None:
        """Delete the citizen's turns; running ones lose the openid and the text but keep the key."""
