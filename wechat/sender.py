"""The sender: takes due replies out of the outbox and brings them to the citizens, one message at a time.

The ways to a citizen, in this order, each visible as status and reason of the item:

1. a custom message, while the send window is open (`wechat.windows` is asked first);
2. the notice that the citizen subscribed to, where the item has one and a consent is left;
3. `held`: it waits until the citizen writes again;
4. `call`: after a day, or when WeChat can't reach this person at all, it stands on the list for phone calls.

It never sends twice what may have arrived: a time-out after the request left settles the item as `uncertain`.
Nothing can be checked there: the platform has no number and no list for custom messages (shared/WECHAT.md 4).
What is certain stays so: a database that is away for a moment, or a shutdown, makes no item uncertain.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from messages import Channel, StoreUnavailableError
from wechat.api_errors import (
    ApiError,
    ConsentError,
    RefusedError,
    UncertainError,
    WindowClosedError,
)
from wechat.consents import ConsentStore
from wechat.outbox import Notice, OutboxItem, OutboxStore, Route
from wechat.render import TransferMessage, WireMessage, wire_messages
from wechat.settling import CALL_AFTER, Pauses, Settlement, settle_after, within_patience
from wechat.windows import Allowance, WindowLedger, allowance

SWEEP_SECONDS: Final = 3.0
"""How often is looked whether citizens whose items are held have come back."""
_NO_SECRET_WAIT: Final = timedelta(seconds=60)
_NO_SECRET: Final = "没有配置 AppSecret，暂时不能主动发送；配置并重启后会自动发出。"  # noqa: S105 - a sentence
_ONLY_TRANSFER: Final = "转接微信客服只能作为即时回复，这次没有赶上。"
_CLOSED: Final = "市民最近没有来信，微信不允许主动发送。"
_USED_UP: Final = "这一轮可发的条数已用完。"
_HELD: Final = "等市民下次来信时自动发出。"
_NOTICE_SENT: Final = "已改用订阅通知发出。"


class Deliver(Protocol):
    """What brings one message to one citizen: `wechat.client.Client`. Raises `ApiError`."""

    async def send(self, openid: str, message: WireMessage) -> None:
        """Send one message; returning means that the platform took it."""

    async def notify(self, openid: str, notice: Notice, channel: Channel) -> str:
        """Send what the citizen subscribed to; returns the platform's number of it."""


@dataclass(slots=True)
class _Work:
    """One item in hand, and what is still to be written about it."""

    item: OutboxItem
    now: datetime
    sent_parts: int
    unnoted: bool = False
    """The last message that left could not be noted."""
    settlement: Settlement | None = None


