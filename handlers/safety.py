"""What comes before everything else: danger, and too many messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from handlers import texts
from handlers.relay import tell_desk
from handlers.talk import Answer, Services, Turn
from intents.guards import danger, guard
from messages import Taps, Text

FLOOD_WINDOW: Final = timedelta(minutes=1)


async def answer_danger(turn: Turn, services: Services) -> Answer | None:  # noqa: ARG001 - one shape for all rules
    """Give the right number at once when somebody may be in danger; no limit applies."""
    if turn.inbound.kind != "text":
        return None
    found = danger(turn.text)
    if found is None:
        return None
    kind = found.kind
    said = f"{texts.DANGER.get(kind, texts.DANGER_OTHER)}\n{texts.DANGER_AFTER}"
    parts = (Text(said), Taps("", (texts.HUMAN,)))
    lines = (f"识别到紧急情况：{kind}",)
    return Answer(turn.state, parts, tell_desk(turn), outcome="danger", lines=lines)


async def limit_flood(turn: Turn, services: Services) -> Answer | None:
    """Ask for patience when a citizen sends more messages a minute than the hall allows.

    Every text counts, also those that are turned away, so that a script that never stops stays turned away.
    """
    limit = services.flood_limit
    if limit <= 0 or turn.inbound.kind == "event" or len(turn.state.recent) <= limit:
        return None
    return Answer(turn.state, (Text(texts.FLOOD),), outcome="refused", lines=(f"一分钟内超过 {limit} 条",))


async def decline_sensitive(turn: Turn, services: Services) -> Answer | None:  # noqa: ARG001
    """Decline topics that a service hall doesn't discuss: the built-in ones and the hall's own."""
    hall = turn.snapshot.hall
    found = guard(turn.text, hall.sensitive) if turn.inbound.kind == "text" else None
    if found is None:
        return None
    said = texts.say("insulted" if found.kind == "insult" else "sensitive", hall)
    parts = (Text(said), Taps("", (texts.HUMAN,)))
    return Answer(turn.state, parts, outcome="refused", lines=(f"话题不在服务范围：{found.kind}",))


def remember_message(turn: Turn, limit: int) -> Turn:
    """Note that a message came, for the flood limit; keeps at most `limit` + 1 times of the last minute."""
    if limit <= 0 or turn.inbound.kind == "event":
        return turn
    fresh = tuple(at for at in turn.state.recent if turn.now - at < FLOOD_WINDOW)
    return replace(turn, state=replace(turn.state, recent=(*fresh, turn.now)[-(limit + 1) :]))
