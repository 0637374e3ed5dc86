"""Trying things out: what a question finds and why, and what a change does to known questions."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp import web

from console.entries import names_of, ready, wanted_dossier
from console.preview import preview_of
from console.visit import Page, Visit
from intents.analysis import QUESTION as QUESTION_LENGTH
from intents.decisions import Ambiguous, Candidate, Decision, Match, NoMatch
from intents.evidence import explain
from knowledge.entries import Entry
from knowledge.replay import Replay, replay, with_entry

SHOWN: Final = 5
SINCE: Final = timedelta(days=2)
"""Real questions of yesterday and today are asked again."""
MOST_ASKED: Final = 1000
MOST_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Ranked:
    """One entry that a question finds."""

    entry: Entry
    candidate: Candidate
    hits: tuple[str, ...]
    """Words that tied them together, in a clerk's words."""


async def show_trial(visit: Visit) -> web.StreamResponse:
    """`GET /console/try`: ask like a citizen, and see why."""
    snapshot, text = ready(visit), visit.request.query.get("q", "").strip()[:QUESTION_LENGTH]
    if not text:
        return visit.page("try.html", text="", ranked=[], lines=[], verdict="", preview=None, names={})
    decision = await asyncio.to_thread(snapshot.decide, text)
    ranked = [
        Ranked(entry, each, tuple(f"{hit.word}（{hit.how}）" for hit in each.hits[:SHOWN]))
        for each in decision.evidence.ranked[:SHOWN]
        if (entry := snapshot.entries.get(each.id)) is not None
    ]
    answered = snapshot.entries.get(decision.id) if isinstance(decision, Match) else None
    return visit.page(
        "try.html",
        text=text,
        ranked=ranked,
        lines=explain(decision, snapshot.title),
        verdict=verdict_of(decision),
        preview=preview_of(answered, snapshot, visit.deps.public_url) if answered else None,
        names=await names_of(visit),
    )


def verdict_of(decision: Decision) -> str:
    """What the citizen gets, in a few words."""
    match decision:
        case Match():
            return "直接回答"
        case Ambiguous():
            return "反问，请市民选一个"
        case NoMatch(vague=True):
            return "说得太宽，请市民多说几个字"
        case NoMatch():
            return "答不上来，建议转人工"


async def show_effect(visit: Visit) -> web.StreamResponse:
    """`GET /console/entries/{id}/effect`: known questions asked before and after the change."""
    dossier, snapshot = await wanted_dossier(visit), ready(visit)
    found = await _effect(visit, dossier.entry)
    return visit.page(
        "effect.html",
        dossier=dossier,
        replay=found,
        shown=found.differences[:MOST_SHOWN],
        title=lambda each: dossier.entry.question if each == dossier.id else snapshot.title(each),
    )


async def _effect(visit: Visit, entry: Entry) -> Replay:
    loaded = await visit.deps.knowledge.load()
    if loaded is None:
        raise web.HTTPServiceUnavailable
    since, turns = visit.now - SINCE, visit.deps.turns
    confirmed = await turns.confirmed(since=since - timedelta(days=28), limit=MOST_ASKED)
    questions = await turns.asked(since=since, limit=MOST_ASKED)
    candidate = with_entry(loaded[1], entry)
    return await asyncio.to_thread(replay, ready(visit), candidate, confirmed=confirmed, questions=questions)


PAGES: Final = (
    Page("GET", "/try", "entries.read", show_trial, "try"),
    Page("GET", "/entries/{id}/effect", "entries.read", show_effect, "entries"),
)
