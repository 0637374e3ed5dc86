"""`python -m bot check`: what is wrong, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from bot.app import utc_now, weights_of
from bot.dialogue import BEIJING
from helpdesk.calendar import unknown_years
from intents.decisions import Ambiguous, Match, NoMatch
from knowledge.checks import advice_for, problems_of
from knowledge.files import Knowledge
from knowledge.guide_proof import MOST_WALKS
from knowledge.guide_scenes import walks
from knowledge.snapshot import build
from settings import Settings
from storage.stores import Stores

Level = Literal["ok", "advice", "wrong"]
SHOWN_ADVICE: Final = 10
SIGNS: Final[dict[Level, str]] = {"ok": "ok    ", "advice": "advice", "wrong": "WRONG "}


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of the check."""

    level: Level
    area: str
    message: str

    @property
    def wrong(self) -> bool:
        """Whether this must be mended."""
        return self.level == "wrong"

    def line(self) -> str:
        """Show it on one line."""
        return f"{SIGNS[self.level]} {self.area}: {self.message}"

    def as_dict(self) -> dict[str, str]:
        """Give it as JSON values."""
        return {"level": self.level, "area": self.area, "message": self.message}


async def check(settings: Settings, stores: Stores) -> list[Finding]:
    """Check settings, database, indexes, knowledge base and guides."""
    found = list(_settings(settings))
    missing = await stores.missing_indexes()
    found.append(
        Finding(
            "wrong", "database", f"indexes missing: {', '.join(missing)}; start the program once to make them"
        )
        if missing
        else Finding("ok", "database", f"reachable with {settings.mongodb_driver}, all indexes are there")
    )
    loaded = await stores.knowledge.load()
    if loaded is None:
        return [*found, Finding("wrong", "knowledge", "no hall is loaded; run `python -m bot seed`")]
    return [*found, *_knowledge(settings, loaded[0], loaded[1])]


def _settings(settings: Settings) -> list[Finding]:
    found = [Finding("ok", "settings", f"{settings.env}, message mode {settings.wechat_mode}")]
    if not settings.wechat_app_secret.get_secret_value():
        found.append(
            Finding(
                "advice",
                "settings",
                "BOT_WECHAT_APP_SECRET is not set: replies later than "
                f"{settings.reply_deadline_seconds:g} s wait in the outbox and are not sent",
            )
        )
    return found


def _knowledge(settings: Settings, revision: int, knowledge: Knowledge) -> list[Finding]:
    today = utc_now().astimezone(BEIJING).date()
    problems = [Finding("wrong", "knowledge", each) for each in problems_of(knowledge, today=today)]
    advice = advice_for(knowledge)
    found = [*problems, *(Finding("advice", "knowledge", each) for each in advice[:SHOWN_ADVICE])]
    if len(advice) > SHOWN_ADVICE:
        found.append(Finding("advice", "knowledge", f"and {len(advice) - SHOWN_ADVICE} more like these"))
    if knowledge.hall.sample and settings.production:
        found.append(Finding("wrong", "knowledge", "the sample hall is loaded in production; seed your own"))
    live = sum(1 for entry in knowledge.entries if entry.answers_on(today))
    due = sum(1 for entry in knowledge.entries if entry.review_on is not None and entry.review_on <= today)
    if due:
        found.append(Finding("advice", "knowledge", f"{due} entries are due for review"))
    if not problems:
        found.append(
            Finding(
                "ok",
                "knowledge",
                f"revision {revision}: {len(knowledge.entries)} entries ({live} may answer today), "
                f"{len(knowledge.guides)} guides ({_scenes(knowledge)}), "
                f"{len(knowledge.hall.departments)} departments",
            )
        )
    found += (
        Finding(
            "advice",
            "calendar",
            f"no holidays are known for {year}: update the package chinesecalendar, or enter them as special "
            "days in the hall's calendar",
        )
        for year in unknown_years(today)
    )
    if knowledge.gold:
        found += _gold(settings, revision, knowledge)
    return found


def _scenes(knowledge: Knowledge) -> str:
    """Say how much the proof of the guides has gone through."""
    guides = [guide for guide in knowledge.guides if guide.has_scenes]
    ways = sum(1 for guide in guides for _ in walks(guide, MOST_WALKS))
    return f"{len(guides)} with scenes, all {ways} ways through their questions proved"


def _gold(settings: Settings, revision: int, knowledge: Knowledge) -> list[Finding]:
    """Ask the hall's own labelled questions, and name those that would mislead a citizen."""
    today = utc_now().astimezone(BEIJING).date()
    snapshot = build(revision, knowledge, today, weights_of(settings))
    answered = asked = refused = 0
    misled: list[str] = []
    for question in knowledge.gold:
        decision = snapshot.decide(question.text)
        match decision:
            case Match() if decision.id in question.expected:
                answered += 1
            case Match():
                misled.append(f"“{question.text}” gets the answer of {decision.id}")
            case Ambiguous() if set(decision.ids) & set(question.expected):
                asked += 1
            case NoMatch() if not question.expected:
                refused += 1
            case _:
                pass
    unknown = sum(1 for question in knowledge.gold if not question.expected)
    summary = (
        f"of {len(knowledge.gold) - unknown} known questions {answered} are answered rightly and "
        f"{asked} asked back with the right choice; of {unknown} unknown ones {refused} are refused; "
        f"{len(misled)} are misled"
    )
    return [
        Finding("ok", "gold", summary),
        *(Finding("advice", "gold", each) for each in misled[:SHOWN_ADVICE]),
    ]
