"""One turn for one message, however often and wherever WeChat delivers it.

The order of things for a new message:

1. claim: the message is stored under its key (unique in the database); only now may it be acknowledged;
2. wait for the citizen's earlier messages, then take the lock of the conversation and read its state;
3. ask `handlers.table` what to say; carry out the effects (each idempotent, named after the turn);
4. save the state together with the reply, then mark the turn done, which settles how the reply leaves.

Nearly all turns go a shorter way (`handlers.turnstile`): where nobody is in the way and nothing has effects,
the state is saved on the condition that it is as it was read, instead of under a lock.

A process that dies in between leaves a running turn behind; `Recovery` finds it by its lease, does it again
(a turn that reached step 4 only replays its reply) and sends the reply through the outbox.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter
from typing import Final, Literal, assert_never

import structlog

from bot.dialogue import Dialogue
from bot.telemetry import Metrics
from bot.tickets import Ticket
from handlers import texts
from handlers.conversation import ConversationStore
from handlers.turns import Trace, Turn, TurnStore
from handlers.turnstile import Leaving, Turnstile
from messages import Inbound, Part, StoreUnavailableError, Text
from wechat.outbox import OutboxItem, OutboxStore
from wechat.render import WireMessage, first_message

LEASE_SECONDS: Final = 30.0
"""A running turn not finished by then counts as abandoned. Far above any honest turn."""
TURN_LIMIT_SECONDS: Final = 20.0
POLL_SECONDS: Final = 0.05
SETTLE_SECONDS: Final = 0.6
"""Left between our deadline and WeChat's five seconds to settle that the reply comes late."""
MOST_UNSETTLED: Final = 2000
"""Messages answered from memory that are looked for when the database is back: the first are the doubtful."""
ORDER_WAIT_SECONDS: Final = 3.0
"""How long an earlier message of the same citizen, claimed by another process, is waited for."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What the webhook answers."""

    result: Literal["reply", "acknowledged", "unavailable"]
    """`reply`: these parts. `acknowledged`: `success`. `unavailable`: an error: WeChat comes again."""
    parts: tuple[Part, ...] = ()
    message: WireMessage | None = None
    """What of the parts goes into the answer to WeChat; None: nothing is said."""
    at: datetime | None = None
    stored: bool = True
    """False for what was said without the database: from memory, or that it comes later."""
    shared: bool = False
    """Another delivery of the message may have thought the reply lost: note it when this one takes it."""


ACKNOWLEDGED: Final = Outgoing("acknowledged")
UNAVAILABLE: Final = Outgoing("unavailable", stored=False)


def _given(turn: Turn) -> Outgoing:
    """What a later delivery of a turn that is done gets."""
    if turn.delivery == "outbox":
        return ACKNOWLEDGED
    message, _ = first_message(turn.parts, turn.inbound)  # the rest left by the outbox
    return Outgoing("reply", turn.parts, message, turn.handled_at, shared=True)