class Sender:
    """One of any number of senders on one outbox."""

    def __init__(
        self,
        store: OutboxStore,
        clients: Mapping[Channel, Deliver],
        *,
        windows: WindowLedger,
        consents: ConsentStore,
        owner: str,
        simulated: Callable[[str], bool] = lambda _user: False,
        idle_seconds: float = 1.0,
        lease_seconds: float = 120.0,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        pauses: Pauses | None = None,
        sweeps: bool = True,
    ) -> None:
        """`clients` has none for a channel without an app secret; `simulated` knows made-up users.

        Senders of one process share their `pauses`, one of them `sweeps`, and their owners must differ.
        """
        self._store = store
        self._clients = clients
        self._windows = windows
        self._consents = consents
        self._owner = owner
        self._simulated = simulated
        self._idle_seconds = idle_seconds
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._chance = chance
        self._sweeps = sweeps
        self._swept_at: datetime | None = None
        self._pauses = pauses if pauses is not None else Pauses()
        self._unwritten: _Work | None = None
        self._stopping = False

    async def run_once(self, now: datetime) -> float:
        """Handle one due item. Returns the seconds to wait before the next call: 0 while there is work.

        When it is cancelled, the message that is on its way and its result are waited for.
        """
        self._stopping = False
        work = asyncio.create_task(self._run_once(now), name="send one item")
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            self._stopping = True
            await asyncio.wait({work})
            if not work.cancelled():
                work.exception()  # seen: there is nobody left to handle it
            raise

    async def _run_once(self, now: datetime) -> float:
        await self._write_down()
        due = self._swept_at is None or now - self._swept_at >= timedelta(seconds=SWEEP_SECONDS)
        if self._sweeps and due:
            self._swept_at = now
            await self._windows.release(now=now, call_after=CALL_AFTER)
        item = await self._store.take(owner=self._owner, now=now, lease_seconds=self._lease_seconds)
        if item is None:
            return self._idle_seconds
        work = _Work(item, now, item.sent_parts)
        try:
            settlement = within_patience(await self._handle(work), item)
        except StoreUnavailableError:  # before anything left, or it would have been caught and noted
            settlement = Settlement("waiting", next_at=now)
        work.settlement = settlement
        self._unwritten = work
        await self._write_down()
        return 0.0

    async def _write_down(self) -> None:
        """Write the result of the item in hand; when the database is away, the next call does."""
        work = self._unwritten
        if work is None or work.settlement is None:
            return
        item, settlement = work.item, work.settlement
        if work.unnoted:
            await self._store.progress(item.id, owner=self._owner, sent_parts=work.sent_parts, now=work.now)
        await self._store.settle(
            item.id,
            owner=self._owner,
            status=settlement.status,
            reason=settlement.reason,
            now=work.now,
            next_at=settlement.next_at,
            route=settlement.route,
            job=settlement.job,
        )
        self._unwritten = None

    async def _handle(self, work: _Work) -> Settlement:
        item, now = work.item, work.now
        if self._simulated(item.user):
            return Settlement("sent")
        client = self._clients.get(item.channel)
        if client is None:
            return Settlement("waiting", _NO_SECRET, now + _NO_SECRET_WAIT)
        if paused := self._pauses.of(item.channel, "custom", now):
            return paused
        messages = wire_messages(item.parts, item.channel)
        sendable = [message for message in messages if not isinstance(message, TransferMessage)]
        if messages and not sendable:
            return Settlement("failed", _ONLY_TRANSFER)
        return await self._by_custom_message(work, sendable, client)

    async def _by_custom_message(
        self, work: _Work, messages: Sequence[WireMessage], client: Deliver
    ) -> Settlement:
        # Half of the lease is for sending, the other half for the last call to end in: an item whose lease
        # ran out would be settled as uncertain by somebody else.
        item, now, enough = work.item, work.now, self._clock() + self._lease_seconds / 2
        allowed = await self._allowance(item, now)
        last = min(len(messages), item.sent_parts + allowed.left)
        while work.sent_parts < last:
            if self._clock() >= enough or self._stopping or work.unnoted:
                return Settlement("waiting", next_at=now)
            try:
                await client.send(item.user, messages[work.sent_parts])
            except WindowClosedError as error:
                return await self._by_notice(item, client, error.advice, now)
            except ApiError as error:
                return self._after(error, item, "custom", now)
            await self._note_sent(work)
        if last < len(messages):
            return await self._by_notice(item, client, _USED_UP if allowed.used_up else _CLOSED, now)
        return self._after(None, item, "custom", now)

    async def _note_sent(self, work: _Work) -> None:
        work.sent_parts += 1
        try:
            await self._store.progress(
                work.item.id, owner=self._owner, sent_parts=work.sent_parts, now=work.now
            )
        except StoreUnavailableError:
            work.unnoted = True

    async def _allowance(self, item: OutboxItem, now: datetime) -> Allowance:
        ledger = await self._windows.read(item.channel, item.user, now=now)
        return allowance(ledger, item.channel, now)

    async def _by_notice(self, item: OutboxItem, client: Deliver, why: str, now: datetime) -> Settlement:
        """Say the same as a subscribed message; else the item waits for the citizen."""
        held = Settlement("held", f"{why}{_HELD}")
        notice = item.notice
        paused = self._pauses.of(item.channel, "notice", now) if notice else None
        if (
            notice is None
            or paused is not None
            or not await self._consents.take(item.channel, item.user, notice.template_id)
        ):
            return paused or held
        try:
            job = await client.notify(item.user, notice, item.channel)
        except ConsentError:
            await self._consents.revoke(item.channel, item.user, notice.template_id)
            return held
        except UncertainError as error:  # the platform's result event may still tell
            return replace(self._after(error, item, "notice", now), route="notice")
        except ApiError as error:
            await self._consents.give_back(item.channel, item.user, notice.template_id)
            passing = not isinstance(error, RefusedError) or error.retryable
            if not passing:
                return Settlement("held", f"{error.advice}{_HELD}")
            return self._after(error, item, "notice", now)
        return Settlement("sent", f"{why}{_NOTICE_SENT}", route="notice", job=job)

    def _after(self, error: ApiError | None, item: OutboxItem, route: Route, now: datetime) -> Settlement:
        settlement = settle_after(error, attempts=item.attempts, now=now, jitter=self._chance())
        if error is not None:
            self._pauses.note(item.channel, route, error, settlement)
        return settlement
