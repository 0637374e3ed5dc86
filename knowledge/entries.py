"""Entries: what a clerk wrote as the answer to one question, and when it may be said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final, Literal

from messages import Link

BEIJING: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The time that validity counts by; China has kept no summer time since 1991."""

EntryState = Literal[
    "draft", "in_review", "changes_wanted", "ready", "scheduled", "published", "expired", "withdrawn"
]
Audience = Literal["person", "business", "both"]


@dataclass(frozen=True, slots=True)
class Basis:
    """The document that an answer or a guide rests on."""

    name: str
    number: str = ""
    """The document number, such as `国办发〔2019〕51号`; empty where the document has none."""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One question and its answer (条目)."""

    id: str
    question: str
    """The standard question (标准问)."""
    answer: str
    """Plain text, as the citizen reads it."""
    department: str
    """Id of the department that owns the answer (承办部门)."""
    category: str
    alternates: tuple[str, ...] = ()
    """Other ways people ask the same (相似问)."""
    keywords: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    guide: str = ""
    """Id of the guide that goes with the answer; empty where there is none."""
    audience: Audience = "both"
    basis: tuple[Basis, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day on which the answer holds."""
    review_on: date | None = None
    state: EntryState = "draft"
    version: int = 1
    person_only: bool = False
    """A matter that a person must answer: the assistant offers the hand-off at once."""
    answer_at: float | None = None
    """The confidence from which this entry answers by itself; None: the hall's own threshold."""

    def answers_on(self, today: date) -> bool:
        """Whether this entry may be said on `today` (Beijing date). Deny by default."""
        return (
            self.state == "published"
            and (self.valid_from is None or self.valid_from <= today)
            and (self.valid_until is None or today <= self.valid_until)
        )


def beijing_day(moment: datetime) -> date:
    """Return the date on the hall's calendar at an aware `moment`."""
    return moment.astimezone(BEIJING).date()