class Turns:
    """Makes turns of messages."""

    def __init__(
        self,
        *,
        turns: TurnStore,
        conversations: ConversationStore,
        turnstile: Turnstile,
        outbox: OutboxStore,
        dialogue: Dialogue,
        clock: Callable[[], datetime],
        owner: str,
        deadline_seconds: float,
        metrics: Metrics,
    ) -> None:
        self._turns = turns
        self._conversations = conversations
        self._turnstile = turnstile
        self._outbox = outbox
        self._dialogue = dialogue
        self._clock = clock
        self._owner = owner
        self._deadline_seconds = deadline_seconds
        self._metrics = metrics
        self._running: dict[str, _Run] = {}
        self._tails: dict[tuple[str, str], asyncio.Future[None]] = {}
        self._unsettled: dict[str, tuple[tuple[Part, ...], datetime]] = {}

    async def receive(self, inbound: Inbound) -> Outgoing:
        """Answer one delivery within the deadline; deliveries of the same message share one turn."""
        started = perf_counter()
        run = self._running.get(inbound.key)
        if run is None:
            run = self._start(inbound)
        run.deliveries += 1
        try:
            async with asyncio.timeout(self._deadline_seconds):
                outgoing = await asyncio.shield(run.task)
        except TimeoutError:
            outgoing = await self._late(inbound.key)
        if run.deliveries > 1 and outgoing.stored:
            outgoing = replace(outgoing, shared=True)
        self._metrics.turn_seconds.observe(perf_counter() - started)
        return outgoing

    async def drain(self) -> None:
        """Wait for the running turns at shutdown, so that none is cut in the middle."""
        await asyncio.gather(*(run.task for run in self._running.values()), return_exceptions=True)

    async def resume(self, turn: Turn) -> None:
        """Do an abandoned turn again; its reply leaves through the outbox."""
        run = self._start(turn.inbound, claimed=True)
        await asyncio.shield(run.task)

    async def settle(self) -> None:
        """Tell the database, once it is back, what was said without it: nothing is said twice, or never.

        What it had done when its answer was lost is not known. A message answered from memory may be stored
        all the same: its turn is closed with that answer. One that was put off may be done: its reply goes
        the way of replies that nobody took.
        """
        for key, (said, at) in list(self._unsettled.items()):
            if said:
                trace = Trace(rule="memory", outcome="answered")
                await self._turns.finish(key, owner=self._owner, parts=said, trace=trace, now=at)
            else:
                await self._turns.mark_unclaimed(key, now=self._clock())
            self._unsettled.pop(key, None)

    def _start(self, inbound: Inbound, *, claimed: bool = False) -> _Run:
        ticket = Ticket(self._tails, (inbound.channel, inbound.user))
        run = _Run(ticket=ticket, claimed=claimed)
        run.task = asyncio.create_task(self._run(inbound, run), name=f"turn {inbound.key}")
        self._running[inbound.key] = run
        run.task.add_done_callback(lambda _: self._running.pop(inbound.key, None))
        return run

    async def _run(self, inbound: Inbound, run: _Run) -> Outgoing:
        try:
            async with asyncio.timeout(TURN_LIMIT_SECONDS):
                return await self._claimed_or_known(inbound, run)
        except StoreUnavailableError:
            log.warning("database away", stored=run.claimed)
            return await self._put_off(inbound, stored=run.claimed)
        except TimeoutError:
            log.warning("turn took too long", key=inbound.key)
            return await self._put_off(inbound, stored=run.claimed)
        finally:
            run.ticket.give_back()

    async def _claimed_or_known(self, inbound: Inbound, run: _Run) -> Outgoing:
        if not run.claimed:
            known = await self._turns.claim(
                inbound, owner=self._owner, now=self._clock(), lease_seconds=LEASE_SECONDS
            )
            if known is not None:
                run.ticket.give_back()
                return await self._follow(known)
            run.claimed = True
            if inbound.channel == "mini":  # the mini-program has no passive replies (小程序客服消息)
                await self._turns.answer_late(inbound.key)
        await run.ticket.wait()
        outgoing = await self._handle_shortly(inbound)
        if outgoing is not None:
            return outgoing
        await self._wait_for_earlier(inbound)
        return await self._handle(inbound)

    async def _follow(self, turn: Turn) -> Outgoing:
        """Wait for a turn that another process runs, or replay a finished one."""
        while turn.status == "running":
            await asyncio.sleep(POLL_SECONDS)
            found = await self._turns.get(turn.inbound.key)
            if found is None:
                return ACKNOWLEDGED
            turn = found
        return _given(turn)

    async def _late(self, key: str) -> Outgoing:
        """Settle that the reply comes late; only a stored message may be acknowledged."""
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                while not await self._turns.answer_late(key):
                    turn = await self._turns.get(key)
                    if turn is None:
                        return UNAVAILABLE
                    if turn.status == "done":  # else it was stored in between: now it can be settled
                        return _given(turn)
        except (TimeoutError, StoreUnavailableError):
            return UNAVAILABLE
        self._metrics.late.inc()
        return ACKNOWLEDGED

    async def _handle_shortly(self, inbound: Inbound) -> Outgoing | None:
        """Handle a message without a lock; None when somebody is in the way, or something has to be done."""
        conversation = await self._turnstile.enter(inbound, owner=self._owner, now=self._clock())
        if conversation is None or conversation.last_turn == inbound.key:
            return None
        said = await self._dialogue.decide(inbound, conversation.state)
        if said.effects:
            return None
        now = self._clock()
        departure = await self._turnstile.leave(
            Leaving(
                conversation.after(inbound.key, said.state, said.parts),
                seen=conversation.last_turn,
                owner=self._owner,
                trace=said.trace,
                now=now,
                late_lead=_late_lead(inbound),
            )
        )
        match departure:
            case "passive":
                return await self._leave_passively(inbound, said.parts, said.trace, now)
            case "saved":
                return await self._finish(inbound, said.parts, said.trace)
            case "changed":
                return None
            case "gone":
                raise TimeoutError  # the citizen was forgotten: the turn is closed with its lease
            case _:
                assert_never(departure)

    async def _wait_for_earlier(self, inbound: Inbound) -> None:
        waited = 0.0
        while waited < ORDER_WAIT_SECONDS and await self._turns.earlier_running(inbound, owner=self._owner):
            await asyncio.sleep(POLL_SECONDS)
            waited += POLL_SECONDS

    async def _handle(self, inbound: Inbound) -> Outgoing:
        while True:
            conversation = await self._conversations.lock(
                inbound.channel,
                inbound.user,
                owner=inbound.key,
                now=self._clock(),
                lease_seconds=LEASE_SECONDS,
            )
            if conversation is not None:
                break
            await asyncio.sleep(POLL_SECONDS)
        if conversation.last_turn == inbound.key:  # done before a crash; only the mark was missing
            await self._conversations.release(inbound.channel, inbound.user, owner=inbound.key)
            return await self._finish(inbound, conversation.last_parts, Trace(rule="replayed"))
        said = await self._dialogue.decide(inbound, conversation.state)
        said = await self._dialogue.carry_out(said, inbound, conversation.state)
        if said.forgotten:
            return await self._finish(inbound, said.parts, said.trace)
        kept = conversation.after(inbound.key, said.state, said.parts)
        if not await self._conversations.save(kept, owner=inbound.key):
            raise TimeoutError  # the lease was lost: whoever took it over does the turn
        return await self._finish(inbound, said.parts, said.trace)

    async def _finish(self, inbound: Inbound, parts: tuple[Part, ...], trace: Trace) -> Outgoing:
        now = self._clock()
        delivery = await self._turns.finish(
            inbound.key, owner=self._owner, parts=parts, trace=trace, now=now, late_lead=_late_lead(inbound)
        )
        if delivery == "passive":
            return await self._leave_passively(inbound, parts, trace, now)
        self._metrics.turns.labels(trace.rule, trace.outcome).inc()
        return ACKNOWLEDGED  # it is in the outbox, or another process has taken the turn over

    async def _leave_passively(
        self, inbound: Inbound, parts: tuple[Part, ...], trace: Trace, now: datetime
    ) -> Outgoing:
        self._metrics.turns.labels(trace.rule, trace.outcome).inc()
        if inbound.channel == "app":  # the answer to a program has room for all parts
            return Outgoing("reply", parts, None, now)
        message, rest = first_message(parts, inbound)
        if rest and inbound.user:  # a passive reply is one message; a picture after a text follows
            item = OutboxItem(f"{inbound.key}:rest", inbound.channel, inbound.user, rest, now)
            await self._outbox.put(item)
        return Outgoing("reply", parts, message, now)

    async def _put_off(self, inbound: Inbound, *, stored: bool) -> Outgoing:
        """Answer without the database: from memory where that promises nothing, else say so honestly."""
        now = self._clock()
        if stored:
            if inbound.channel == "mini":  # it shows no passive reply; the turn leaves through the outbox
                return ACKNOWLEDGED
            self._unsettled[inbound.key] = ((), now)
            return _said_without_storing((Text(texts.STORED_FOR_LATER),), inbound, now)
        parts = await self._dialogue.from_memory(inbound)
        if parts is None:
            return UNAVAILABLE
        if parts != (Text(texts.NOT_STORED),) and len(self._unsettled) < MOST_UNSETTLED:
            self._unsettled[inbound.key] = (parts, now)
        return _said_without_storing(parts, inbound, now)


def _said_without_storing(parts: tuple[Part, ...], inbound: Inbound, now: datetime) -> Outgoing:
    message, _ = first_message(parts, inbound)
    return Outgoing("reply", parts, message, now, stored=False)


def _late_lead(inbound: Inbound) -> tuple[Part, ...]:
    """Remind of the question when the answer comes late (the mini-program's always come by themselves)."""
    if inbound.channel != "official" or inbound.kind != "text" or not inbound.text:
        return ()
    return (Text(texts.late_prefix(inbound.text)),)


class _Run:
    """A turn being made in this process."""

    task: asyncio.Task[Outgoing]

    def __init__(self, *, ticket: Ticket, claimed: bool) -> None:
        self.ticket = ticket
        self.claimed = claimed
        self.deliveries = 0
