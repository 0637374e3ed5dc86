"""A question: the right entry, a question back, or an honest “I don't know”."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from handlers import texts
from handlers.conversation import State
from handlers.talk import Answer, Services, Turn
from intents.decisions import Ambiguous, Decision, Match, NoMatch
from intents.evidence import explain
from knowledge.entries import Entry
from knowledge.guides import Guide
from knowledge.hall import Department
from messages import Choice, Choices, Link, Links, Part, Taps, Text

MAX_CHOICES: Final = 5
MAX_GUESSES: Final = 3
FOLLOW_UP_WITHIN: Final = timedelta(minutes=10)


async def answer_question(turn: Turn, services: Services) -> Answer | None:
    """Understand a text and answer what the hall knows."""
    if turn.inbound.kind != "text":
        return None
    fresh = turn.state.at is not None and turn.now - turn.state.at <= FOLLOW_UP_WITHIN
    context = turn.state.entry if fresh and turn.state.entry else None
    decision = turn.snapshot.decide(turn.text, context=context)
    lines = tuple(explain(decision, turn.snapshot.title))
    turn = replace(turn, state=replace(turn.state, asked=turn.text))
    match decision:
        case Match():
            entry = turn.snapshot.live(decision.id, turn.today)
            if entry is None:
                return _not_known(turn, (), lines, decision)
            return give_entry(turn, services, entry, lines=lines, confidence=decision.confidence)
        case Ambiguous():
            return _ask_back(turn, decision, lines)
        case NoMatch(vague=True):
            hall = turn.snapshot.hall
            parts = (Text(texts.say("say_more", hall)), Taps("比如：", texts.examples(hall)))
            return Answer(
                turn.state, parts, outcome="asked_back", confidence=decision.confidence, lines=lines
            )
        case NoMatch():
            return _not_known(turn, decision.nearest, lines, decision)


def give_entry(
    turn: Turn,
    services: Services,
    entry: Entry,
    *,
    lines: tuple[str, ...] = (),
    confidence: float | None = None,
    choices: tuple[str, ...] = (),
) -> Answer:
    """Say an entry with its links, and ask whether it helped."""
    department = turn.snapshot.departments.get(entry.department)
    state = replace(turn.state, entry=entry.id, misses=0, choices=choices, more=())
    if entry.person_only:
        said = texts.person_only(turn.snapshot.hall, department)
        parts: tuple[Part, ...] = (Text(said), Taps("", (texts.HUMAN,)))
        return Answer(state, parts, outcome="asked_back", entry=entry.id, confidence=confidence, lines=lines)
    guide = turn.snapshot.guide(entry.guide)
    state, offer = offer_of(state, guide)
    return Answer(
        replace(state, rated_turn=turn.inbound.key),
        entry_parts(entry, department, guide, services.public_url, offer),
        outcome="answered",
        entry=entry.id,
        confidence=confidence,
        lines=lines,
    )


def entry_parts(
    entry: Entry,
    department: Department | None,
    guide: Guide | None,
    public_url: str,
    offer: tuple[Part, ...] = (),
) -> tuple[Part, ...]:
    """What a citizen gets for an entry; the console's preview shows the very same."""
    own = (Link(f"办事指南：{guide.title}", f"{public_url}/guides/{guide.id}"),) if guide else ()
    links = (*own, *entry.links)
    return (
        Text(texts.answer_text(entry, department)),
        *((Links(links),) if links else ()),
        *offer,
        Taps(texts.WAS_IT_USEFUL, (texts.USEFUL, texts.USELESS)),
    )


def offer_of(state: State, guide: Guide | None) -> tuple[State, tuple[Part, ...]]:
    """Offer the questions of a guide, unless some are being asked; numbered where no list is."""
    playing = state.play is not None and not (state.play.asleep or state.play.done)
    if guide is None or not guide.has_scenes or playing:
        return replace(state, offer=""), ()
    if state.choices:
        return replace(state, offer=guide.id), (Taps("", (texts.OFFER,)),)
    return replace(state, offer=guide.id), (Choices(texts.OFFER_LEAD, (Choice(1, texts.OFFER),)),)


def _live(turn: Turn, ids: tuple[str, ...], limit: int) -> tuple[Entry, ...]:
    found = (turn.snapshot.live(each, turn.today) for each in ids)
    return tuple(entry for entry in found if entry is not None)[:limit]


def _numbered(heading: str, entries: tuple[Entry, ...], footer: str) -> Choices:
    options = tuple(Choice(number, entry.question) for number, entry in enumerate(entries, start=1))
    return Choices(heading, options, footer)


def _ask_back(turn: Turn, decision: Ambiguous, lines: tuple[str, ...]) -> Answer:
    entries = _live(turn, decision.ids, MAX_CHOICES)
    if not entries:
        return _not_known(turn, (), lines, decision)
    state = replace(turn.state, choices=tuple(entry.id for entry in entries), more=())
    return Answer(
        state,
        (_numbered(texts.WHICH_ONE, entries, texts.CHOOSE_FOOTER),),
        outcome="asked_back",
        entry=entries[0].id,
        confidence=decision.confidence,
        lines=lines,
    )


def _not_known(turn: Turn, nearest: tuple[str, ...], lines: tuple[str, ...], decision: Decision) -> Answer:
    if turn.handoff is not None and turn.handoff.state == "waiting":
        kept = (Text(texts.KEPT_FOR_AGENT), Taps("", (texts.CANCEL_HUMAN,)))
        return Answer(turn.state, kept, outcome="not_answered", confidence=decision.confidence, lines=lines)
    hall, misses = turn.snapshot.hall, turn.state.misses + 1
    entries = _live(turn, nearest, MAX_GUESSES)
    said = texts.say("dont_know_again" if misses > 1 else "dont_know", hall)
    parts: tuple[Part, ...] = (
        Text(said),
        *((_numbered(texts.NEAREST_HEADING, entries, ""),) if entries else ()),
        Taps("", (texts.HUMAN,)),
    )
    state = replace(
        turn.state,
        misses=misses,
        choices=tuple(entry.id for entry in entries),
        more=(),
        rated_turn="",
        entry="",
    )
    return Answer(state, parts, outcome="not_answered", confidence=decision.confidence, lines=lines)
