"""What a rule of the conversation gets and gives. Handlers return; they never send or store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from handlers.conversation import State
from helpdesk.desk import Line
from helpdesk.handoffs import Handoff
from helpdesk.routing import Queue
from knowledge.snapshot import Snapshot
from messages import Inbound, Part
from wechat.consents import ConsentChange
from wechat.receipts import NoticeResult

Outcome = Literal[
    "answered",
    "asked_back",
    "not_answered",
    "handed_over",
    "command",
    "event",
    "ignored",
    "refused",
    "danger",
]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message in its context: everything a rule may look at."""

    inbound: Inbound
    text: str
    """The text without surrounding space and with full-width digits and letters folded."""
    state: State
    snapshot: Snapshot
    now: datetime
    today: date
    """The date in Beijing."""
    handoff: Handoff | None = None
    """The citizen's open hand-off, or one that was closed since they wrote last and may be rated."""
    reason_for: str = ""
    """The hand-off that this message may be the reason of a bad rating for."""


async def nobody_waits() -> Queue:
    """Say so where there is no desk: in tests, and while the database is away."""
    return Queue(0, 0)


async def no_handoff(inbound: Inbound, handoff_id: str) -> Handoff | None:  # noqa: ARG001 - one shape for all
    """Know of no hand-off."""
    return None


@dataclass(frozen=True, slots=True)
class Services:
    """What the conversation needs beside the message: plain values and read-only questions."""

    public_url: str
    """Where the citizen's pages are, without a slash at its end."""
    flood_limit: int
    """Messages a minute and citizen; 0: none."""
    queue: Callable[[], Awaitable[Queue]] = nobody_waits
    """How many citizens wait for a person, and how many people are there."""
    handoff: Callable[[Inbound, str], Awaitable[Handoff | None]] = no_handoff
    """The citizen's open hand-off, else the closed one of this id."""


@dataclass(frozen=True, slots=True)
class OpenHandoff:
    """Store a request for a person."""

    handoff: Handoff


@dataclass(frozen=True, slots=True)
class CloseHandoff:
    """The citizen doesn't want a person any more."""

    handoff_id: str


@dataclass(frozen=True, slots=True)
class NotePhone:
    """The citizen who waits for a person wants to be called back."""

    handoff_id: str
    phone: str


@dataclass(frozen=True, slots=True)
class TellDesk:
    """Put what the citizen says before the person who has the chat."""

    handoff_id: str
    line: Line


@dataclass(frozen=True, slots=True)
class LeaveDesk:
    """The citizen ends the talk with a person."""

    handoff_id: str


@dataclass(frozen=True, slots=True)
class RateHandoff:
    """Note the rating of a talk with a person, or the reason for it."""

    handoff_id: str
    rating: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RateTurn:
    """Note 有用 or 没用 at the turn that answered."""

    key: str
    useful: bool


@dataclass(frozen=True, slots=True)
class ForgetCitizen:
    """Delete what is kept of this person: the platform demands it when somebody unfollows."""


@dataclass(frozen=True, slots=True)
class NoteConsents:
    """The citizen agreed, or disagreed, to be notified."""

    changes: tuple[ConsentChange, ...]


@dataclass(frozen=True, slots=True)
class NoteResults:
    """The platform says what became of notices."""

    results: tuple[NoticeResult, ...]


DeskEffect = OpenHandoff | CloseHandoff | NotePhone | TellDesk | LeaveDesk | RateHandoff
Effect = DeskEffect | RateTurn | ForgetCitizen | NoteConsents | NoteResults


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule decided: what to say, what to remember, what to do, and why."""

    state: State
    parts: tuple[Part, ...] = ()
    effects: tuple[Effect, ...] = ()
    outcome: Outcome = "command"
    entry: str = ""
    confidence: float | None = None
    lines: tuple[str, ...] = field(default=())
    """The evidence in Chinese sentences."""


Handler = Callable[[Turn, Services], Awaitable[Answer | None]]
