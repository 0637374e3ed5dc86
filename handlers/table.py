"""The policy of the conversation: one ordered table, read from top to bottom, first match wins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from handlers import commands, events, guided, human, question, relay, safety
from handlers.conversation import State
from handlers.talk import Answer, Handler, Services, Turn
from handlers.turns import Trace

STATE_LIVES: Final = timedelta(minutes=30)
"""After this a list of choices, the rest of a long answer and the count of misses mean nothing any more."""
PLAY_LIVES: Final = timedelta(hours=24)
"""So long the questions of a guide can be taken up again."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    name: str
    handle: Handler


RULES: Final[tuple[Rule, ...]] = (
    Rule("unfollow", events.unfollow),
    Rule("danger", safety.answer_danger),
    Rule("desk", relay.relay),
    Rule("flood", safety.limit_flood),
    Rule("follow", events.follow),
    Rule("scan", events.scan),
    Rule("menu", events.menu_click),
    Rule("notice", events.notices),
    Rule("event", events.other_event),
    Rule("not_text", events.not_text),
    Rule("desk_rating", relay.take_rating),
    Rule("desk_reason", relay.take_reason),
    Rule("phone", human.take_phone),
    Rule("guided", guided.play_guide),
    Rule("choice", commands.take_choice),
    Rule("more", commands.show_more),
    Rule("human", human.hand_over),
    Rule("rating", commands.take_rating),
    Rule("small_talk", commands.small_talk),
    Rule("sensitive", safety.decline_sensitive),
    Rule("question", question.answer_question),
)


async def answer(turn: Turn, services: Services) -> tuple[Answer, Trace]:
    """Find the first rule that answers, and keep why."""
    turn = safety.remember_message(replace(turn, state=_fresh(turn)), services.flood_limit)
    turn = await relay.look(turn, services)
    for rule in RULES:
        found = await rule.handle(turn, services)
        if found is not None:
            trace = Trace(rule.name, found.outcome, found.entry, found.confidence, found.lines)
            return replace(found, state=replace(found.state, at=turn.now)), trace
    return Answer(turn.state, outcome="ignored"), Trace(rule="none", outcome="ignored")


def _fresh(turn: Turn) -> State:
    """Forget what is too old to be meant; an open hand-off stays, a guide falls asleep."""
    state = turn.state
    if state.at is None or turn.now - state.at <= STATE_LIVES:
        return state
    play = state.play if turn.now - state.at <= PLAY_LIVES else None
    if play is not None:
        play = None if play.done else replace(play, asleep=True, misses=0)
    return State(handoff=state.handoff, play=play, at=state.at)
