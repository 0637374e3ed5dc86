"""What a rule of the conversation gets and gives. Handlers return; they never send or store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from handlers.conversation import State
from helpdesk.handoffs import Handoff
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


@dataclass(frozen=True, slots=True)
class Services:
    """What the conversation needs beside the message: plain values and read-only questions."""

    public_url: str
    """Where the citizen's pages are, without a slash at its end."""
    flood_limit: int
    """Messages a minute and citizen; 0: none."""
    waiting_count: Callable[[], Awaitable[int]]
    """How many citizens wait for a person."""


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


Effect = OpenHandoff | CloseHandoff | NotePhone | RateTurn | ForgetCitizen | NoteConsents | NoteResults


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
