"""The way to a person: open, repeat and cancel a hand-off. The desk itself comes with its own issue."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from handlers import texts
from handlers.talk import Answer, CloseHandoff, OpenHandoff, Services, Turn
from handlers.words import command
from helpdesk.handoffs import Handoff, HandoffReason
from messages import Taps, Text

REFERENCE_LENGTH = 6


def reference(handoff_id: str) -> str:
    """Make the short code that the citizen and the agent can say to each other."""
    return hashlib.blake2b(handoff_id.encode(), digest_size=8).hexdigest()[:REFERENCE_LENGTH].upper()


async def hand_over(turn: Turn, services: Services) -> Answer | None:
    """Open a hand-off when the citizen asks for a person."""
    if turn.inbound.kind != "text":
        return None
    name = command(turn.text)
    if name == "cancel_human":
        return _cancel(turn)
    if name != "human":
        return None
    return await open_handoff(turn, services, reason="missed" if turn.state.misses else "asked")


async def open_handoff(turn: Turn, services: Services, *, reason: HandoffReason) -> Answer:
    """Store the request and say what happens next; a second request joins the first."""
    state, hall = turn.state, turn.snapshot.hall
    if state.handoff:
        said = texts.handoff_again(hall, reference(state.handoff))
        return Answer(state, (Text(said),), outcome="handed_over")
    entry = turn.snapshot.entries.get(state.entry)
    handoff = Handoff(
        id=turn.inbound.key,
        channel=turn.inbound.channel,
        user=turn.inbound.user,
        reason=reason,
        question=state.asked or turn.text,
        opened_at=turn.now,
        department=entry.department if entry else "",
    )
    waiting = await services.waiting_count()
    parts = (
        Text(texts.handoff_opened(hall, waiting, reference(handoff.id))),
        Taps("", (texts.CANCEL_HUMAN,)),
    )
    after = replace(state, handoff=handoff.id, misses=0, choices=())
    return Answer(after, parts, (OpenHandoff(handoff),), outcome="handed_over", lines=("登记人工服务",))


def _cancel(turn: Turn) -> Answer:
    hall = turn.snapshot.hall
    if not turn.state.handoff:
        return Answer(turn.state, (Text(texts.say("no_handoff", hall)),))
    after = replace(turn.state, handoff="")
    return Answer(after, (Text(texts.say("handoff_cancelled", hall)),), (CloseHandoff(turn.state.handoff),))
